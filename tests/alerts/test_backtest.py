"""A past period replayed: what would have been told, and nothing sent or remembered."""

from datetime import date, timedelta

import duckdb
import pytest

from spend_assets.alerts.backtest import backtest
from spend_assets.alerts.errors import AlertRefused
from tests.alerts.desk import TODAY, Desk, anomaly

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 28)


def build(desk: Desk, *rows: dict[str, object]) -> None:
    month = (date(2026, 9, 1), "organisation", "(all)", "(all)", {"early_warning": date(2026, 9, 18)}, "0.7", "")
    desk.build(rows, budgets=[month])
    with duckdb.connect(str(desk.home / "warehouse.duckdb")) as connection:
        connection.execute(
            "create table marts.spend_per_user_daily as select 'hr:E' || i as person_key, date '2026-09-10' as day, true as active "
            "from range(500) as t (i)"
        )


def test_each_incident_counts_once_in_the_period_in_which_it_began(desk: Desk) -> None:
    outage = {"level": "vendor", "entity": "cursor", "vendor": "cursor", "kind": "missing"}
    build(
        desk,
        anomaly(first_day=date(2026, 8, 30), last_day=date(2026, 9, 9)),  # told before the period
        anomaly(first_day=date(2026, 9, 15), last_day=date(2026, 9, 17)),
        anomaly(**outage, first_day=date(2026, 9, 3)),
        anomaly(**outage, first_day=date(2026, 9, 5)),  # the same outage
        anomaly(**outage, first_day=date(2026, 9, 20)),
        anomaly(level="user", entity="hr:E7", kind="spike", first_day=date(2026, 9, 28)),
        anomaly(level="user", entity="hr:E7", kind="rule_3x", first_day=date(2026, 9, 27)),
        anomaly(level="user", entity="hr:E9", kind="spike", first_day=date(2026, 9, 29)),  # after it
    )
    found = backtest(desk.pipeline(), FIRST, LAST, desk.said.append)
    assert found.told == {
        ("workflow", "loop"): 1,
        ("vendor", "missing"): 2,
        ("user", "spike"): 1,
        ("organisation", "budget_early_warning"): 1,
    }
    assert found.lines == {("user", "rule_3x"): 1}
    assert found.messages == {"payments": 1, "platform": 3, "privacy": 2, "person": 1}
    assert (found.busiest, found.people, found.taken_back) == (1, 500, 0)
    assert found.per_thousand(1) == pytest.approx(0.5)
    assert not (desk.home / "alerts" / "state.json").exists()
    assert desk.slack.asked == [] and desk.smtp.taken == []


def test_a_period_cut_at_any_day_tells_the_same(desk: Desk) -> None:
    """What was told by a morning does not depend on later days."""
    days = [FIRST + timedelta(days=offset) for offset in (1, 3, 4, 9, 12, 13, 20, 26)]
    build(desk, *(anomaly(first_day=day, last_day=day + timedelta(days=number % 3)) for number, day in enumerate(days)))
    whole = backtest(desk.pipeline(), FIRST, LAST, desk.said.append).told.total()
    cuts = [FIRST + timedelta(days=offset) for offset in range(0, 27, 3)]
    for cut in cuts:
        before = backtest(desk.pipeline(), FIRST, cut, desk.said.append).told.total()
        after = backtest(desk.pipeline(), cut + timedelta(days=1), LAST, desk.said.append).told.total()
        assert before + after == whole, cut


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (FIRST, TODAY)])
def test_what_is_no_past_period_is_refused(desk: Desk, first: date, last: date) -> None:
    build(desk)
    with pytest.raises(AlertRefused, match="no period that is over"):
        backtest(desk.pipeline(), first, last, desk.said.append)
