"""Whatever order rows come in, however they are split or re-sent: bills hold each dollar of a ledger once, and totals do not move."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.money.project import Money, refill

AMOUNTS = st.decimals(Decimal("-40"), Decimal("900"), places=12)
CURRENCIES = {"USD": Decimal(1), "EUR": Decimal("1.0843"), "INR": Decimal("0.011871"), "JPY": Decimal("0.0066")}
FIRST = date(2026, 8, 1)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Two accounts with calls of some weeks; bills over cycles that begin anywhere, in any currency, at amounts that are nobody's."""
    events, invoices, lines = [], [], []
    for account in ("one", "two"):
        for _ in range(draw(st.integers(1, 6))):
            moment = datetime(2026, 8, 1) + timedelta(minutes=draw(st.integers(0, 60 * 24 * 70)))
            worth, billed = draw(AMOUNTS), draw(AMOUNTS)
            events.append(
                {
                    "account": account,
                    "day": moment.date(),
                    "occurred_at": moment,
                    "billing": draw(st.sampled_from(["on_demand", "included", "not_charged"])),
                    "model": draw(st.sampled_from(["a", "b"])),
                    "consumption_usd": worth,
                    "billed_usd": billed,
                }
            )
        start = datetime(2026, 8, 1) + timedelta(minutes=draw(st.integers(0, 60 * 24 * 20)))
        currency = draw(st.sampled_from(sorted(CURRENCIES)))
        for number in range(draw(st.integers(0, 2))):
            end = start + timedelta(days=draw(st.integers(7, 31)))
            amounts = draw(st.lists(st.decimals(Decimal("-50"), Decimal("2000"), places=2), min_size=0, max_size=3))
            tax = draw(st.decimals(Decimal(0), Decimal(200), places=2))
            name = f"{account}-{number}"
            invoices.append(
                {
                    "company": "acme", "vendor": "cursor", "account": account, "invoice_id": name, "kind": "invoice", "currency": currency,
                    "period_start": start, "period_end": end, "issued_on": end.date() + timedelta(days=2), "total": sum(amounts, tax),
                    "tax": tax, "billed_via": "direct", "fx_source": "ecb_day",
                }
            )  # fmt: skip
            lines += [
                {"company": "acme", "vendor": "cursor", "invoice_id": name, "line_id": str(place), "kind": kind, "amount": amount}
                for place, (amount, kind) in enumerate(zip(amounts, ("usage", "seat", "other"), strict=False))
            ]
            start = end
    rates = [
        {
            "company": "acme",
            "day": FIRST + timedelta(days=n),
            "from_currency": currency,
            "to_currency": "USD",
            "rate": rate,
            "source": "ecb_day",
        }
        for currency, rate in CURRENCIES.items()
        for n in range(0, 110, 5)
    ]
    return {
        "int_cursor_events": events,
        "stg_company__invoices": invoices,
        "stg_company__invoice_lines": lines,
        "stg_company__fx_rates": rates,
    }


@pytest.fixture(scope="module")
def connection(money: Money) -> Iterator[duckdb.DuckDBPyConnection]:
    with money.open({"accounts": [{"vendor": "cursor", "account": name, "ledger": "usage_events"} for name in ("one", "two")]}) as opened:
        yield opened


def built(money: Money, connection: duckdb.DuckDBPyConnection, tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[tuple[Any, ...]]]:
    ledger: dict[tuple[str, date], list[Decimal]] = {}
    for event in tables["int_cursor_events"]:
        row = ledger.setdefault((event["account"], event["day"]), [Decimal(0), Decimal(0)])
        row[0] += event["consumption_usd"]
        row[1] += event["billed_usd"]
    spend = [
        {"vendor": "cursor", "account": account, "day": day, "stream": "usage_events", "consumption_usd": used, "billed_usd": billed}
        for (account, day), (used, billed) in ledger.items()
    ]
    refill(connection, {**tables, "int_spend": spend})
    money.build(connection)
    return {
        name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
        for name in ("reconciliation", "reconciliation_terms", "charges")
    }


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=worlds(), data=st.data())
def test_totals_do_not_move(
    money: Money, connection: duckdb.DuckDBPyConnection, tables: dict[str, list[dict[str, Any]]], data: st.DataObject
) -> None:
    first = built(money, connection, tables)
    events = tables["int_cursor_events"]
    on_bills = connection.execute(
        "SELECT coalesce(sum(consumption_usd), 0), coalesce(sum(billed_usd), 0) FROM int_bill_usage WHERE is_consumed"
    ).fetchone()
    assert on_bills is not None
    # Every call lies in exactly one bill or open period, unless a bill that is no cycle of the calendar leaves a gap before it.
    covered = [
        event
        for event in events
        if connection.execute(
            "SELECT count(*) FROM int_bills WHERE account = ? AND has_usage AND period_start <= ? AND period_end > ?",
            [event["account"], event["occurred_at"], event["occurred_at"]],
        ).fetchone()
        != (0,)
    ]
    assert on_bills[0] == sum((event["consumption_usd"] for event in covered), Decimal(0))
    assert on_bills[1] == sum((event["billed_usd"] for event in covered), Decimal(0))
    for consumption, invoiced, unexplained, terms in connection.execute(
        "SELECT b.consumption_usd, b.invoiced_usd, b.unexplained_usd, "
        "(SELECT sum(amount_usd) FROM reconciliation_terms t WHERE t.bill_id = b.bill_id) "
        "FROM reconciliation b WHERE kind <> 'open'"
    ).fetchall():
        assert invoiced == (consumption or 0) + (terms or 0) + unexplained
    charged = dict(
        connection.execute('SELECT "InvoiceId", sum("BilledCost") FROM charges WHERE "InvoiceId" IS NOT NULL GROUP BY 1').fetchall()
    )
    assert all(charged.get(invoice["invoice_id"], 0) == invoice["total"] for invoice in tables["stg_company__invoices"])

    # Split: a call told as two parts. Reordered: every table. What is re-sent comes to the same tables once more (staging keeps one).
    split = []
    for event in events:
        half = {
            **event,
            "consumption_usd": event["consumption_usd"] / 2 if event["consumption_usd"].as_tuple().digits[-1] % 2 == 0 else Decimal(0),
        }
        rest = {**event, "consumption_usd": event["consumption_usd"] - half["consumption_usd"], "billed_usd": Decimal(0)}
        split += [half, rest]
    again = {name: data.draw(st.permutations(rows)) for name, rows in {**tables, "int_cursor_events": split}.items()}
    second = built(money, connection, again)
    assert second["reconciliation"] == first["reconciliation"]
    # How many entries prove a term may differ; what it comes to may not.
    assert [row[:6] for row in second["reconciliation_terms"]] == [row[:6] for row in first["reconciliation_terms"]]
    assert second["charges"] == first["charges"]
