"""Small raw homes for dbt: Parquet with the columns and types of the contracts, rows given as text.

Written here by hand, without the code of landing, so that a misreading of the contract cannot hide in both.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

CONTRACTS = Path(__file__).parents[2] / "spend_assets" / "landing" / "contracts"
BATCH = 200
SCALARS = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "decimal": "DECIMAL(28,12)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
PLATFORM = {
    "generations": "vendor VARCHAR, stream VARCHAR, account VARCHAR, day DATE, generation VARCHAR, fetched_at TIMESTAMP, fetched_on DATE, "
    "complete BOOLEAN, rows BIGINT, quarantined BIGINT, row_hash VARCHAR, origin VARCHAR",
    "fetch_log": "vendor VARCHAR, stream VARCHAR, account VARCHAR, window_start DATE, window_end DATE, attempted_at TIMESTAMP, "
    "outcome VARCHAR, detail VARCHAR, generation VARCHAR",
    "quarantine": "vendor VARCHAR, stream VARCHAR, account VARCHAR, window_start DATE, generation VARCHAR, record BIGINT, field VARCHAR, "
    "reason VARCHAR, shape VARCHAR, release VARCHAR",
    "drift": "vendor VARCHAR, stream VARCHAR, account VARCHAR, field_path VARCHAR, first_day DATE, last_day DATE, records BIGINT",
    "accounts": "vendor VARCHAR, account VARCHAR, scope VARCHAR, ledger VARCHAR, configured BOOLEAN",
    "streams": 'vendor VARCHAR, stream VARCHAR, title VARCHAR, "window" VARCHAR, first_day DATE, available_after_days BIGINT, '
    "reach_days BIGINT, settle_days BIGINT, refetch_days BIGINT, route VARCHAR",
}


def contracts() -> dict[str, dict[str, Any]]:
    """vendor -> stream -> contract, as the yml has it."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CONTRACTS.glob("*.yml"))]
    return {document["vendor"]: document["streams"] for document in documents}


def kept_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that raw keeps: neither ignored nor dropped."""
    return {name: spec for name, spec in fields.items() if not spec.get("ignore") and not spec.get("drop")}


def column_type(spec: Mapping[str, Any]) -> str:
    kind = spec["type"]
    if kind in SCALARS:
        return SCALARS[kind]
    inner = ", ".join(f'"{name}" {column_type(child)}' for name, child in kept_fields(spec["fields"]).items())
    return f"STRUCT({inner})" + ("[]" if kind == "list" else "")


@dataclass
class RawHome:
    """A SPEND_HOME with raw Parquet and platform tables, written by `write`."""

    path: Path
    records: dict[tuple[str, str, str, date, str], list[dict[str, Any]]] = field(default_factory=dict)
    platform: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in PLATFORM})

    def account(self, account: str, ledger: str, *, vendor: str = "github_copilot", configured: bool = True) -> None:
        scope = {"ai_credit_usage": "organization"}.get(ledger, "enterprise") if configured else "file"
        self.platform["accounts"].append((vendor, account, scope, ledger, configured))

    def land(
        self,
        stream: str,
        account: str,
        day: date,
        rows: Iterable[Mapping[str, Any]],
        *,
        fetched: date | None = None,
        complete: bool = True,
        vendor: str = "github_copilot",
        origin: str = "api",
    ) -> None:
        """A generation of one day, fetched at 06:00 of `fetched` (ten days after the day if not said), with its fetch_log row."""
        at = datetime.combine(fetched or day + timedelta(days=10), datetime.min.time()) + timedelta(hours=6)
        generation = f"{at:%Y%m%dT%H%M%SZ}-{stream[:6]}"
        kept = [dict(row) for row in rows]
        self.records[(vendor, stream, account, day, generation)] = kept
        self.platform["generations"].append(
            (vendor, stream, account, day, generation, at, at.date(), complete, len(kept), 0, f"{generation}-{len(kept)}", origin)
        )
        self.attempt(stream, account, day, "landed" if complete else "partial", at=at, generation=generation, vendor=vendor)

    def attempt(
        self,
        stream: str,
        account: str,
        day: date,
        outcome: str,
        *,
        at: datetime,
        generation: str | None = None,
        vendor: str = "github_copilot",
    ) -> None:
        self.platform["fetch_log"].append((vendor, stream, account, day, day + timedelta(days=1), at, outcome, "", generation))

    def write(self) -> Path:
        """Everything to Parquet, whole; returns SPEND_HOME."""
        self.platform["streams"] = [
            (
                vendor,
                stream,
                spec["title"],
                spec["window"],
                spec.get("first_day"),
                spec.get("available_after_days"),
                spec.get("reach_days"),
                spec["settle_days"],
                spec["refetch_days"],
                spec["route"],
            )
            for vendor, streams in contracts().items()
            for stream, spec in streams.items()
        ]
        with duckdb.connect() as connection:
            for name, columns in PLATFORM.items():
                self._table(connection, columns, self.platform[name], self.path / "raw" / "platform" / f"{name}.parquet")
            for vendor, streams in contracts().items():
                for stream, spec in streams.items():
                    self._stream(connection, vendor, stream, kept_fields(spec["fields"]))
        return self.path

    def _stream(self, connection: duckdb.DuckDBPyConnection, vendor: str, stream: str, fields: dict[str, Any]) -> None:
        columns = "_account VARCHAR, _day DATE, _generation VARCHAR, _record BIGINT, " + ", ".join(
            f'"{name}" {column_type(spec)}' for name, spec in fields.items()
        )
        folder = self.path / "raw" / vendor / stream
        self._table(connection, columns, [], folder / "_none" / "none.parquet")
        months: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        for (at_vendor, at_stream, account, day, generation), rows in self.records.items():
            if (at_vendor, at_stream) != (vendor, stream):
                continue
            unknown = {name for row in rows for name in row} - set(fields)
            assert not unknown, f"{stream} has no fields {unknown}"
            month = months.setdefault((account, f"{day:%Y-%m}"), [])
            month += [(account, day, generation, at, *(row.get(name) for name in fields)) for at, row in enumerate(rows)]
        for (account, name), values in months.items():
            self._table(connection, columns, values, folder / account / name / f"{name}.compacted.parquet")

    @staticmethod
    def _table(connection: duckdb.DuckDBPyConnection, columns: str, rows: list[tuple[Any, ...]], target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"create or replace table rows_to_write ({columns})")
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            marks = ", ".join(f"({', '.join('?' for _ in row)})" for row in batch)
            connection.execute(f"insert into rows_to_write values {marks}", [value for row in batch for value in row])
        place = str(target).replace("'", "''")
        connection.execute(f"copy rows_to_write to '{place}' (format parquet, compression zstd)")
