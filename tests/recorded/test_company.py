"""The company's files through inbox and staging: figures as a person reads them in the files, and what contradicts itself is said."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.publish.verdict import read_verdict
from tests.recorded.conftest import Query

OPEN = date(9999, 12, 31)


def test_invoices_of_both_files_are_one_book(recorded: Query) -> None:
    rows = recorded(
        "select invoice_id, kind, currency, period_start, issued_on, total, tax, fx_source from staging.stg_company__invoices order by 1"
    )
    cycle = datetime(2026, 9, 14, 21, 23, 8)
    assert rows == [
        ("DE-77", "invoice", "EUR", cycle, date(2026, 10, 5), Decimal("1487.80"), Decimal("237.55"), "ecb_day"),
        ("I-1", "invoice", "EUR", cycle, date(2026, 10, 3), Decimal("119.00"), Decimal("19.00"), "ecb_day"),
        ("I-2", "invoice", "EUR", datetime(2026, 9, 14), date(2026, 9, 3), Decimal("100.01"), None, "ecb_day"),
    ]
    lines = recorded(
        "select line_id, kind, description, quantity, unit_price, amount from staging.stg_company__invoice_lines "
        "where invoice_id = 'DE-77' order by 1"
    )
    # 31 x 36.91 = 1144.21; 1144.21 + 112.14 - 6.10 = 1250.25; + 19 % 237.55 = 1487.80
    assert lines == [
        ("1", "seat", "Teams; Standard", 31, Decimal("36.91"), Decimal("1144.21")),
        ("2", "usage", "Abruf", None, None, Decimal("112.14")),
        ("3", "refund", "Gutschrift", None, None, Decimal("-6.10")),
    ]
    assert recorded("select count(*), sum(amount) from staging.stg_company__invoice_lines") == [(7, Decimal("1450.25"))]


def test_rates_contracts_and_owners_are_as_stated(recorded: Query) -> None:
    assert recorded("select day, source, rate from staging.stg_company__fx_rates order by 1") == [
        (date(2026, 9, 1), "month_average", Decimal("1.091")),
        (date(2026, 10, 1), "ecb_day", Decimal("1.0834")),
    ]
    contracts = recorded(
        "select contract_id, account, plan, sku, amount, billed_via, valid_to from staging.stg_company__contracts order by 1"
    )
    assert contracts == [
        ("C-1", "team", "standard", "(all)", 40, "direct", date(2026, 7, 1)),
        ("C-2", "(all)", "standard", "(all)", Decimal("38.50"), "direct", OPEN),
    ]
    owners = recorded("select key, owner_team, owner_employee_id, environment, workflow_id from staging.stg_company__key_owners order by 1")
    assert owners == [("deps-bot", "Payments", None, "ci", "deps"), ("key_1", None, "E7", "prod", None)]
    identities = recorded("select employee_id, account, identifier from staging.stg_company__identity_map order by 1")
    assert identities == [("E1", "(all)", "ann+cursor@acme.example"), ("E9", "team", "x@acme.example")]


def test_workflows_reach_the_dimension_and_plans_their_scope(recorded: Query) -> None:
    workflows = recorded(
        "select workflow_id, workflow, owner_team, task_class, delivery_window, baseline_manual_minutes, valid_to, is_current "
        "from marts.dim_workflow order by 1"
    )
    assert workflows == [
        ("deps", "Dependency updates", "Payments", "automation", "Mon-Fri 06:00-18:00", 45, OPEN, True),
        ("docs", "Docs refresh", "Ghosts", "docs", None, None, OPEN, True),
    ]
    assert recorded("select measure, target from staging.stg_company__goals order by goal_id") == [
        ("cost_per_completed_task_usd", 4),
        ("lead_time_hours", 24),
    ]
    budgets = recorded("select scope, scope_id, month, amount from staging.stg_company__budgets order by amount desc")
    assert budgets[0] == ("organisation", "(all)", date(2026, 10, 1), 5000) and len(budgets) == 4


@pytest.mark.parametrize(
    ("finding", "rows"),
    [
        ("key_owners_are_known", 1),
        ("identity_map_is_known", 1),
        ("contracts_do_not_overlap", 1),
        ("invoice_adds_up", 1),
        ("invoices_have_rates", 1),
        ("workflows_have_owners", 1),
        ("plans_have_scopes", 2),
    ],
)
def test_what_contradicts_itself_is_a_finding(recorded: Query, finding: str, rows: int) -> None:
    ((warehouse,),) = recorded("select path from duckdb_databases() where not internal")
    verdict = read_verdict(Path(warehouse).parent)
    assert verdict is not None
    (check,) = [check for check in verdict.checks if check.name == finding]
    assert (check.passed, check.failures, check.blocking) == (False, rows, False)
