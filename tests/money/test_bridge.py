"""Every difference that a sandbox puts between use and invoice is named by its term, exactly; what is of no kind is unexplained."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from spend_assets.sandbox.company_bridge import INJECTED, UNLISTED, USUAL
from spend_assets.sandbox.config import SandboxConfig
from tests.money.company import Company
from tests.money.project import Money, refill

NOISE = Decimal("1e-8")
"""Amounts have twelve decimals; a sum of some hundred of them was rounded at most as often."""
TERMS = {
    **{kind: {kind} for kind in ("discount", "tax", "reseller_fee", "refund", "credit_memo", "minimum", "cutoff")},
    "fx": {"fx"},
    "prepaid": {"prepaid_purchase", "drawdown"},
    "unlisted": {UNLISTED},
    "second_invoice": set[str](),
}
"""Which terms an injection makes, beside what ledgers have by themselves."""


@pytest.fixture(scope="module")
def small(money: Money) -> Iterator[tuple[Company, duckdb.DuckDBPyConnection]]:
    company = Company(SandboxConfig(people=14, days=61, seed=4211, end=date(2026, 10, 31), bills=frozenset()))
    with money.open(company.ledgers) as connection:
        yield company, connection


def compared(money: Money, company: Company, connection: duckdb.DuckDBPyConnection) -> Mapping[str, Decimal]:
    """Holds every invoice of the company against its truth; returns the sum of each term."""
    refill(connection, company.papers)
    money.build(connection)
    found: dict[str, dict[str, Decimal]] = {}
    for bill, term, amount in connection.execute("select bill_id, term, amount_usd from reconciliation_terms").fetchall():
        terms = found.setdefault(bill, {})
        terms[term] = terms.get(term, Decimal(0)) + amount
    rows = connection.execute(
        "select bill_id, consumption_usd, invoiced_usd, unexplained_usd, status from reconciliation where kind <> 'open'"
    ).fetchall()
    figures = {row[0]: row[1:] for row in rows}
    assert figures.keys() == {invoice.invoice_id for invoice in company.invoices}
    sums: dict[str, Decimal] = {}
    for invoice in company.invoices:
        truth = invoice.truth()
        consumption, invoiced, unexplained, status = figures[invoice.invoice_id]
        stray = truth.pop(UNLISTED, Decimal(0))
        seen = found.get(invoice.invoice_id, {})
        for term in truth.keys() | seen.keys():
            expected, amount = truth.get(term, Decimal(0)), seen.get(term, Decimal(0))
            assert abs(expected - amount) < NOISE, f"{invoice.invoice_id} {term}: truth {expected}, found {amount}"
            sums[term] = sums.get(term, Decimal(0)) + abs(amount)
        sums[UNLISTED] = sums.get(UNLISTED, Decimal(0)) + abs(unexplained)
        assert abs((consumption or 0) - invoice.bridge.consumption_usd) < NOISE
        assert abs(invoiced - invoice.total * invoice.booking_rate) < NOISE
        assert abs(unexplained - stray * invoice.booking_rate) < NOISE, f"{invoice.invoice_id}: {unexplained} is unexplained"
        assert status == ("unexplained" if stray else "explained")
    charged = dict(
        connection.execute('select "InvoiceId", sum("BilledCost") from charges where "InvoiceId" is not null group by 1').fetchall()
    )
    assert charged == {invoice.invoice_id: invoice.total for invoice in company.invoices}, "FOCUS: BilledCost adds up to the invoice"
    return sums


@pytest.mark.parametrize("kind", INJECTED)
def test_each_kind_alone_is_named_by_its_term(money: Money, small: tuple[Company, duckdb.DuckDBPyConnection], kind: str) -> None:
    company, connection = small
    company.bill(frozenset({kind}))
    sums = compared(money, company, connection)
    made = {term for term, amount in sums.items() if amount > Decimal("0.01")}
    inherent = {"included_pool", "not_charged", "seats", "proration", "unmetered", "rounding", "discount"}
    assert made - inherent == TERMS[kind] - inherent
    assert inherent <= made


def test_all_kinds_together(money: Money) -> None:
    company = Company(SandboxConfig(people=20, days=92, seed=908, end=date(2026, 10, 31), faults="heavy", bills=frozenset(INJECTED)))
    with money.open(company.ledgers) as connection:
        sums = compared(money, company, connection)
    assert {term for term, amount in sums.items() if amount} >= {"late_restatement"}.union(*TERMS.values())


@pytest.mark.long
@pytest.mark.parametrize("seed", [31, 77, 501])
def test_usual_bills_of_other_companies(money: Money, seed: int) -> None:
    company = Company(SandboxConfig(people=25, days=70, seed=seed, end=date(2026, 9, 30), faults="default", bills=USUAL))
    with money.open(company.ledgers) as connection:
        compared(money, company, connection)
