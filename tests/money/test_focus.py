"""The FOCUS 1.2 files keep the rules of the specification that can be held without its validator (docs/focus.md has that one's verdict)."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from spend_assets.publish.focus import write_focus
from spend_assets.sandbox.company_bridge import USUAL
from spend_assets.sandbox.config import SandboxConfig
from tests.money.company import Company
from tests.money.project import Money, refill

NOT_NULL = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeDescription"),
    *("ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName"),
    *("PublisherName", "ServiceCategory", "ServiceName"),
)
"""Mandatory in 1.2 and never null."""
CATEGORIES = {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
FREQUENCIES = {"One-Time", "Recurring", "Usage-Based"}


@pytest.fixture(scope="module")
def exported(money: Money, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Path, duckdb.DuckDBPyConnection]]:
    config = SandboxConfig(people=14, days=61, seed=77, end=date(2026, 10, 31), bills=USUAL | {"prepaid"})
    company, folder = Company(config), tmp_path_factory.mktemp("focus")
    with money.open(company.ledgers) as connection:
        refill(connection, company.papers)
        money.build(connection)
        # A SKU that a spreadsheet would take for a formula.
        connection.execute("UPDATE charges SET \"SkuId\" = '=HYPERLINK(1)' WHERE \"SkuId\" = 'on_demand'")
        connection.execute(f"COPY charges TO '{folder / 'charges.parquet'}' (FORMAT parquet)")
        write_focus(connection, folder)
        yield company, folder, connection


def test_mandatory_columns_are_never_null(exported: tuple[Company, Path, duckdb.DuckDBPyConnection]) -> None:
    _, folder, connection = exported
    for column in NOT_NULL:
        found = connection.execute(f"SELECT count(*), count({column}) FROM '{folder}/focus_1.2.parquet'").fetchone()
        assert found and found[0] == found[1] > 0, column


def test_values_periods_and_types(exported: tuple[Company, Path, duckdb.DuckDBPyConnection]) -> None:
    _, folder, connection = exported
    kinds = dict(
        connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{folder}/focus_1.2.parquet')").fetchall()
    )
    assert {kinds[name] for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")} == {"DECIMAL(28,12)"}
    assert not [name for name, kind in kinds.items() if kind in ("DOUBLE", "FLOAT")]
    assert all(name.startswith("x_") or name[0].isupper() for name in kinds)
    rows = connection.execute(
        "SELECT ChargeCategory, ChargeClass, ChargeFrequency, BillingCurrency, ChargePeriodStart < ChargePeriodEnd, "
        f"BillingPeriodStart < BillingPeriodEnd FROM '{folder}/focus_1.2.parquet'"
    ).fetchall()
    for category, kind, frequency, currency, charge, billing in rows:
        assert category in CATEGORIES and kind in (None, "Correction") and frequency in FREQUENCIES
        assert len(currency) == 3 and currency.isupper() and charge and billing
    # A purchase that covers future use costs nothing by itself.
    assert connection.execute(f"SELECT DISTINCT EffectiveCost FROM '{folder}/focus_1.2.parquet' WHERE x_Kind = 'prepaid'").fetchall() == [
        (0,)
    ]


def test_the_csv_says_the_same_and_holds_no_formula(exported: tuple[Company, Path, duckdb.DuckDBPyConnection]) -> None:
    company, folder, _ = exported
    with (folder / "focus_1.2.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sums: dict[str, Decimal] = {}
    for row in rows:
        if row["InvoiceId"]:
            sums[row["InvoiceId"]] = sums.get(row["InvoiceId"], Decimal(0)) + Decimal(row["BilledCost"])
        datetime.strptime(row["ChargePeriodStart"], "%Y-%m-%dT%H:%M:%SZ")
        assert not any(value.startswith(("=", "@", "+")) for value in row.values())
    assert sums == {invoice.invoice_id: invoice.total for invoice in company.invoices}
    assert {row["SkuId"] for row in rows} >= {"'=HYPERLINK(1)"}
