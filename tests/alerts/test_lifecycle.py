"""Incidents over several builds: one message each, an end that follows from the data, and what people decide in between."""

from datetime import date, timedelta
from typing import Any

import pytest

from spend_assets.alerts.errors import AlertRefused
from spend_assets.alerts.lifecycle import acknowledge, silence
from spend_assets.alerts.model import Silence
from spend_assets.alerts.store import Store
from spend_assets.publish.verdict import Check
from tests.alerts.desk import TODAY, Desk, anomaly

FAULT: dict[str, Any] = {"level": "vendor", "entity": "anthropic", "kind": "missing", "unit": "usd"}
RED = Check("days_are_complete", "data_health", "warn", False, False, 3, "dbt says warn", "Ask again with --refetch")


def statuses(desk: Desk) -> list[str]:
    return [incident.status for incident in desk.state.incidents]


def next_day(desk: Desk, *anomalies: dict[str, Any], days: int = 1, **given: Any) -> None:
    desk.morning(desk.today + timedelta(days=days))
    desk.build(anomalies, **given)
    desk.watch()


def test_days_of_one_thing_are_one_incident_and_one_message(desk: Desk) -> None:
    first = anomaly(**FAULT)
    desk.build([first])
    desk.watch()
    for day in range(1, 4):
        next_day(desk, {**first, "last_day": TODAY - timedelta(days=1) + timedelta(days=day)})
    # A detector that starts a new row after a weekend says the same.
    next_day(desk, {**first, "last_day": TODAY + timedelta(days=2)}, anomaly(**{**FAULT, "first_day": TODAY + timedelta(days=5)}), days=3)
    assert statuses(desk) == ["open"]
    assert desk.state.incidents[0].signal.last_day == TODAY + timedelta(days=5)
    assert len([text for text in desk.in_slack() if "digest" not in text]) == 1


def test_what_has_passed_resolves_by_itself_and_the_digest_says_so(desk: Desk) -> None:
    row = anomaly(**FAULT)
    desk.build([row])
    desk.watch()
    next_day(desk, row, days=3)
    assert statuses(desk) == ["open"]
    next_day(desk, row, days=1)
    assert statuses(desk) == ["resolved"]
    assert "*Over*: #1 No data arrived" in desk.in_slack()[-1]


@pytest.mark.parametrize("how", ["gone", "superseded_by", "status"])
def test_restated_data_takes_an_incident_back(desk: Desk, how: str) -> None:
    row = anomaly(**FAULT)
    desk.build([row])
    desk.watch()
    rows = {"gone": [], "superseded_by": [{**row, "superseded_by": "newer"}], "status": [{**row, "status": "superseded"}]}[how]
    next_day(desk, *rows)
    assert statuses(desk) == ["superseded"]
    assert "Taken back, since newer data tells otherwise" in desk.in_slack()[-1]
    next_day(desk, *rows)
    assert statuses(desk) == ["superseded"] and len(desk.in_slack()) == 2


def test_an_anomaly_whose_first_day_moved_stays_the_same_incident(desk: Desk) -> None:
    row = anomaly(**FAULT)
    desk.build([row])
    desk.watch()
    moved = anomaly(**{**FAULT, "first_day": TODAY - timedelta(days=2), "last_day": TODAY})
    next_day(desk, moved, {**row, "superseded_by": moved["anomaly_id"]})
    assert statuses(desk) == ["open"]
    assert len(desk.in_slack()) == 1


def test_what_ended_long_before_it_was_first_seen_is_recorded_and_not_told(desk: Desk) -> None:
    desk.build([anomaly(**{**FAULT, "first_day": TODAY - timedelta(days=40)})])
    desk.watch()
    assert statuses(desk) == ["resolved"]
    assert desk.slack.asked == []


def test_a_fault_that_comes_back_soon_reopens_and_is_not_told_again(desk: Desk) -> None:
    row = anomaly(**FAULT)
    desk.build([row])
    desk.watch()
    next_day(desk, row, days=4)
    assert statuses(desk) == ["resolved"]
    again = anomaly(**{**FAULT, "first_day": TODAY + timedelta(days=2), "last_day": TODAY + timedelta(days=3)})
    next_day(desk, row, again)
    assert statuses(desk) == ["open"]
    assert not any("*What*" in text for text in desk.in_slack()[1:])
    assert [event.event for event in desk.state.events if event.incident == 1 and not event.channel] == ["opened", "resolved", "reopened"]


def test_small_things_are_a_line_of_the_digest_once(desk: Desk) -> None:
    small = anomaly(excess_usd=12, level="vendor", entity="cursor", vendor="cursor", kind="spike")
    rule = anomaly(level="vendor", entity="openai", vendor="openai", kind="rule_3x")
    desk.build([small, rule])
    desk.watch()
    (digest,) = desk.in_slack()
    assert "digest of 2026-10-15" in digest and "Spend stands out: vendor cursor" in digest and "Three times the day before" in digest
    desk.watch()
    next_day(desk, small, rule)
    assert len(desk.in_slack()) == 1


def test_kinds_move_between_page_and_digest_by_settings(desk: Desk) -> None:
    desk.extra = {"page_kinds": ["rule_3x"], "digest_kinds": ["missing"]}
    rule = anomaly(level="vendor", entity="openai", vendor="openai", kind="rule_3x")
    desk.build([rule, anomaly(**FAULT)])
    desk.watch()
    page, digest = desk.in_slack()
    assert "*What*: Three times the day before" in page
    assert "*Noticed*: #" in digest and "No data arrived: vendor anthropic" in digest


def test_a_weekly_digest_comes_once_a_week(desk: Desk) -> None:
    desk.extra = {"digest": "weekly"}
    for days in (1, 1, 3, 1):  # Friday 16, Saturday 17, Tuesday 20, Wednesday 21 October
        next_day(desk, anomaly(**{**FAULT, "kind": f"spike{desk.today}", "excess_usd": 1, "first_day": desk.today}), days=days)
    weeks = [text.partition("digest of ")[2][:10] for text in desk.in_slack()]
    assert weeks == ["2026-10-16", "2026-10-20"]


def test_acknowledged_is_kept_until_the_data_says_that_it_is_over(desk: Desk) -> None:
    row = anomaly(**FAULT)
    desk.build([row])
    desk.watch()
    store = Store(desk.home)
    with store.held() as state:
        acknowledge(state, 1, "OPS-12", desk.today)
        store.save(state)
    next_day(desk, {**row, "last_day": desk.today})
    assert statuses(desk) == ["acknowledged"]
    next_day(desk, row, days=6)
    assert statuses(desk) == ["resolved"]
    with store.held() as state, pytest.raises(AlertRefused, match="resolved already"):
        acknowledge(state, 1, "", desk.today)


def test_a_silenced_scope_is_recorded_not_told_and_told_when_the_silence_ends(desk: Desk) -> None:
    desk.pipeline()
    store = Store(desk.home)
    with store.held() as state:
        silence(state, Silence(0, TODAY + timedelta(days=2), vendor="anthropic", kind="missing"), TODAY)
        store.save(state)
    row = anomaly(**FAULT)
    desk.build([row, anomaly(**{**FAULT, "kind": "unit_error"})])
    desk.watch()
    assert len(desk.in_hook()) == 1 and len(desk.in_slack()) == 1 and "wrong unit" in desk.in_slack()[0]
    next_day(desk, {**row, "last_day": desk.today})
    assert not any("No data arrived" in text for text in desk.in_slack())
    next_day(desk, {**row, "last_day": desk.today})
    assert sum("*What*: No data arrived" in text for text in desk.in_slack()) == 1


def test_red_checks_blocking_ones_at_once_others_in_the_digest_until_they_pass(desk: Desk) -> None:
    broken = Check("effective_equals_billed", "spend_daily", "error", True, False, 2, "dbt says fail", "")
    desk.build([anomaly(**FAULT)], checks=[broken, RED])
    desk.watch()
    page, digest = desk.in_slack()
    assert "Check effective_equals_billed is red: check on spend_daily" in page and "2 rows" in page
    assert "Check days_are_complete is red" in digest
    assert len(desk.state.incidents) == 2, "a build whose integrity failed says nothing of anomalies"
    next_day(desk)
    assert statuses(desk) == ["resolved", "resolved"]
    assert "*Over*: #" in desk.in_slack()[-1] and "effective_equals_billed" in desk.in_slack()[-1]


def test_a_budget_stage_is_told_once_a_month_and_scope(desk: Desk) -> None:
    month = date(2026, 10, 1)
    fired = {"early_warning": TODAY}
    early = (month, "organisation", "(all)", "(all)", dict(fired), "0.615", "look at the forecast")
    desk.build(budgets=[early])
    desk.watch()
    next_day(desk, budgets=[early])
    fired["review"] = desk.today
    review = (month, "organisation", "(all)", "(all)", fired, "0.82", "route to a smaller model")
    desk.build(budgets=[review])
    desk.watch()
    next_day(desk, budgets=[review])
    first, second = (text for text in desk.in_slack() if "digest" not in text)
    assert "Budget: early warning (60 %): the organisation" in first and "61.50 percent" in first
    assert "Budget: review (80 %)" in second and "route to a smaller model" in second
    assert "2026-10-16, for October 2026" in second
    next_day(desk, budgets=[(month, "organisation", "(all)", "(all)", fired, "0.9", "")], days=20)
    assert set(statuses(desk)) == {"resolved"}


def test_stages_of_past_months_ring_nobodys_phone_and_a_leap_over_two_is_one(desk: Desk) -> None:
    september, october = date(2026, 9, 1), date(2026, 10, 1)
    past = (september, "organisation", "(all)", "(all)", {"early_warning": date(2026, 9, 20), "policy": date(2026, 9, 25)}, "1.1", "")
    leap = (october, "vendor", "cursor", "cursor", dict.fromkeys(("early_warning", "review"), TODAY), "0.85", "")
    desk.build(budgets=[past, leap])
    desk.watch()
    (text,) = desk.in_slack()
    assert "Budget: review (80 %): vendor cursor" in text


def test_a_key_of_somebody_who_left_is_told_at_once_without_a_name(desk: Desk) -> None:
    desk.build(checks=[Check("leavers_do_not_spend", "int_spend_people", "warn", False, False, 1, "dbt says warn", "")])
    desk.watch()
    (text,) = desk.in_slack()
    assert "Use after somebody's last day of work" in text
