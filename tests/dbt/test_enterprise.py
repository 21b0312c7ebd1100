"""A whole small enterprise, built once: what the marts say against totals added up here by hand."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt import organisation as org
from tests.dbt.build import Build

BILLABLE_MINUTES = Decimal("0.4") + Decimal("0.16") + Decimal("0.08")
SEAT = Decimal("0.032258064516") * 19
IDENTIFIERS = "select identifier from intermediate.int_known_identifiers"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_build: Callable[..., Build]) -> Build:
    folder: Path = tmp_path_factory.mktemp("enterprise")
    home = org.enterprise(folder / "home").write()
    return dbt_build(home, folder / "warehouse.duckdb", as_of=org.AS_OF, start=org.FIRST, build_id="the build", units=True)


def test_everything_passes(built: Build) -> None:
    assert built.failed == set()
    assert len(built.statuses) > 100
    assert built.one("select build_id, as_of from ops.build") == ("the build", org.AS_OF)


def test_the_rules_hold_on_written_examples(built: Build) -> None:
    """dbt's unit tests: sharing out, suppression, day statuses, effective dates, identity."""
    assert {name for name in built.statuses if name.startswith("unit_test.")} >= {
        "unit_test.pool_is_shared_out_by_consumption_to_the_last_unit",
        "unit_test.small_teams_fold_until_k_people_of_two_teams",
        "unit_test.small_vendors_of_a_team_merge_until_nothing_follows",
        "unit_test.days_of_few_people_are_told_together",
        "unit_test.a_month_that_begins_on_a_sunday_is_told_with_its_first_week",
        "unit_test.what_few_persons_change_later_is_told_of_no_team",
        "unit_test.each_day_has_the_first_status_that_applies",
        "unit_test.people_are_who_the_roster_says_on_that_day",
        "unit_test.without_a_roster_the_one_leaf_team_counts",
        "unit_test.metrics_take_the_price_of_their_day",
        "unit_test.use_sits_on_who_used_and_its_charge_on_the_pool",
        "unit_test.each_kind_of_line_finds_its_meter",
        "unit_test.requests_of_a_week_that_is_not_whole_are_unknown",
    }


def test_moneys_equal_the_ledger(built: Build) -> None:
    days = org.days()
    reported = [row for day in days for row in org.report_rows(day)]
    gross = sum((row["gross_amount"] for row in reported), Decimal(0)) + BILLABLE_MINUTES * len(days)
    net = sum((row["net_amount"] for row in reported), Decimal(0)) + (BILLABLE_MINUTES + SEAT * 24) * len(days)
    total = "select sum(consumption_usd), sum(billed_usd), sum(effective_usd) from marts."
    for table in ("spend_daily", "spend_by_vendor_daily", "spend_per_user_daily", "spend_per_user_weekly", "finance_monthly"):
        assert built.one(total + table) == (gross, net, net), table


def test_credits_of_the_detailed_bill_are_a_cross_check_only(built: Build) -> None:
    expected = sum((row["quantity"] for day in org.days() for row in org.report_rows(day)), Decimal(0))
    assert built.one("select sum(credits) from marts.spend_daily") == (expected,)


def test_series_and_surfaces(built: Build) -> None:
    series = dict(built.rows("select series, count(distinct principal_key) from marts.spend_daily group by series"))
    assert series == {"human_seat": 24, "human_usage": 24, "machine_usage": 4, "unattributed_usage": 2}
    machines = dict(built.rows("select principal_key, min(surface) from marts.spend_daily where series = 'machine_usage' group by 1"))
    assert machines == {
        org.BOT: "(not split)",
        "copilot-swe-agent": "background_agent",
        "copilot-pull-request-reviewer": "code_review",
        "copilot-sandbox": "background_agent",
    }
    agents = built.rows("select distinct surface from marts.spend_daily where model = 'Coding Agent model'")
    assert agents == [("background_agent",)]


def test_money_beyond_the_pool_follows_consumption(built: Build) -> None:
    (pool,) = built.one(
        "select sum(billed_usd) from marts.spend_daily where principal_key = '(pool)' and day between '2026-09-01' and '2026-09-30'"
    )
    rows = built.rows(
        "select consumption_usd, effective_usd from intermediate.int_spend_effective "
        "where is_pooled and consumption_usd > 0 and month = '2026-09-01'"
    )
    consumed = sum((row[0] for row in rows), Decimal(0))
    assert sum((row[1] for row in rows), Decimal(0)) == pool > 0
    assert all(abs(effective - pool * consumption / consumed) <= Decimal("1e-12") for consumption, effective in rows)


def test_teams_come_from_the_roster_and_small_ones_are_suppressed(built: Build) -> None:
    teams = {team for (team,) in built.rows("select distinct team from marts.spend_per_team_weekly where series = 'human_usage'")}
    assert teams == {"payments", "search", "(suppressed)"}
    smallest = built.one("select min(active_people), min(suppressed_teams) from marts.spend_per_team_weekly where team = '(suppressed)'")
    assert smallest == (7, 2)
    # The week that ends with the last day has not settled by then.
    assert built.one("select max(week) from marts.spend_per_team_weekly") == (date(2026, 9, 21),)


def test_adoption_counts_distinct_people_and_hides_few(built: Build) -> None:
    week = "from marts.adoption_weekly where week = '2026-09-07'"
    assert built.one(f"select active_people, accepted_outputs {week} and feature = 'code_completion'") == (24, 126)
    assert built.one(f"select suppressed, active_people, interactions {week} and feature = 'copilot_cli'") == (True, None, None)


def test_months(built: Build) -> None:
    months = dict(built.rows("select month, min(close_status) from marts.finance_monthly group by month"))
    assert months == {date(2026, 8, 1): "settled", date(2026, 9, 1): "provisional", date(2026, 10, 1): "open"}
    seat_months = built.one("select seat_months from marts.finance_monthly where month = '2026-09-01' and series = 'human_seat'")
    assert seat_months == (Decimal("0.032258064516") * 24 * 30,)
    unknown = built.one("select count(invoiced_usd), count(unexplained_usd) from marts.finance_monthly")
    assert unknown == (0, 0)


def test_no_mart_without_persons_names_one(built: Build) -> None:
    known = {identifier for (identifier,) in built.rows(IDENTIFIERS)}
    assert {"dev01", "E0001", "dev01@acme.example", "1001"} <= known
    tables = ("spend_by_vendor_daily", "spend_per_team_weekly", "finance_monthly", "seats_monthly", "adoption_weekly", "data_health")
    for table in (*tables, "coverage", "restatements", "dim_team", "dim_model"):
        values = {str(value) for row in built.rows(f"select * from marts.{table}") for value in row if isinstance(value, str)}
        assert not values & known, table


def test_restricted_marts_hold_ids_and_no_logins_or_mails(built: Build) -> None:
    logins = {login for _, login, _ in org.people()} | {f"{login}@acme.example" for _, login, _ in org.people()}
    for table in ("spend_daily", "spend_per_user_daily", "spend_per_user_weekly", "seats"):
        values = {value for row in built.rows(f"select * from marts.{table}") for value in row if isinstance(value, str)}
        assert not values & logins, table
        assert "hr:E0001" in values and "github:1023" in values, table


def test_no_column_of_money_is_a_float(built: Build) -> None:
    floats = built.rows(
        "select schema_name, table_name, column_name from duckdb_columns() where data_type in ('DOUBLE', 'FLOAT') and not internal "
        "and regexp_matches(column_name, '(_usd|_amount|Cost|Usd)$')"
    )
    assert floats == []
