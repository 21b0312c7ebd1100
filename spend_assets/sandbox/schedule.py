"""When each user-day becomes visible in each view, and when it changes afterwards.

Two views: 'metrics' (the Copilot reports) and 'billing' (exports and billing endpoints). Both come from the same ledger, so
once everything is visible they agree.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.faults import Faults

View = Literal["metrics", "billing"]
LAG_DAYS: dict[View, int] = {"metrics": 3, "billing": 2}
"""Day D is there from D + this many days, 00:00 UTC."""
FINAL = datetime(2999, 1, 1, tzinfo=UTC)
"""An instant after everything: the vendor's final ledger view."""
CREDITS_IN_METRICS = date(2026, 6, 19)
"""First day whose user record has ai_credits_used."""


@dataclass(frozen=True)
class Restatement:
    instant: datetime
    parts_per_million: int
    """Change of every touched quantity; 0 for a pure deletion."""
    deleted: int | None
    """Account number whose user-day is taken back, or None."""


class Schedule:
    def __init__(self, config: SandboxConfig, dice: Dice, faults: Faults, account_numbers: list[int]):
        self._dice, self._faults = dice, faults
        self._days = config.history()
        self._late: dict[date, tuple[int, int]] = {}
        self._restated: dict[date, Restatement] = {}
        self._unready: dict[date, int] = {}
        deletion_done = False
        for day in self._days:
            if dice.fraction("late day", day) < faults.rate("late_day"):
                self._late[day] = (dice.between(1, 3, "late by", day), dice.between(50, 100, "late share", day))
                faults.note("late_day", "all", day, f"{self._late[day][1]} % of users {self._late[day][0]} days late")
            if dice.fraction("not ready", day) < faults.rate("not_ready"):
                self._unready[day] = dice.between(1, 3, "unready by", day)
                faults.note("not_ready", "user_days", day, f"ready {self._unready[day]} days later than usual")
            if dice.fraction("restated", day) < faults.rate("restated_day"):
                size = dice.between(1_000, 50_000, "restated by", day)
                sign = 1 if dice.number("restated sign", day) % 2 else -1
                instant = _midnight(day, dice.between(5, 28, "restated at", day)) + timedelta(hours=2)
                deleted = None if deletion_done else account_numbers[dice.number("deleted", day) % len(account_numbers)]
                deletion_done = True
                self._restated[day] = Restatement(instant, sign * size, deleted)
                gone = "" if deleted is None else f"; account {deleted} loses the day"
                faults.note("restated_day", "all", day, f"{sign * size} millionths on {instant:%Y-%m-%d}{gone}")

    def ready(self, day: date, view: View) -> datetime:
        """The instant from which `day` is served at all."""
        extra = self._unready.get(day, 0) if view == "metrics" else 0
        return _midnight(day, LAG_DAYS[view] + extra)

    def visible_from(self, day: date, account: int, view: View) -> datetime:
        """The instant from which this account's part of `day` is served."""
        ready = self.ready(day, view)
        late = self._late.get(day)
        if late and self._dice.number("is late", day, account) % 100 < late[1]:
            return ready + timedelta(days=late[0])
        if self._straggles(day, account):
            return ready + timedelta(days=1)
        return ready

    def _straggles(self, day: date, account: int) -> bool:
        rate = self._faults.rate("straggler")
        return rate > 0 and self._dice.fraction("straggler", day, account) < rate

    def restatement(self, day: date, as_of: datetime) -> Restatement | None:
        """The restatement of `day` that is in force at `as_of`."""
        change = self._restated.get(day)
        return change if change and change.instant <= as_of else None

    def restated_units(self, units: int, change: Restatement) -> int:
        """A restated quantity, exact in its unit, never below one hundredth of a credit."""
        return max(units + units * change.parts_per_million // 1_000_000, 10_000)

    def version(self, day: date, view: View, as_of: datetime) -> tuple[int, bool]:
        """A key that changes exactly when what `view` shows of `day` can change: 0 before it is ready."""
        ready = self.ready(day, view)
        if as_of < ready:
            return 0, False
        waits = 4 if day in self._late else 2
        return min(1 + (as_of - ready).days, waits), self.restatement(day, as_of) is not None

    def late_days(self) -> dict[date, tuple[int, int]]:
        return dict(self._late)

    def restated_days(self) -> dict[date, Restatement]:
        return dict(self._restated)


def _midnight(day: date, days_later: int) -> datetime:
    return datetime.combine(day + timedelta(days=days_later), time(), UTC)
