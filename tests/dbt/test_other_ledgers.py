"""Accounts without a bill per person, and bills that must not be published."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.dbt import organisation as org
from tests.dbt.build import Build
from tests.dbt.raw_home import RawHome

DAY, AS_OF = date(2026, 9, 7), date(2026, 9, 30)


def usage_item(gross: Decimal, net: Decimal) -> dict[str, Any]:
    return {
        "product": "Copilot AI Credits",
        "sku": "AI Credit",
        "model": "GPT-5",
        "unitType": "ai-credits",
        "pricePerUnit": Decimal("0.01"),
        "grossQuantity": gross * 100,
        "grossAmount": gross,
        "discountAmount": gross - net,
        "netAmount": net,
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_build: Callable[..., Build]) -> Build:
    """An organization with the billing summary, one with the metrics report only and GitHub teams, and a file from before June."""
    folder: Path = tmp_path_factory.mktemp("ledgers")
    home = RawHome(folder / "home")
    home.account("summary", "ai_credit_usage")
    home.account("metrics", "user_days")
    home.account("file", "ai_credit_report", configured=False)
    home.land("ai_credit_usage", "summary", DAY, [usage_item(Decimal("9.50"), Decimal("1.25"))])
    people = [org.user_day(number, f"dev{number:02d}", DAY) | {"ai_credits_used": Decimal("12.5")} for number in (1, 2, 3)]
    people[2].pop("ai_credits_used")
    home.land("user_days", "metrics", DAY, people)
    old = date(2026, 5, 20)
    home.land("user_days", "metrics", old, [org.user_day(1, "dev01", old) | {"ai_credits_used": Decimal(10)}])
    team = {"organization": "acme", "id": 1, "slug": "all", "parent": None}
    child = {"organization": "acme", "id": 2, "slug": "web", "parent": {"id": 1, "slug": "all"}}
    home.land("teams", "metrics", DAY, [team, child], fetched=DAY)
    members = [
        {"organization": "acme", "team_id": parent, "team_slug": slug, "id": 1000 + number, "login": f"dev{number:02d}"}
        for parent, slug, numbers in ((1, "all", (1, 2)), (2, "web", (1,)))
        for number in numbers
    ]
    home.land("team_members", "metrics", DAY, members, fetched=DAY)
    request = org.report_row(old, "dev09", "Auto: GPT-5.4", Decimal("4.5")) | {
        "sku": "copilot_premium_request",
        "unit_type": "requests",
        "applied_cost_per_quantity": Decimal("0.04"),
        "gross_amount": Decimal("0.18"),
        "discount_amount": Decimal("0.18"),
    }
    home.land("ai_credit_report", "file", old, [request], origin="file")
    return dbt_build(home.write(), folder / "warehouse.duckdb", as_of=AS_OF, start=DAY)


def test_it_passes_with_the_findings_that_it_should_have(built: Build) -> None:
    assert built.failed == set()
    assert "prices_are_known" in built.warned


def test_the_summary_sits_on_the_pool(built: Build) -> None:
    row = built.one(
        "select principal_key, consumption_usd, billed_usd, effective_usd, credits from marts.spend_daily where account = 'summary'"
    )
    assert row == ("(pool)", Decimal("9.5"), Decimal("1.25"), Decimal("1.25"), Decimal(950))


def test_the_metric_is_consumption_and_never_a_bill(built: Build) -> None:
    rows = built.rows(
        "select day, principal_key, basis, consumption_usd, billed_usd, effective_usd from marts.spend_daily "
        "where account = 'metrics' order by 1, 2"
    )
    priced = ("metric", Decimal("0.125"), None, None)
    assert rows == [
        (date(2026, 5, 20), "github:1001", "metric", None, None, None),
        (DAY, "github:1001", *priced),
        (DAY, "github:1002", *priced),
    ]


def test_without_a_roster_the_leaf_team_counts(built: Build) -> None:
    teams = dict(built.rows(f"select person_key, team from marts.spend_per_user_daily where day = '{DAY}' and is_person"))
    assert teams == {"github:1001": "acme/web", "github:1002": "acme/all", "github:1003": "(no team)"}


def test_a_file_counts_before_start_date_and_expects_nothing(built: Build) -> None:
    assert built.one(
        "select requests, consumption_usd, credits from marts.spend_daily where account = 'file' and principal_key <> '(pool)'"
    ) == (
        Decimal("4.5"),
        Decimal("0.18"),
        None,
    )
    assert built.rows("select day, data_status from marts.data_health where account = 'file'") == [(date(2026, 5, 20), "complete")]


def test_coverage_says_what_is_not_known(built: Build) -> None:
    statuses = dict(built.rows("select measure, status from marts.coverage"))
    assert statuses["invoiced_usd"] == "not_ingested"
    assert statuses["tokens"] == "not_exposed"
    assert statuses["consumption_usd"] == "measured"


def test_bills_that_contradict_themselves_are_not_published(tmp_path: Path, dbt_build: Callable[..., Build]) -> None:
    """A key twice with different values, a row off by more than a cent, and one organization on the bills of two accounts."""
    home = RawHome(tmp_path / "home")
    home.account("acme", "ai_credit_report")
    home.account("acme-eng", "ai_credit_report")
    ada = org.report_row(DAY, "ada", "GPT-5.4", Decimal(100))
    home.land("ai_credit_report", "acme", DAY, [ada, ada | {"quantity": Decimal(101)}])
    home.land("ai_credit_report", "acme-eng", DAY, [org.report_row(DAY, "ada", "GPT-5.4", Decimal(1)) | {"gross_amount": Decimal("0.03")}])
    build = dbt_build(home.write(), tmp_path / "warehouse.duckdb", as_of=AS_OF, start=DAY)
    assert build.failed == {"ledger_keys_are_unique", "accounts_do_not_overlap", "bill_adds_up_to_the_cent"}
    assert build.rows("select * from ops.build") == []
