"""Which windows of a stream must be asked for: never a gap, never twice what a settled generation already answers."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from spend_assets.answers import Window
from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.store import ANSWERED, Attempt, attempt_order

_NOTHING_YET = frozenset({"not_ready", "not_available"})
"""Outcomes in which the vendor answered that there is nothing: asked again at any later instant, not at the same one."""


def due_windows(
    contract: StreamContract,
    span: Window | None,
    attempts: Iterable[Attempt],
    today: date,
    *,
    now: datetime | None = None,
    refetch: bool = False,
    extra_days: Collection[date] = (),
) -> list[Window]:
    """The windows to ask for now, oldest first.

    Dated streams: of the days in `span` (None: none) and `extra_days` that the vendor can have, those never asked, those whose last attempt
    did not end in a complete answer, and those last answered on an earlier day before they were settle_days and refetch_days old, however
    long ago that was; `extra_days`, and with `refetch` the whole span, in any case.
    Snapshots: today, unless today was answered; `span` does not matter.
    What the vendor said at the very second `now` that it has not is not asked for twice: a clock that stands still gives the same answer.
    """
    attempts = sorted(attempts, key=attempt_order)
    if contract.window == "snapshot":
        answered = any(a.start == today and (a.outcome in ANSWERED or _just_told(a, now)) for a in attempts)
        return [] if answered and not refetch else [Window.of_day(today)]
    wanted = set(extra_days) | (set(span.days()) if span else set())
    first = contract.first_day or date.min
    if contract.reach_days is not None:
        first = max(first, today - timedelta(days=contract.reach_days))
    # A day can be asked for once it is over; the vendor may still say "not ready".
    possible = {day for day in wanted if first <= day < today}
    last, answered_on = _history(attempts, possible)
    just_told = {day for attempt in attempts if _just_told(attempt, now) for day in attempt.window.days()}
    due = []
    for day in sorted(possible if refetch else possible - (just_told - set(extra_days))):
        answered_day = answered_on.get(day)
        if (
            refetch
            or day in extra_days
            or answered_day is None
            or last[day] not in ANSWERED
            or (answered_day < today and (answered_day - day).days < max(contract.refetch_days, contract.settle_days))
        ):
            due.append(day)
    return cut(due, contract.max_days if contract.window == "days" else 1)


def _just_told(attempt: Attempt, now: datetime | None) -> bool:
    return now is not None and attempt.outcome in _NOTHING_YET and attempt.attempted_at == now.replace(microsecond=0)


def cut(days: Iterable[date], longest: int | None = None) -> list[Window]:
    """The days as windows of consecutive days, of at most `longest` days each."""
    windows: list[Window] = []
    start: date | None = None
    end: date | None = None
    for day in sorted(days):
        if start is not None and end is not None and (day != end or (longest is not None and (end - start).days >= longest)):
            windows.append(Window(start, end))
            start = None
        start = start or day
        end = day + timedelta(days=1)
    if start is not None and end is not None:
        windows.append(Window(start, end))
    return windows


def _history(attempts: Iterable[Attempt], days: Collection[date]) -> tuple[dict[date, str], dict[date, date]]:
    """Per day the outcome of its last attempt, and the clock's day of its last complete answer."""
    last: dict[date, str] = {}
    answered_on: dict[date, date] = {}
    for attempt in attempts:
        for day in attempt.window.days():
            if day in days:
                last[day] = attempt.outcome
                if attempt.outcome in ANSWERED:
                    answered_on[day] = attempt.attempted_at.date()
    return last, answered_on
