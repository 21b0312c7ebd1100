"""What closed months have become since: told in each later pack, and booked once, in the first later month that is closed for good."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from spend_assets.close.closed import close_folder, closed_months
from spend_assets.close.pack import read_csv, read_manifest
from spend_assets.close.tables import Cell, Table, read_entities, read_tables

SUMMARY_KEY = ("vendor", "account", "series", "currency")
FROZEN = ("consumption_usd", "billed_usd", "effective_usd", "invoiced_usd")
LEDGER_ACCOUNTS = {"tax": "Input tax", "commitment": "Prepaid AI services"}
"""By series, as int_close_journal books a charge; all else is AI services."""
ZERO = Decimal(0)
Figure = tuple[str, ...]
"""Closed month, the summary's key, and the figure's name."""


def adjustments(home: Path, connection: duckdb.DuckDBPyConnection, month: date) -> Table:
    """Every figure of an earlier closed month that is another one now, less what packs of other months have adjusted for good.

    A figure that is unknown now has neither `now_usd` nor `adjustment_usd`.
    """
    columns = ("closed_month", *SUMMARY_KEY, "figure", "closed_usd", "adjusted_before_usd", "now_usd", "adjustment_usd")
    before = _adjusted_elsewhere(home, month)
    rows: list[tuple[Cell, ...]] = []
    for closed in closed_months(home):
        if closed >= month:
            continue
        folder = _final(home, closed)
        then = {tuple(row[name] for name in SUMMARY_KEY): row for row in read_csv(folder / "summary.csv")}
        present = {tuple(str(row[name]) for name in SUMMARY_KEY): row for row in read_tables(connection, closed)["summary"].dicts()}
        for key in sorted(then.keys() | present.keys()):
            for figure in FROZEN:
                was = Decimal(then[key][figure] or 0) if key in then else ZERO
                adjusted = before.get((closed.isoformat(), *key, figure), ZERO)
                now = present[key][figure] if key in present else ZERO
                # What is unknown now is no 0: it is told, and nothing is booked of it.
                moved = now - was - adjusted if isinstance(now, Decimal) else None
                if moved if moved is not None else was + adjusted:
                    rows.append((closed, *key, figure, was, adjusted, now, moved))
    return Table("adjustments", columns, tuple(rows))


def booked(journal: Table, found: Table, month: date, connection: duckdb.DuckDBPyConnection) -> Table:
    """The journal with an entry per closed month and account whose invoices became others: nothing is booked into a closed month."""
    entities = read_entities(connection)
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    for row in found.dicts():
        if row["figure"] == "invoiced_usd" and isinstance(row["adjustment_usd"], Decimal):
            account = LEDGER_ACCOUNTS.get(str(row["series"]), "AI services")
            key = (str(row["closed_month"]), str(row["vendor"]), str(row["account"]), account)
            sums[key] = sums.get(key, ZERO) + row["adjustment_usd"]
    entries: list[tuple[Cell, ...]] = []
    for (closed, vendor, account, ledger_account), amount in sums.items():
        entity = entities.get((vendor, account), "(unknown)")
        for side, value in ((ledger_account, amount), ("Accounts payable", -amount)):
            debit, credit = max(value, ZERO), max(-value, ZERO)
            values: dict[str, Cell] = {
                "month": month, "entity": entity, "vendor": vendor, "account": account, "document": f"ADJUSTMENT {closed}",
                "currency": "USD", "ledger_account": side, "debit": debit, "credit": credit, "debit_usd": debit, "credit_usd": credit,
            }  # fmt: skip
            entries.append(tuple(values.get(column) for column in journal.columns))
    return Table(journal.name, journal.columns, journal.rows + tuple(entries))


def _adjusted_elsewhere(home: Path, month: date) -> dict[Figure, Decimal]:
    sums: dict[Figure, Decimal] = {}
    for row in _rows(home, (closed for closed in closed_months(home) if closed != month)):
        key = (row["closed_month"], *(row[name] for name in SUMMARY_KEY), row["figure"])
        sums[key] = sums.get(key, ZERO) + Decimal(row["adjustment_usd"] or 0)
    return sums


def _rows(home: Path, months: Iterable[date]) -> Iterator[dict[str, str]]:
    for closed in months:
        yield from read_csv(_final(home, closed) / "adjustments.csv")


def _final(home: Path, closed: date) -> Path:
    """The final pack, which must be what it was. Raises ValueError."""
    folder = close_folder(home) / f"{closed:%Y-%m}" / "final"
    read_manifest(folder)
    return folder
