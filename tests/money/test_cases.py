"""Bills that a sandbox does not write: seats paid by the year, stubs, disputes, decisions, no exchange rate, lines that do not add up."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.money.project import Money

AUGUST, SEPTEMBER, OCTOBER = datetime(2026, 8, 1), datetime(2026, 9, 1), datetime(2026, 10, 1)


def invoice(name: str, total: str, *, start: datetime = SEPTEMBER, end: datetime = OCTOBER, **more: Any) -> dict[str, Any]:
    """An invoice of an account of the same name as its vendor's account: one each, so that they do not meet."""
    return {
        "company": "acme", "vendor": "openrouter", "account": name, "invoice_id": name.upper(), "kind": "invoice", "currency": "USD",
        "period_start": start, "period_end": end, "issued_on": date(2026, 10, 3), "total": Decimal(total), "tax": Decimal(0),
        "corrects_invoice_id": None, "billed_via": "direct", "fx_source": "ecb_day",
    } | more  # fmt: skip


def line(name: str, kind: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "company": "acme", "vendor": "openrouter", "invoice_id": name.upper(), "line_id": "1", "kind": kind, "amount": Decimal(amount),
        "plan": None, "sku": None, "quantity": None, "unit_price": None, "service_start": None, "service_end": None,
    } | more  # fmt: skip


def used(name: str, day: date, usd: str) -> dict[str, Any]:
    return {
        "vendor": "openrouter", "account": name, "day": day, "stream": "activity", "sku": "calls", "model": "m", "principal": "p",
        "series": "human_usage", "is_pooled": False, "consumption_usd": Decimal(usd), "billed_usd": Decimal(usd),
    }  # fmt: skip


def agreed(name: str, item: str, amount: str, unit: str, cycle: str = "monthly", **more: Any) -> dict[str, Any]:
    return {
        "company": "acme", "vendor": "openrouter", "account": name, "contract_id": name, "item": item, "plan": "(all)", "sku": "(all)",
        "amount": Decimal(amount), "unit": unit, "currency": "USD", "cycle_anchor": AUGUST, "billing_cycle": cycle, "entity": "Acme Inc",
        "billed_via": "direct", "valid_from": date(2026, 1, 1), "valid_to": date(9999, 12, 31),
    } | more  # fmt: skip


def told(name: str, day: date, usd: str) -> dict[str, Any]:
    return {
        "vendor": "openrouter", "account": name, "day": day, "told_on": day, "published_vendor": "openrouter", "published_account": name,
        "consumption_usd": Decimal(usd), "billed_usd": Decimal(usd),
    }  # fmt: skip


def call(billing: str, worth: str, billed: str, fee: str) -> dict[str, Any]:
    return {
        "account": "fees", "day": DAY, "occurred_at": datetime(2026, 9, 10, 12), "billing": billing, "model": "m",
        "consumption_usd": Decimal(worth), "billed_usd": Decimal(billed), "token_fee_usd": Decimal(fee),
    }  # fmt: skip


DAY = date(2026, 9, 10)
TABLES: dict[str, list[dict[str, Any]]] = {
    "int_spend": [
        used(name, DAY, usd)
        for name, usd in (
            ("disputed", "100"), ("adjusted", "90"), ("norate", "50"), ("reseller", "70"), ("total", "40"), ("yen", "33.333333"),
            ("floor", "40"), ("off", "100"), ("lost", "40"), ("left", "70"),
        )
    ] + [used("ahead", date(2026, 8, 5), "60"), used("ahead", DAY, "30")],
    "int_spend_told": [told("ahead", date(2026, 8, 5), "60"), told("ahead", DAY, "30")],
    "accounts": [{"vendor": "cursor", "account": "fees", "ledger": "usage_events"}],
    "int_cursor_events": [
        call("on_demand", "10", "10", "1.5"), call("included", "2", "0", "0.2"), call("own_key", "0.3", "0.3", "0.3"),
    ],
    "stg_company__contracts": [
        agreed("year", "seat", "20", "per_seat_month", "annual", plan="standard"),
        agreed("stub", "seat", "80", "per_seat_month", "annual", plan="premium"),
        agreed("part", "seat", "100", "per_seat_month", plan="premium"),
        agreed("lost", "commitment", "100", "once", valid_from=date(2026, 9, 1), valid_to=date(2026, 10, 1)),
        agreed("left", "commitment", "50", "per_month", valid_from=date(2026, 9, 1), valid_to=date(2027, 1, 1)),
        agreed("ahead", "commitment", "100", "once", valid_from=date(2026, 8, 1), valid_to=date(2026, 10, 1)),
        agreed("floor", "minimum", "100", "per_month"),
        agreed("floor", "minimum", "60", "per_month", contract_id="floor again", valid_from=date(2026, 9, 1)),
        agreed("off", "discount", "25", "percent", account="(all)", contract_id="all", valid_from=date(2026, 9, 1)),
        agreed("off", "discount", "10", "percent"),
    ],
    "stg_company__invoices": [
        invoice("year", "1200", start=AUGUST, end=datetime(2027, 8, 1)),
        invoice("stub", "3616.44", start=datetime(2026, 10, 30), end=datetime(2027, 8, 1)),
        invoice("part", "258.06", start=datetime(2026, 10, 16), end=datetime(2026, 11, 1)),
        invoice("disputed", "100"),
        invoice("adjusted", "100"),
        invoice("norate", "46", currency="CHF"),
        invoice("reseller", "72.10", billed_via="reseller"),
        invoice("total", "41.50"),
        invoice("fees", "10.30", vendor="cursor"),
        invoice("lost", "40"),
        invoice("left", "70"),
        invoice("floor", "60"),
        invoice("off", "90"),
        invoice("yen", "5051", currency="JPY"),
        invoice("memo", "-5", kind="credit_memo", corrects_invoice_id="NOBODYS"),
        invoice("ahead", "100", start=AUGUST, end=datetime(2026, 8, 2)),
    ],
    "stg_company__invoice_lines": [
        line("year", "seat", "1200", plan="standard", quantity=5),
        line("stub", "seat", "3616.44", plan="premium", quantity=5),
        line("part", "seat", "258.06", plan="premium", quantity=5),
        line("disputed", "usage", "100"),
        line("adjusted", "usage", "100"),
        line("norate", "usage", "46"),
        line("reseller", "other", "72.10"),
        line("total", "usage", "40"),
        line("fees", "usage", "10.30", vendor="cursor"),
        line("lost", "usage", "40"),
        line("left", "usage", "70"),
        line("floor", "usage", "40"),
        line("floor", "minimum", "20", line_id="2"),
        line("off", "usage", "100"),
        line("off", "discount", "-10", line_id="2"),
        line("yen", "usage", "5051"),
        line("memo", "credit", "-5"),
        line("ahead", "prepaid", "100", service_start=AUGUST, service_end=OCTOBER),
    ],
    "stg_company__bill_decisions": [
        {
            "company": "acme", "vendor": "openrouter", "decision_id": name, "invoice_id": name, "kind": kind, "amount": money,
            "decided_on": DAY,
        }
        for name, kind, money in (("DISPUTED", "dispute", 0), ("ADJUSTED", "adjustment", 10))
    ],
    "stg_company__fx_rates": [
        {"company": "acme", "day": date(2026, 10, 2), "from_currency": "JPY", "to_currency": "USD", "rate": "0.0066", "source": "ecb_day"}
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def built(money: Money) -> Iterator[duckdb.DuckDBPyConnection]:
    with money.open(TABLES) as connection:
        money.build(connection)
        yield connection


def bill(built: duckdb.DuckDBPyConnection, name: str) -> tuple[str, Decimal | None, dict[str, Decimal]]:
    found = built.execute("SELECT status, unexplained_usd FROM reconciliation WHERE bill_id = ?", [name.upper()]).fetchone()
    assert found is not None
    terms = dict(built.execute("SELECT term, amount_usd FROM reconciliation_terms WHERE bill_id = ?", [name.upper()]).fetchall())
    return found[0], found[1], terms


def test_seats_by_the_year_and_stubs_as_the_vendor_computes_them(built: duckdb.DuckDBPyConnection) -> None:
    """5 upgrades with 275 of 365 days left are $3,616.44, 5 with 16 of 31 days $258.06 (Anthropic's worked examples)."""
    assert bill(built, "year") == ("explained", 0, {"seats": Decimal(1200)})
    for name, exact in (("stub", "3616.438356164"), ("part", "258.064516129")):
        status, unexplained, terms = bill(built, name)
        assert (status, unexplained) == ("explained", 0)
        assert abs(terms["seats"] - Decimal(exact)) < Decimal("1e-8") and abs(terms["rounding"]) < Decimal("0.005")


def test_seats_paid_ahead_cost_month_by_month(built: duckdb.DuckDBPyConnection) -> None:
    rows = built.execute(
        'SELECT "BilledCost", "EffectiveCost", "x_Kind" FROM charges WHERE "x_BillId" = \'YEAR\' ORDER BY "ChargePeriodStart", "x_Kind"'
    ).fetchall()
    assert [row for row in rows if row[2] == "seat"] == [(Decimal(1200), Decimal(0), "seat")]
    months = [effective for billed, effective, kind in rows if kind == "seat month" and billed == 0]
    assert len(months) >= 8 and sum(months) == 1200


def test_what_was_bought_ahead_is_used_and_what_expires_is_shown(built: duckdb.DuckDBPyConnection) -> None:
    assert bill(built, "ahead") == ("explained", 0, {"prepaid_purchase": Decimal(100)})
    rows = built.execute(
        'SELECT "x_Kind", "BilledCost", "EffectiveCost", "CommitmentDiscountStatus" FROM charges WHERE "x_Account" = \'ahead\' ORDER BY ALL'
    ).fetchall()
    assert rows == [
        ("prepaid", 100, 0, None), ("so far", 0, 30, None), ("so far", 0, 60, None), ("unused", 0, 10, "Unused"),
    ]  # fmt: skip


def test_a_commitment_that_nobody_invoiced_is_shown_as_far_as_it_is_idle(built: duckdb.DuckDBPyConnection) -> None:
    """100 in September of which 40 were used; 50 a month to December, of which 70 are. One that was bought ahead shows as such."""
    rows = built.execute(
        'SELECT "x_Account", "x_Kind", "PricingQuantity", "BilledCost", "EffectiveCost", "CommitmentDiscountStatus" FROM charges '
        "WHERE \"x_Kind\" IN ('idle', 'committed') ORDER BY ALL"
    ).fetchall()
    assert rows == [("left", "committed", 130, 0, 0, None), ("lost", "idle", 60, 0, 60, "Unused")]


def test_the_fee_per_token_is_told_beside_the_use_that_it_is_charged_with(built: duckdb.DuckDBPyConnection) -> None:
    """1.50 of a charged call and 0.30 of one on the caller's own key, not what a seat includes. It is in the line already."""
    columns = '"x_Kind", "PricingQuantity", "PricingUnit", "BilledCost", "EffectiveCost", "ListCost"'
    rows = built.execute(f"SELECT {columns} FROM charges WHERE \"x_Account\" = 'fees' ORDER BY ALL").fetchall()
    assert rows == [
        ("included", None, None, 0, 0, 2),
        ("token fee", Decimal("1.8"), "USD", 0, 0, 0),
        ("usage", None, None, Decimal("10.30"), Decimal("10.30"), Decimal("10.30")),
    ]
    assert bill(built, "fees")[:2] == ("explained", 0)


def test_disputes_decisions_and_gaps(built: duckdb.DuckDBPyConnection) -> None:
    assert bill(built, "disputed")[0] == "disputed"
    assert bill(built, "adjusted") == ("explained", 0, {"adjustment": Decimal(10)})
    assert bill(built, "norate")[:2] == ("unknown", None)
    assert bill(built, "reseller")[:2] == ("unexplained", Decimal("2.1")), "a reseller's line is explained by a contract only"
    assert bill(built, "total")[:2] == ("unexplained", Decimal("1.5"))
    assert bill(built, "memo")[:2] == ("unexplained", Decimal(-5)), "it corrects an invoice that nobody has"
    adjustment = built.execute('SELECT "BilledCost", "ChargeCategory" FROM charges WHERE "x_Kind" = \'unexplained\'').fetchall()
    assert adjustment == [(Decimal("1.5"), "Adjustment")]


def test_of_terms_that_overlap_one_counts(built: duckdb.DuckDBPyConnection) -> None:
    """The younger minimum, and the account's own discount though one for all accounts is younger. Both were taken, and added up."""
    assert bill(built, "floor") == ("explained", 0, {"minimum": Decimal(20)})
    assert bill(built, "off") == ("explained", 0, {"discount": Decimal(-10)})


def test_a_currency_without_cents_is_rounded_to_units(built: duckdb.DuckDBPyConnection) -> None:
    """33.333333 USD are 5050.505 yen, which a bill writes as 5051."""
    status, unexplained, terms = bill(built, "yen")
    assert status == "explained" and unexplained == 0
    assert terms == {"rounding": Decimal(5051) * Decimal("0.0066") - Decimal("33.333333")}
