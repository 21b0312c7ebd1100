"""Month close: refused with a list, frozen once, the same bytes again, and what moves later is an adjustment of a later month."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from spend_assets.close.close import Close, close_month
from spend_assets.close.pack import read_csv, safe
from spend_assets.close.refusal import CloseRefused
from spend_assets.sandbox.company_bridge import USUAL
from spend_assets.sandbox.config import SandboxConfig
from tests.money.company import AS_OF, Company
from tests.money.project import Money, refill

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
HISTORY = SandboxConfig(people=14, days=92, seed=5501, end=date(2026, 10, 31))
MARTS = ("reconciliation", "reconciliation_terms", "charges")
INTERMEDIATE = ("int_accruals", "int_close_blockers", "int_close_journal")


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(HISTORY)


@pytest.fixture
def built(money: Money, company: Company) -> Iterator[duckdb.DuckDBPyConnection]:
    company.bill(USUAL)
    streams = sorted({(row["vendor"], row["account"], row["stream"]) for row in company.ledgers["int_spend"]})
    days = [
        {"vendor": vendor, "account": account, "stream": stream, "day": HISTORY.start + timedelta(days=n), "status": "complete"}
        for vendor, account, stream in [*streams, ("cursor", "team", "usage_events")]
        for n in range(HISTORY.days)
    ]
    with money.open({**company.ledgers, "int_stream_days": days}) as connection:
        rebuild(money, connection, company)
        yield connection


def rebuild(money: Money, connection: duckdb.DuckDBPyConnection, company: Company) -> None:
    """The tables where a close looks for them. finance_monthly stands here with its invoiced side."""
    refill(connection, company.papers)
    money.build(connection)
    for schema, names in (("marts", MARTS), ("intermediate", INTERMEDIATE)):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for name in names:
            connection.execute(f"CREATE OR REPLACE VIEW {schema}.{name} AS SELECT * FROM main.{name}")
    unknown = ", ".join(f"NULL::DECIMAL(28,12) AS {name}" for name in ("consumption_usd", "billed_usd", "effective_usd", "complete_share"))
    connection.execute(f"CREATE OR REPLACE VIEW marts.finance_monthly AS SELECT *, {unknown} FROM main.int_bill_months")


def raise_invoice(company: Company, prefix: str, month: int, amount: Decimal) -> None:
    """The invoice of that vendor and month says another amount, on its first line and in total."""
    late = next(
        row
        for row in company.papers["stg_company__invoices"]
        if row["invoice_id"].startswith(prefix) and row["period_start"].month == month
    )
    line = next(row for row in company.papers["stg_company__invoice_lines"] if row["invoice_id"] == late["invoice_id"])
    late["total"] += amount
    line["amount"] += amount


def close(home: Path, connection: duckdb.DuckDBPyConnection, month: date, *, final: bool) -> Close:
    return close_month(home, connection, month, final, AS_OF, "the build", lambda _: None)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_final_close_is_refused_with_a_list(tmp_path: Path, built: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(CloseRefused, match=r"(?s)cursor/team: no invoice for 2026-10-\d\d to 2026-11-\d\d.*--soft"):
        close(tmp_path, built, OCTOBER, final=True)
    assert not (tmp_path / "close").exists()


def test_a_line_that_nothing_explains_blocks(tmp_path: Path, money: Money, company: Company, built: duckdb.DuckDBPyConnection) -> None:
    company.bill(USUAL | {"unlisted"})
    rebuild(money, built, company)
    with pytest.raises(CloseRefused, match=r"openai/platform: OPE-\d+-2609: \d+\.\d\d USD without evidence"):
        close(tmp_path, built, SEPTEMBER, final=True)


def test_a_soft_close_accrues_what_is_not_invoiced(tmp_path: Path, built: duckdb.DuckDBPyConnection) -> None:
    done = close(tmp_path, built, OCTOBER, final=False)
    (used,) = built.execute(
        "select sum(billed_usd) from int_bill_usage where bill_id like 'open:team:%' and month = date '2026-10-01' and is_consumed"
    ).fetchone() or (None,)
    rows = read_csv(done.folder / "accruals.csv")
    assert [Decimal(row["open_usd"]) for row in rows if row["vendor"] == "cursor"] == [used] and used > 0
    assert done.accrued_usd == sum((Decimal(row["accrual_usd"]) for row in rows), Decimal(0))
    journal = read_csv(done.folder / "journal.csv")
    for document in {row["document"] for row in journal}:
        sides = [
            sum((Decimal(row[side]) for row in journal if row["document"] == document), Decimal(0)) for side in ("debit_usd", "credit_usd")
        ]
        assert sides[0] == sides[1] > 0, document
    again = bytes_of(done.folder)
    close(tmp_path, built, OCTOBER, final=False)
    assert bytes_of(done.folder) == again


def test_a_closed_month_stays_and_later_news_are_adjustments(
    tmp_path: Path, money: Money, company: Company, built: duckdb.DuckDBPyConnection
) -> None:
    done = close(tmp_path, built, SEPTEMBER, final=True)
    frozen = bytes_of(done.folder)
    assert done.new and {"index.html", "summary.csv", "terms.csv", "evidence.csv", "journal.csv", "manifest.json"} <= frozen.keys()
    invoiced = sum((Decimal(row["invoiced_usd"] or 0) for row in read_csv(done.folder / "summary.csv")), Decimal(0))
    assert invoiced > 0

    raise_invoice(company, "OPE", 9, Decimal("12.34"))
    rebuild(money, built, company)
    assert not close(tmp_path, built, SEPTEMBER, final=True).new
    with pytest.raises(CloseRefused, match="closed for good"):
        close(tmp_path, built, SEPTEMBER, final=False)
    assert bytes_of(done.folder) == frozen
    moved = read_csv(close(tmp_path, built, OCTOBER, final=False).folder / "adjustments.csv")
    assert [(row["closed_month"], row["vendor"], row["figure"], Decimal(row["adjustment_usd"])) for row in moved] == [
        ("2026-09-01", "openai", "invoiced_usd", Decimal("12.34"))
    ]

    (done.folder / "summary.csv").write_text("month\n", encoding="utf-8")
    with pytest.raises(ValueError, match="not what it was"):
        close(tmp_path, built, OCTOBER, final=False)


def test_what_moved_is_booked_once_in_the_next_month_that_is_closed(
    tmp_path: Path, money: Money, company: Company, built: duckdb.DuckDBPyConnection
) -> None:
    """A closed month is not opened again: what was wrong in it goes into the journal of the next one, and not of those after it too."""
    # The Cursor invoice that reaches into August began before this history, and nobody has it.
    built.execute(f"CREATE OR REPLACE VIEW intermediate.int_close_blockers AS FROM main.int_close_blockers WHERE month > DATE '{AUGUST}'")
    close(tmp_path, built, AUGUST, final=True)
    raise_invoice(company, "OPE", 8, Decimal("12.34"))
    rebuild(money, built, company)
    for final in (False, True):
        pack = close(tmp_path, built, SEPTEMBER, final=final).folder
        entries = [row for row in read_csv(pack / "journal.csv") if row["document"] == "ADJUSTMENT 2026-08-01"]
        assert [(row["month"], row["ledger_account"], Decimal(row["debit_usd"]), Decimal(row["credit_usd"])) for row in entries] == [
            ("2026-09-01", "AI services", Decimal("12.34"), 0),
            ("2026-09-01", "Accounts payable", 0, Decimal("12.34")),
        ]
        assert {row["entity"] for row in entries} == {row["entity"] for row in read_csv(pack / "journal.csv") if row["vendor"] == "openai"}
    pack = close(tmp_path, built, OCTOBER, final=False).folder
    assert read_csv(pack / "adjustments.csv") == []
    assert not [row for row in read_csv(pack / "journal.csv") if row["document"].startswith("ADJUSTMENT")]

    raise_invoice(company, "OPE", 8, Decimal("-2.34"))
    rebuild(money, built, company)
    (moved,) = read_csv(close(tmp_path, built, OCTOBER, final=False).folder / "adjustments.csv")
    assert (Decimal(moved["adjusted_before_usd"]), Decimal(moved["adjustment_usd"])) == (Decimal("12.34"), Decimal("-2.34"))


def test_what_is_unknown_now_is_told_and_not_booked(tmp_path: Path, built: duckdb.DuckDBPyConnection) -> None:
    def billed(amount: str) -> None:
        built.execute(
            "CREATE OR REPLACE VIEW marts.finance_monthly AS SELECT *, NULL::DECIMAL(28,12) AS consumption_usd, "
            f"{amount}::DECIMAL(28,12) AS billed_usd, NULL::DECIMAL(28,12) AS effective_usd, NULL::DECIMAL(28,12) AS complete_share "
            "FROM main.int_bill_months"
        )

    billed("7")
    close(tmp_path, built, SEPTEMBER, final=True)
    billed("NULL")
    pack = close(tmp_path, built, OCTOBER, final=False).folder
    moved = read_csv(pack / "adjustments.csv")
    assert {(row["figure"], row["now_usd"], row["adjustment_usd"]) for row in moved} == {("billed_usd", "", "")}
    assert {Decimal(row["closed_usd"]) % 7 for row in moved} == {0}
    assert not [row for row in read_csv(pack / "journal.csv") if row["document"].startswith("ADJUSTMENT")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_text_of_a_pack_is_a_formula(text: str) -> None:
    assert safe(text) == "'" + text
    assert safe(Decimal("-1.5")) == "-1.5"
