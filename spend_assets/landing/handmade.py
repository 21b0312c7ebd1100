"""Files that people make: rosters, contracts, invoices. A file with a fault is refused whole, with every fault named at once.

Half a roster would move money between teams, and half an invoice would look like a difference. The rules stand in the contract.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.exports import ImportRefused, csv_rows, delimiter_of, is_json, json_records
from spend_assets.landing.notation import WRITTEN, Told, decide
from spend_assets.landing.records import BadRecord, Typer

MOST_BYTES = 16 * 2**20
"""Such a file is held in memory; a roster of 100,000 people has 12 MiB."""
MOST_ERRORS = 20
Placed = tuple[str, bytes]
"""Where a record stands in its file ("row 2", "item 1, lines 3"), and the record."""
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Statement:
    """What a file says of one stream. `said`: the values of `accumulates` that it speaks of, also where it says nothing of them."""

    contract: StreamContract
    records: list[bytes]
    said: frozenset[Key]


def read_hand_made(path: Path, contract: StreamContract, streams: Mapping[str, StreamContract], told: Told) -> list[Statement]:
    """The file's statement on its stream and, of JSON records with parts, on theirs (`streams` are those of the vendor).

    Raises ImportRefused that lists up to 20 faults by row and column; values are never repeated.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ImportRefused(f"{path.name}: {path.stat().st_size} bytes are more than the bound of {MOST_BYTES} for a file made by hand")
    errors: list[str] = []
    rows = (
        [(f"item {number}", record) for number, record in json_records(path)] if is_json(path) else _from_csv(path, contract, told, errors)
    )
    if not rows and not errors:
        raise ImportRefused(
            f"{path.name} has a header and no rows; it would take away all that {contract.vendor}/{contract.stream} said before"
        )
    wholes, parts = _split(contract, streams, rows, errors)
    statements = [_statement(contract, wholes, errors)]
    for name, (placed, said) in parts.items():
        part = _statement(streams[name], placed, errors)
        statements.append(Statement(part.contract, part.records, part.said | said))
    if errors:
        raise ImportRefused(_refusal(path.name, contract, errors))
    return statements


def _from_csv(path: Path, contract: StreamContract, told: Told, errors: list[str]) -> list[Placed]:
    rows = list(csv_rows(path))
    whole = [(line, row) for line, row in rows if isinstance(row, dict)]
    written, problems = decide(contract, whole, delimiter_of(path), told)
    errors.extend(problems)
    if problems:
        return []
    errors.extend(
        f"row {line}: {len(row)} cells, where the header has another number; a cell with the separator in it stands in double quotes"
        for line, row in rows
        if isinstance(row, list)
    )
    front = {WRITTEN: written.mark} if written.mark else {}
    return [(f"row {line}", msgspec.json.encode({**front, **row})) for line, row in whole]


def _split(
    contract: StreamContract, streams: Mapping[str, StreamContract], rows: list[Placed], errors: list[str]
) -> tuple[list[Placed], dict[str, tuple[list[Placed], set[Key]]]]:
    """The records without their parts, and per stream the parts with the whole's key in front, and whose they are."""
    wholes: list[Placed] = []
    parts: dict[str, tuple[list[Placed], set[Key]]] = {}
    typer = Typer(contract)
    for place, record in rows:
        try:
            keys = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
        except msgspec.DecodeError:
            wholes.append((place, record))  # no object: `_statement` says so
            continue
        inside = {key: keys.pop(key) for key in contract.parts if key in keys}
        for key, held in inside.items():
            placed, said = parts.setdefault(contract.parts[key], ([], set()))
            own = {name: keys[name] for name in contract.accumulates if name in keys}
            placed += _part(f"{place}, {key}", held, own, errors)
            said.add(key_of(typer, contract.accumulates, record) or ())
        wholes.append((place, msgspec.json.encode(keys) if inside else record))
    return wholes, parts


def _part(place: str, held: msgspec.Raw, own: Mapping[str, msgspec.Raw], errors: list[str]) -> list[Placed]:
    try:
        items = msgspec.json.decode(held, type=list[dict[str, msgspec.Raw]] | None) or []
    except msgspec.DecodeError:
        errors.append(f"{place}: expected a list of objects")
        return []
    for number, item in enumerate(items, start=1):
        errors.extend(
            f"{place} {number}, {name!r}: another value than in the record around it"
            for name in own
            if item.get(name, own[name]) != own[name]
        )
    return [(f"{place} {number}", msgspec.json.encode({**own, **item})) for number, item in enumerate(items, start=1)]


def _statement(contract: StreamContract, rows: Iterable[Placed], errors: list[str]) -> Statement:
    """Holds the rows to the contract; what is wrong is added to `errors`."""
    typer = Typer(contract)
    records: list[bytes] = []
    said: set[Key] = set()
    places: dict[Key, str] = {}
    periods: list[tuple[str, date, date, str]] = []
    for place, record in rows:
        faults = typer.faults(record)
        errors.extend(f"{place}{f', column {bad.field!r}' if bad.field else ''}: {bad.reason}" for bad in faults)
        if faults:
            continue
        records.append(record)
        typed = typer(record)
        said.add(_folded(typed, contract.accumulates))
        wrong = list(_rules(contract, typed))
        errors.extend(f"{place}, {text}" for text in wrong)
        key = _folded(typed, [part[0] for part in contract.key])
        if key in places:
            names = ", ".join(part[0] for part in contract.key)
            errors.append(f"{_both(places[key], place)}: two rows of one {names}; every row needs its own")
        elif contract.periods_of and not wrong:
            owner = msgspec.json.encode(_folded(typed, contract.periods_of)).decode()
            periods.append((owner, *_period(typed), place))
        places.setdefault(key, place)
    errors.extend(_overlaps(contract.periods_of, periods))
    return Statement(contract, records, frozenset(said))


def key_of(typer: Typer, names: Sequence[str], record: bytes) -> Key | None:
    """What these fields of a landed record say; None where the record cannot be read."""
    try:
        return _folded(typer(record), names)
    except BadRecord:
        return None


def _folded(typed: Mapping[str, Any], names: Sequence[str]) -> Key:
    """The values by which two rows are of one thing: text without regard to case and to space around it, as people write it."""
    values = (typed.get(name) for name in names)
    return tuple(value.strip().casefold() if isinstance(value, str) else value or "" for value in values)


def _rules(contract: StreamContract, typed: Mapping[str, Any]) -> Iterable[str]:
    for earlier, later in contract.ordered:
        if typed.get(earlier) is not None and typed.get(later) is not None and typed[later] <= typed[earlier]:
            yield f"column {later!r}: it is the first moment that no longer belongs to the period, so it is after {earlier}"
    for group in contract.one_of:
        if not any(str(typed.get(name) or "").strip() for name in group):
            yield f"columns {' and '.join(group)}: at least one of them is needed"


def _period(typed: Mapping[str, Any]) -> tuple[date, date]:
    ends = typed.get("valid_to")
    return date.fromisoformat(typed["valid_from"]), date.fromisoformat(ends) if ends else date.max


def _overlaps(names: Sequence[str], periods: list[tuple[str, date, date, str]]) -> list[str]:
    """One line for every row that begins before the one before it ended."""
    frame = pd.DataFrame(periods, columns=["owner", "start", "end", "place"], dtype=object).sort_values(["owner", "start"], kind="stable")
    before = frame.groupby("owner", sort=False)[["end", "place"]].shift()
    pairs = frame.assign(end_before=before["end"], place_before=before["place"]).dropna(subset=["end_before"])
    return [
        f"{_both(row.place_before, row.place)}: two rows of one {', '.join(names)} are valid on {row.start}; "
        "end the earlier one with valid_to on the day the later one begins"
        for row in pairs[pairs["start"] < pairs["end_before"]].itertuples()
    ]


def _both(one: str, other: str) -> str:
    rows = [place.removeprefix("row ") for place in (one, other)]
    return f"rows {rows[0]} and {rows[1]}" if rows[0].isdigit() and rows[1].isdigit() else f"{one} and {other}"


def _refusal(file: str, contract: StreamContract, errors: Sequence[str]) -> str:
    tail = f"Nothing was imported; what {contract.vendor}/{contract.stream} said before stays in force"
    if len(errors) == 1:
        return f"{file}, {errors[0]}. {tail}"
    which = f", of which the first {MOST_ERRORS} are" if len(errors) > MOST_ERRORS else ""
    return "\n  ".join([f"{file}: {len(errors)} errors{which}:", *errors[:MOST_ERRORS], tail])
