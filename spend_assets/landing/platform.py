"""The platform's own tables, SPEND_HOME/raw/platform/<table>.parquet: written before each build, read by dbt as sources."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.files import write_durably
from spend_assets.landing.findings import accounts_of, counting_reports
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore

TABLES = {
    "generations": "One row per raw generation of a (stream, account, day): when it was fetched, whether it is complete, how many rows.",
    "fetch_log": "One row per attempt to fetch a window, the unchanged and the failed ones too.",
    "quarantine": "One row per record of the data that counts which does not fit its contract: place, reason and shape, never values.",
    "drift": "One row per (stream, account, field path) that arrived and that no contract declares.",
    "accounts": "One row per vendor account: its scope, the stream that carries its money, and whether spend.toml configures it.",
    "streams": "One row per vendor stream: its window, when its days are final, where it comes from.",
}
"""Name and description of every table."""

_COLUMNS = {
    "generations": {
        "vendor": "VARCHAR",
        "stream": "VARCHAR",
        "account": "VARCHAR",
        "day": "DATE",
        "generation": "VARCHAR",
        "fetched_at": "TIMESTAMP",
        "fetched_on": "DATE",
        "complete": "BOOLEAN",
        "rows": "BIGINT",
        "quarantined": "BIGINT",
        "row_hash": "VARCHAR",
        "origin": "VARCHAR",
        "duplicates": "BIGINT",
        "conflicts": "BIGINT",
    },
    "fetch_log": {
        "vendor": "VARCHAR",
        "stream": "VARCHAR",
        "account": "VARCHAR",
        "window_start": "DATE",
        "window_end": "DATE",
        "attempted_at": "TIMESTAMP",
        "outcome": "VARCHAR",
        "detail": "VARCHAR",
        "generation": "VARCHAR",
    },
    "quarantine": {
        "vendor": "VARCHAR",
        "stream": "VARCHAR",
        "account": "VARCHAR",
        "window_start": "DATE",
        "generation": "VARCHAR",
        "record": "BIGINT",
        "field": "VARCHAR",
        "reason": "VARCHAR",
        "shape": "VARCHAR",
        "release": "VARCHAR",
    },
    "drift": {
        "vendor": "VARCHAR",
        "stream": "VARCHAR",
        "account": "VARCHAR",
        "field_path": "VARCHAR",
        "first_day": "DATE",
        "last_day": "DATE",
        "records": "BIGINT",
    },
    "accounts": {"vendor": "VARCHAR", "account": "VARCHAR", "scope": "VARCHAR", "ledger": "VARCHAR", "configured": "BOOLEAN"},
    "streams": {
        "vendor": "VARCHAR",
        "stream": "VARCHAR",
        "title": "VARCHAR",
        "window": "VARCHAR",
        "first_day": "DATE",
        "available_after_days": "BIGINT",
        "reach_days": "BIGINT",
        "settle_days": "BIGINT",
        "refetch_days": "BIGINT",
        "route": "VARCHAR",
        "day_basis": "VARCHAR",
    },
}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class AccountRow:
    """One vendor account. `ledger` is the stream that carries its money (DESIGN section 3), None where it carries none."""

    vendor: str
    account: str
    scope: str
    """What kind of tenant it is: enterprise, organization, console, team, platform, or file where only files are known of it."""
    ledger: str | None
    configured: bool


def write_platform_tables(store: LandingStore, raw: RawStore, accounts: Sequence[AccountRow], as_of: date = date.max) -> dict[str, int]:
    """Write every table anew from the files of landing and raw. Returns the rows of each. Same files, same bytes.

    Quarantine and drift are those of the data that counted on the UTC day `as_of`; the other tables carry dates of their own.
    """
    contracts = [contract for streams in raw.contracts.values() for contract in streams.values()]
    keys = [(contract, account) for contract in contracts for account in accounts_of(store, raw, contract)]
    tables: dict[str, Iterable[Row]] = {
        "generations": (row for contract, account in keys for row in _generations(raw, contract, account)),
        "fetch_log": (row for contract, account in keys for row in _attempts(store, contract, account)),
        "quarantine": (row for contract, account in keys for row in _quarantine(store, raw, contract, account, as_of)),
        "drift": (row for contract, account in keys for row in _drift(store, raw, contract, account, as_of)),
        "accounts": ((a.vendor, a.account, a.scope, a.ledger, a.configured) for a in accounts),
        "streams": (
            (
                *(c.vendor, c.stream, c.title, c.window, c.first_day),
                *(c.available_after_days, c.reach_days, c.settle_days, c.refetch_days, c.route, c.day_basis),
            )
            for c in contracts
        ),
    }
    return {name: _write(raw, name, rows) for name, rows in tables.items()}


def _write(raw: RawStore, table: str, rows: Iterable[Row]) -> int:
    columns = _COLUMNS[table]
    lines = sorted(msgspec.json.encode(dict(zip(columns, row, strict=True))) for row in rows)
    path = raw.root / "platform" / f"{table}.parquet"
    write_durably(path, lambda target: raw.copy_lines(lines, columns, target), "platform.table")
    return len(lines)


def _naive(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def _generations(raw: RawStore, contract: StreamContract, account: str) -> Iterator[Row]:
    for generations in raw.days(contract.vendor, contract.stream, account).values():
        for g in generations:
            yield (
                contract.vendor,
                contract.stream,
                account,
                g.day,
                g.generation,
                _naive(g.fetched_at),
                g.fetched_at.astimezone(UTC).date(),
                g.complete,
                g.rows,
                g.quarantined,
                g.row_hash,
                g.origin,
                g.duplicates,
                g.conflicts,
            )


def _attempts(store: LandingStore, contract: StreamContract, account: str) -> Iterator[Row]:
    for a in store.attempts(contract.vendor, contract.stream, account):
        yield (a.vendor, a.stream, a.account, a.start, a.end, _naive(a.attempted_at), a.outcome, a.detail, a.generation or None)


def _quarantine(store: LandingStore, raw: RawStore, contract: StreamContract, account: str, as_of: date) -> Iterator[Row]:
    for report in counting_reports(store, raw, contract, account, as_of):
        for bad in report.quarantine:
            release = (
                f"typed again by the next run once the vendor sends it corrected, or once contracts/{contract.vendor}.yml, stream "
                f"{contract.stream}, declares {bad.field or 'the record'} as it arrives"
            )
            yield (
                contract.vendor,
                contract.stream,
                account,
                report.start,
                report.generation,
                bad.record,
                bad.field,
                bad.reason,
                bad.shape,
                release,
            )


def _drift(store: LandingStore, raw: RawStore, contract: StreamContract, account: str, as_of: date) -> Iterator[Row]:
    seen: dict[str, dict[date, int]] = {}
    for report in counting_reports(store, raw, contract, account, as_of):
        for path, days in report.drift.items():
            # Windows overlap: a day counts once, with the most that one generation showed.
            merged = seen.setdefault(path, {})
            for day, records in days.items():
                merged[day] = max(merged.get(day, 0), records)
    for path, days in seen.items():
        yield contract.vendor, contract.stream, account, path, min(days), max(days), sum(days.values())
