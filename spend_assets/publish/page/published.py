"""What every section of a page stands on: the Parquet files of its audience, and a table with its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from spend_assets.publish.page.html import Cell, paragraph, section, table

WEEKS_SHOWN = 8
MONEY = frozenset(
    {
        "Consumption (USD)",
        "Billed (USD)",
        "Effective (USD)",
        "Invoiced (USD)",
        "Unexplained (USD)",
        "To accrue (USD)",
        "Seat-months",
        "From (USD)",
        "Below (USD)",
        "Amount (USD)",
        "Bought (USD)",
        "Used (USD)",
        "Expired (USD)",
        "Budget (USD)",
        "Spent (USD)",
        "Forecast (USD)",
        "Low (USD)",
        "High (USD)",
        "Pool (USD)",
        "Per completed task (USD)",
    }
)
COUNTS = frozenset(
    {
        "Seats",
        "Idle seats",
        "Findings",
        "Merged",
        "Of agents",
        "Deployments",
        "Active people",
        "People",
        "Cells",
        "Days not complete",
        "Days",
        "Attempts",
        "Records",
    }
)
NUMBERS = MONEY | COUNTS


@dataclass(frozen=True)
class Published:
    """The Parquet files of one audience."""

    connection: duckdb.DuckDBPyConnection
    folder: Path

    def has(self, name: str) -> bool:
        return (self.folder / f"{name}.parquet").exists()

    def rows(self, name: str, query: str) -> list[tuple[Cell, ...]]:
        """The rows of `query`, in which `published` stands for the table."""
        relation = "WITH published AS (SELECT * FROM read_parquet(?)) "
        return self.connection.execute(relation + query, [str(self.folder / f"{name}.parquet")]).fetchall()


def told(published: Published, title: str, name: str, headers: Sequence[str], query: str, notes: Sequence[str], empty: str) -> str:
    words = [paragraph(note) for note in notes]
    if not published.has(name):
        return section(title, *words, paragraph(f"This publication has no table {name}.", "soft"))
    rows = published.rows(name, query)
    return section(title, *words, table(headers, rows, NUMBERS) if rows else paragraph(empty, "soft"))
