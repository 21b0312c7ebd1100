"""Which windows are asked for: never a gap, never twice what a settled generation already answers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_assets.answers import Window
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.due import cut, due_windows
from spend_assets.landing.store import Attempt, AttemptOutcome

GITHUB = load_contracts()["github_copilot"]
START = date(2026, 7, 1)
DATED = st.sampled_from(["user_days", "ai_credit_usage", "ai_credit_report"])


def attempt(stream: str, window: Window, on: date, outcome: AttemptOutcome) -> Attempt:
    at = datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
    return Attempt("github_copilot", stream, "acme", window.start, window.end, at, outcome, "")


def days(windows: list[Window]) -> list[date]:
    return [day for window in windows for day in window.days()]


@settings(max_examples=80, deadline=None)
@given(st.sets(st.integers(0, 200)), st.integers(1, 40))
def test_windows_hold_each_day_once_and_are_never_too_long(offsets: set[int], longest: int) -> None:
    wanted = [START + timedelta(days=offset) for offset in offsets]
    windows = cut(wanted, longest)
    assert days(windows) == sorted(wanted)
    assert all((window.end - window.start).days <= longest for window in windows)
    assert days(cut(wanted)) == sorted(wanted)
    assert all(left.end < right.start for left, right in zip(cut(wanted), cut(wanted)[1:], strict=False))


@settings(max_examples=60, deadline=None)
@given(
    DATED,
    st.lists(
        st.tuples(st.integers(1, 9), st.lists(st.sampled_from(["landed", "unchanged", "failed", "not_ready", "partial"]), min_size=1)),
        min_size=1,
        max_size=8,
    ),
)
def test_whatever_a_vendor_answered_nothing_is_lost_and_nothing_settled_is_asked_again(
    stream: str, runs: list[tuple[int, list[AttemptOutcome]]]
) -> None:
    contract = GITHUB[stream]
    today, attempts = START, []
    for pause, outcomes in runs:
        today += timedelta(days=pause)
        span = Window(START, today + timedelta(days=1))
        windows = due_windows(contract, span, attempts, today)
        attempts += [attempt(stream, window, today, outcomes[i % len(outcomes)]) for i, window in enumerate(windows)]
    # A vendor that answers everything leaves no gap behind, however the runs before it ended.
    today += timedelta(days=60)
    span = Window(START, today)
    windows = due_windows(contract, span, attempts, today)
    attempts += [attempt(stream, window, today, "landed") for window in windows]
    answered = {day for a in attempts if a.outcome in ("landed", "unchanged") for day in a.window.days()}
    assert answered >= set(span.days())
    assert due_windows(contract, span, attempts, today) == []
    # A later run, be it the next day or after ten months of silence, asks again for what was answered while it could still change.
    young = [day for day in span.days() if (today - day).days < max(contract.settle_days, contract.refetch_days)]
    longest = contract.max_days if contract.window == "days" else 1
    for pause in (1, 300):
        assert due_windows(contract, span, attempts, today + timedelta(days=pause)) == cut(young, longest)


def test_bounds_extra_days_and_refetch() -> None:
    contract, today = GITHUB["user_days"], date(2025, 10, 20)
    span = Window(date(2025, 10, 1), today)
    first = days(due_windows(contract, span, [], today))
    assert (first[0], first[-1]) == (date(2025, 10, 10), date(2025, 10, 19))
    done = [attempt("user_days", window, today, "landed") for window in cut(first, 1)]
    later = date(2026, 1, 1)
    done += [attempt("user_days", Window.of_day(day), later, "unchanged") for day in first]
    assert due_windows(contract, span, done, later) == []
    assert days(due_windows(contract, None, done, later, extra_days={date(2025, 10, 12), later})) == [date(2025, 10, 12)]
    refetched = days(due_windows(contract, span, done, later, refetch=True))
    assert refetched[: len(first)] == first


def test_a_failed_refetch_of_a_settled_day_is_asked_again() -> None:
    day, today = date(2026, 7, 1), date(2026, 9, 1)
    answered = attempt("user_days", Window.of_day(day), date(2026, 8, 1), "landed")
    failed = attempt("user_days", Window.of_day(day), date(2026, 8, 2), "failed")
    assert due_windows(GITHUB["user_days"], Window.of_day(day), [answered], today) == []
    assert due_windows(GITHUB["user_days"], Window.of_day(day), [failed, answered], today) == [Window.of_day(day)]


def test_snapshots_are_asked_once_per_clock_day() -> None:
    today = date(2026, 9, 1)
    assert due_windows(GITHUB["seats"], None, [], today) == [Window.of_day(today)]
    done = [attempt("seats", Window.of_day(today), today, "landed")]
    assert due_windows(GITHUB["seats"], Window(START, today), done, today) == []
    assert due_windows(GITHUB["seats"], None, done, today + timedelta(days=1)) == [Window.of_day(today + timedelta(days=1))]
    partial = [attempt("seats", Window.of_day(today), today, "partial")]
    assert due_windows(GITHUB["seats"], None, partial, today) == [Window.of_day(today)]


def test_an_answer_counts_as_later_than_a_failure_of_the_same_instant() -> None:
    day, today = date(2026, 7, 1), date(2026, 9, 1)
    answered, not_ready = (attempt("user_days", Window.of_day(day), today, outcome) for outcome in ("landed", "not_ready"))
    for attempts in ([answered, not_ready], [not_ready, answered]):
        assert due_windows(GITHUB["user_days"], Window.of_day(day), attempts, today) == []


@pytest.mark.parametrize("outcome", ["not_ready", "not_available"])
def test_what_the_vendor_has_not_yet_is_not_asked_for_twice_in_one_second(outcome: AttemptOutcome) -> None:
    day, now = date(2026, 9, 1), datetime(2026, 9, 3, 6, tzinfo=UTC)
    for stream, asked in (("user_days", day), ("seats", now.date())):
        contract, window = GITHUB[stream], Window.of_day(asked)
        told = [attempt(stream, window, now.date(), outcome)]
        span = Window.of_day(day)
        assert due_windows(contract, span, told, now.date(), now=now.replace(microsecond=5)) == []
        assert due_windows(contract, span, told, now.date(), now=now + timedelta(seconds=1)) == [window]
        assert due_windows(contract, span, told, now.date(), now=now, refetch=True) == [window]
    assert due_windows(GITHUB["user_days"], None, told, now.date(), now=now, extra_days={day}) == [Window.of_day(day)]
    failed = [attempt("user_days", Window.of_day(day), now.date(), "failed")]
    assert due_windows(GITHUB["user_days"], Window.of_day(day), failed, now.date(), now=now) == [Window.of_day(day)]


@pytest.mark.parametrize(
    ("vendor", "stream", "reach"),
    [
        ("github_copilot", "user_days", 365),
        ("github_copilot", "ai_credit_usage", 730),
        ("anthropic", "analytics_cost", 364),
        ("openai", "codex_usage", 90),
    ],
)
def test_days_that_the_vendor_keeps_no_more_are_not_asked_for(vendor: str, stream: str, reach: int) -> None:
    today = date(2028, 12, 15)
    oldest = today - timedelta(days=reach)
    contract = load_contracts()[vendor][stream]
    assert days(due_windows(contract, Window(date(2026, 1, 1), today), [], today))[0] == oldest
    assert due_windows(contract, Window(date(2026, 1, 1), oldest), [], today, refetch=True) == []
