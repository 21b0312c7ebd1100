"""Billing cycles that have closed: a vendor may correct a cycle's events until it closes, and tells of it nowhere (Cursor).

So every day of a cycle is asked for once more when the cycle has closed and its last day has settled.
"""

from datetime import UTC, date, datetime, timedelta

from spend_assets.answers import Window
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import ANSWERED, LandingStore

_VENDOR, _EVENTS, _SPEND = "cursor", "usage_events", "spend"
_LONGEST = timedelta(days=31)
"""Of a monthly cycle, where the start of the one before was never observed."""


def cycle_days(store: LandingStore, raw: RawStore, account: str, today: date) -> dict[date, str]:
    """Days of closed cycles whose last answer is older than the cycle's close and settling, with the reason to fetch them again.

    The cycles are those that the observed spend snapshots name. A day that was answered since is not named again; neither is one that was
    never answered, which is due anyway.
    """
    answered: dict[date, date] = {}
    for attempt in store.attempts(_VENDOR, _EVENTS, account):
        if attempt.outcome in ANSWERED:
            for day in attempt.window.days():
                answered[day] = max(attempt.attempted_at.date(), answered.get(day, date.min))
    settle = timedelta(days=raw.contracts[_VENDOR][_EVENTS].settle_days)
    due: dict[date, str] = {}
    before: date | None = None
    for start in _cycle_starts(raw, account):
        settled = start + settle
        if settled <= today:
            # A cycle begins and ends inside a day: that day belongs to both.
            for day in Window(before or start - _LONGEST, start + timedelta(days=1)).days():
                if day in answered and answered[day] < settled:
                    due[day] = f"the billing cycle until {start} has closed"
        before = start
    return due


def _cycle_starts(raw: RawStore, account: str) -> list[date]:
    """The UTC days on which the observed cycles began, oldest first."""
    observed = {day: generation.generation for day, generation in raw.current(_VENDOR, _SPEND, account).items()}
    if not observed:
        return []
    rows = raw.query(
        """select distinct subscriptionCycleStart from read_parquet($spend::varchar[], union_by_name = true)
        where subscriptionCycleStart is not null""",
        {"spend": raw.paths(_VENDOR, _SPEND, account, observed)},
    )
    return sorted({datetime.fromtimestamp(milliseconds // 1000, UTC).date() for (milliseconds,) in rows})
