"""Dropped files as records: CSV rows become JSON objects of the strings as sent, NDJSON and JSON files become their objects."""

import csv
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.notation import WRITTEN
from spend_assets.landing.records import LINE_BYTES

JSON_SUFFIXES = (".json", ".ndjson", ".jsonl")


class ImportRefused(Exception):
    """A file that was not taken. The message names file, row, column and what is expected there; nothing was landed."""


def is_json(path: Path) -> bool:
    return path.suffix.lower() in JSON_SUFFIXES


def read_header(path: Path) -> list[str]:
    """The column names of a CSV file. Raises ImportRefused where the first row is none."""
    for _, cells in _rows(path):
        header = [cell.strip() for cell in cells]
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise ImportRefused(f"{path.name}, row 1: column {twice[0]!r} appears twice; every column needs a name of its own")
        if WRITTEN in header:
            raise ImportRefused(f"{path.name}, row 1: column {WRITTEN!r} is a name of the platform's own; rename it")
        return header
    raise ImportRefused(f"{path.name} is empty; expected a header row and data rows")


def csv_rows(path: Path) -> Iterator[tuple[int, dict[str, str] | list[str]]]:
    """Line number and cells by column of every data row; a row with another number of cells than the header is a list of its strings."""
    header = read_header(path)
    rows = _rows(path)
    next(rows)
    for line, cells in rows:
        yield line, dict(zip(header, cells, strict=True)) if len(cells) == len(header) else cells


def csv_records(path: Path, front: Mapping[str, str]) -> Iterator[tuple[int, bytes]]:
    """Line number and record of every data row: an object of strings, the keys of `front` first. A list of strings is quarantined."""
    for line, row in csv_rows(path):
        yield line, msgspec.json.encode({**front, **row} if isinstance(row, dict) else row)


def delimiter_of(path: Path) -> str:
    """The one of , and ; that the header has more of."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        first = file.readline(LINE_BYTES)
    return ";" if first.count(";") > first.count(",") else ","


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter_of(path), strict=True)
            for cells in reader:
                if any(cells):
                    yield line, cells
                line = reader.line_num + 1
    except UnicodeDecodeError:
        raise ImportRefused(f"{path.name}, near row {line}: not UTF-8 text; save the file as CSV UTF-8") from None
    except csv.Error as error:
        raise ImportRefused(f"{path.name}, row {line}: not readable as CSV ({error})") from None


def json_records(path: Path, wrapped_in: str = "") -> Iterator[tuple[int, bytes]]:
    """Line (or item) number and record of an NDJSON file, a JSON array, one object, or one object with the list under `wrapped_in`."""
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip()
    try:
        whole = msgspec.json.decode(body, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        whole = None
    if isinstance(whole, dict):
        wrapped = whole.get(wrapped_in) if wrapped_in else None
        try:
            whole = msgspec.json.decode(wrapped, type=list[msgspec.Raw]) if wrapped is not None else [msgspec.Raw(body)]
        except msgspec.DecodeError:
            raise ImportRefused(f"{path.name}: {wrapped_in} is no list of records") from None
    if whole is None:
        lines = enumerate(body.splitlines(), start=1)
        yield from ((number, line) for number, line in lines if line.strip())
    else:
        yield from ((number, bytes(item)) for number, item in enumerate(whole, start=1))


def recognise(path: Path, candidates: list[StreamContract]) -> StreamContract:
    """The one stream among `candidates` that a file holds, by its columns or by the keys of its first record.

    Raises ImportRefused and names the streams that were tried.
    """
    if is_json(path):
        candidates = [contract for contract in candidates if contract.importable]
        found = [contract for contract in candidates if _needed(contract) <= _first_keys(path, contract)]
    else:
        header = set(read_header(path))
        candidates = [contract for contract in candidates if contract.from_csv]
        found = [contract for contract in candidates if header.issuperset(contract.recognised_by)]
    # A stream whose sign is a part of another's sign is there only where the other is not.
    found = [contract for contract in found if not any(_needed(contract) < _needed(other) for other in found)]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{c.vendor}/{c.stream}: {', '.join(sorted(_needed(c)))}" for c in candidates)
    raise ImportRefused(
        f"{path.name}: its columns belong to {'several streams' if found else 'no stream'}; name it with --stream. Expected one of: {known}"
    )


def _needed(contract: StreamContract) -> set[str]:
    """What a file shows of a stream: the declared sign of a CSV file, the required keys of a JSON record."""
    return set(contract.recognised_by) or {field.name for field in contract.kept if field.required}


def _first_keys(path: Path, contract: StreamContract) -> set[str]:
    for _, record in islice(json_records(path, contract.wrapped_in), 1):
        try:
            return set(msgspec.json.decode(record, type=dict[str, Any]))
        except msgspec.DecodeError:
            break
    return set()


def require_columns(path: Path, contract: StreamContract) -> None:
    """Raises ImportRefused that names the columns which the stream needs and the file lacks."""
    header = set(read_header(path))
    by_name = {contract.day_field} if contract.day_from else set()
    needed = {field.name for field in contract.fields if field.required} | set(contract.recognised_by)
    missing = [field.name for field in contract.fields if field.name in needed - header - by_name]
    if missing:
        raise ImportRefused(f"{path.name}, row 1: {contract.title} needs the columns {', '.join(missing)}, which the header does not have")
    if by_name & header:
        raise ImportRefused(f"{path.name}, row 1: column {contract.day_field!r} is taken from the file's name; take it out or rename it")
