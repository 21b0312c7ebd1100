"""Days of a billing cycle are asked for once more when the cycle has closed."""

import json
from datetime import UTC, date, datetime, timedelta

from spend_assets.answers import Outcome, Window
from spend_assets.landing.cycles import cycle_days
from tests.landing.conftest import Home

FIRST_CYCLE, SECOND_CYCLE = datetime(2026, 9, 14, 21, 23, 8, tzinfo=UTC), datetime(2026, 10, 14, 21, 23, 8, tzinfo=UTC)
SPAN_START = date(2026, 9, 1)


def spend(cycle: datetime) -> list[bytes]:
    return [json.dumps({"subscriptionCycleStart": int(cycle.timestamp()) * 1000, "userId": "user_a", "email": "a@acme.example"}).encode()]


def events(window: Window) -> tuple[Outcome, list[bytes]]:
    return Outcome("data"), [
        json.dumps({"day": window.start.isoformat(), "occurrence": 1, "timestamp": "1", "userEmail": "a@acme.example"}).encode()
    ]


def run(home: Home, day: date, cycle: datetime) -> list[date]:
    """One daily run; the days of events that it asked for."""
    home.at(day)
    home.ingest("spend", lambda window: (Outcome("data"), spend(cycle)))
    extra = cycle_days(home.store, home.raw, "acme", day)
    _, asked = home.ingest("usage_events", events, Window(SPAN_START, day), extra_days=extra)
    return [window.start for window in asked]


def test_a_closed_cycle_is_read_once_more_and_never_again(home: Home) -> None:
    assert len(run(home, date(2026, 10, 10), FIRST_CYCLE)) == 39
    assert run(home, date(2026, 10, 14), FIRST_CYCLE) == [date(2026, 10, day) for day in range(8, 14)]
    assert run(home, date(2026, 10, 16), SECOND_CYCLE) == [date(2026, 10, day) for day in range(12, 16)]
    again = run(home, date(2026, 10, 17), SECOND_CYCLE)
    assert again[0] == date(2026, 9, 14), "the day on which the cycle began"
    assert set(again) == {date(2026, 9, 14) + timedelta(days=n) for n in range(33)}
    assert run(home, date(2026, 10, 18), SECOND_CYCLE) == [date(2026, 10, 15), date(2026, 10, 16), date(2026, 10, 17)]


def test_the_reason_is_in_the_log(home: Home) -> None:
    run(home, date(2026, 10, 10), FIRST_CYCLE)
    run(home, date(2026, 10, 17), SECOND_CYCLE)
    details = {a.detail for a in home.store.attempts("cursor", "usage_events", "acme") if a.start == date(2026, 9, 20)}
    assert "the billing cycle until 2026-10-14 has closed" in details


def test_days_first_read_after_the_close_are_settled(home: Home) -> None:
    """A backfill of last month is not read twice."""
    run(home, date(2026, 10, 25), SECOND_CYCLE)
    assert cycle_days(home.store, home.raw, "acme", date(2026, 10, 25)) == {}


def test_the_cycle_before_the_first_observation_has_a_month(home: Home) -> None:
    run(home, date(2026, 10, 15), SECOND_CYCLE)
    assert cycle_days(home.store, home.raw, "acme", date(2026, 10, 16)) == {}, "its last day has not settled"
    due = cycle_days(home.store, home.raw, "acme", date(2026, 10, 17))
    assert min(due) == date(2026, 9, 13) and max(due) == date(2026, 10, 14)


def test_without_observations_there_is_nothing_to_say(home: Home) -> None:
    assert cycle_days(home.store, home.raw, "acme", date(2026, 10, 17)) == {}
