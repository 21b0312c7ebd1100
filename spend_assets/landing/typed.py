"""From a landed generation to typed days: every line validated, duplicates counted, and one canonical hash per day.

The typed rows leave here as JSON lines whose decimals are text, which DuckDB's from_json reads exactly; read_json and json_extract would go
through a float (DESIGN section 5).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.records import EXACT, TOMBSTONE, BadRecord, Typer, decode_line
from spend_assets.landing.store import Manifest

_MOST_PATHS = 500
_MORE = "(more unknown keys)"
"""Keys made of data would otherwise grow the findings without bound."""


@dataclass(frozen=True)
class Quarantined:
    """A record that did not fit its contract: where it stands in the landed file and why, never what it says."""

    record: int
    field: str
    reason: str
    shape: str


@dataclass
class TypedDay:
    """One day of a generation. `lines`: JSON rows in landed order. `duplicates`: identical records beyond the first, left out.

    `conflicts`: records that share the contract's key with another one and differ; all of them are kept.
    """

    lines: list[bytes] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    quarantined: int = 0
    duplicates: int = 0
    conflicts: int = 0
    residual: dict[str, Decimal] = field(default_factory=dict)

    @property
    def row_hash(self) -> str:
        """Hash of the typed rows in any order. Equal hashes mean equal days."""
        return hashlib.sha256(b"".join(sorted(self.hashes))).hexdigest()


@dataclass
class TypedGeneration:
    """`drift`: per unknown key path, the days it was seen on and in how many records."""

    days: dict[date, TypedDay]
    quarantine: list[Quarantined]
    drift: dict[str, dict[date, int]]


def type_generation(contract: StreamContract, manifest: Manifest, lines: Iterable[bytes]) -> TypedGeneration:
    """Type the landed lines of one generation. A bad record is quarantined and counted; the rest of its day is kept.

    Every day of the window is a day of the result, also without rows, except days so young that the vendor cannot have answered yet: an
    empty answer for those says nothing.
    """
    typer = Typer(contract)
    result = TypedGeneration({day: TypedDay() for day in manifest.window.days()}, [], {})
    seen: dict[tuple[Any, ...], set[bytes]] = {}
    for position, line in enumerate(lines):
        day = manifest.start
        try:
            typed = typer(line)
            day = _day_of(contract, manifest, typed)
        except BadRecord as bad:
            day = _day_of_bad(contract, manifest, typer, line)
            result.quarantine.append(Quarantined(position, bad.field, bad.reason, bad.shape))
            result.days[day].quarantined += 1
            continue
        finally:
            # Unknown keys of a quarantined record are a finding as well: they may be the reason.
            for path in sorted(set(typer.drift)):
                known = path in result.drift or len(result.drift) < _MOST_PATHS
                days = result.drift.setdefault(path if known else _MORE, {})
                days[day] = days.get(day, 0) + 1
        _add(contract, result.days[day], seen, day, position, typed, typer.twin)
        for path, rest in typer.residual.items():
            residual = result.days[day].residual
            residual[path] = EXACT.add(residual.get(path, Decimal(0)), rest)
    for day in list(result.days):
        typed_day = result.days[day]
        empty = not typed_day.lines and not typed_day.quarantined
        if contract.window != "snapshot" and empty and (manifest.fetched_at.date() - day).days <= contract.available_after_days:
            del result.days[day]
    return result


def _day_of(contract: StreamContract, manifest: Manifest, typed: dict[str, Any]) -> date:
    if contract.window == "snapshot" or contract.day_field is None:
        return manifest.start
    # Of an instant, its UTC day.
    day = date.fromisoformat(typed[contract.day_field][:10])
    if not manifest.start <= day < manifest.end:
        raise BadRecord(
            f"a day outside the window [{manifest.start}, {manifest.end}) that was asked for", field=contract.day_field, shape="date"
        )
    return day


def _day_of_bad(contract: StreamContract, manifest: Manifest, typer: Typer, line: bytes) -> date:
    """The day that a quarantined record is counted on: its own where that can be read, else the first of the window."""
    if contract.window == "days" and contract.day_field is not None:
        try:
            record = decode_line(line)
            return _day_of(contract, manifest, {contract.day_field: typer.value(record, contract.day_field)})
        except BadRecord:
            pass
    return manifest.start


def _add(
    contract: StreamContract,
    day: TypedDay,
    seen: dict[tuple[Any, ...], set[bytes]],
    on: date,
    position: int,
    typed: dict[str, Any],
    twin: int,
) -> None:
    body = msgspec.json.encode(typed)
    digest = hashlib.sha256(body + b"#%d" % twin if twin else body).digest()
    alike = seen.setdefault((on, *(_at(typed, path) for path in contract.key)), set())
    if digest in alike:
        day.duplicates += 1
        return
    # Erased people share a key without contradicting each other.
    if alike and not _names_erased(typed):
        day.conflicts += 1
    alike.add(digest)
    day.hashes.append(digest)
    day.lines.append(b'{"_record":%d%b' % (position, b"," + body[1:] if typed else b"}"))


def _names_erased(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value == TOMBSTONE or any(_names_erased(item) for item in inner)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
