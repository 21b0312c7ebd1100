"""What a close reads: finance tables of one build, as text of exact decimals. No person is in any of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

Cell = str | int | Decimal | date | None
_TOUCHES = "period_start < cast($month as timestamp) + interval 1 month and period_end > cast($month as timestamp)"

QUERIES: Mapping[str, str] = {
    "summary": "select * exclude (complete_share) from marts.finance_monthly where month = $month order by all",
    "reconciliation": f"select * from marts.reconciliation where {_TOUCHES} order by all",
    "terms": "select terms.* from marts.reconciliation_terms as terms inner join marts.reconciliation as bills "
    f"on terms.vendor = bills.vendor and terms.bill_id = bills.bill_id where {_TOUCHES} order by all",
    "evidence": 'select * from marts.charges where "BillingPeriodStart" < cast($month as timestamp) + interval 1 month '
    'and "BillingPeriodEnd" > cast($month as timestamp) order by all',
    "accruals": "select * from intermediate.int_accruals where month = $month order by all",
    "journal": "select * from intermediate.int_close_journal where month = $month order by all",
    "blockers": "select vendor, account, kind, detail from intermediate.int_close_blockers where month = $month order by all",
}
"""File of the pack -> what is in it. Terms and evidence are of every bill that reaches into the month."""


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def dicts(self) -> list[dict[str, Cell]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def read_tables(connection: duckdb.DuckDBPyConnection, month: date) -> dict[str, Table]:
    """Every table of the pack for the month that begins on `month`."""
    return {name: _read(connection, name, query, month) for name, query in QUERIES.items()}


def read_entities(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Which legal entity pays for an account, as the journal of any month has it."""
    query = "select vendor, account, min(entity) from intermediate.int_close_journal group by vendor, account"
    return {(vendor, account): entity for vendor, account, entity in connection.execute(query).fetchall()}


def _read(connection: duckdb.DuckDBPyConnection, name: str, query: str, month: date) -> Table:
    cursor = connection.execute(query, {"month": month})
    return Table(name, tuple(str(column[0]) for column in cursor.description or []), tuple(cursor.fetchall()))
