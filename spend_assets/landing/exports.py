"""Exported files as records: CSV rows become JSON objects of the strings as sent, NDJSON and JSON exports become their objects."""

import csv
from collections.abc import Iterator
from pathlib import Path

import msgspec

from spend_assets.landing.contracts import StreamContract
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
        return header
    raise ImportRefused(f"{path.name} is empty; expected a header row and data rows")


def csv_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line number and record of every data row: an object of strings by column.

    A row with another number of cells than the header is a list of its strings; typing quarantines it.
    """
    header = read_header(path)
    rows = _rows(path)
    next(rows)
    for line, cells in rows:
        fits = len(cells) == len(header)
        yield line, msgspec.json.encode(dict(zip(header, cells, strict=True)) if fits else cells)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank; the delimiter is the one of , and ; that the header has more of."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(LINE_BYTES)
            file.seek(0)
            reader = csv.reader(file, delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
    except UnicodeDecodeError:
        raise ImportRefused(f"{path.name}, near row {line}: not UTF-8 text; save the file as CSV UTF-8") from None
    except csv.Error as error:
        raise ImportRefused(f"{path.name}, row {line}: not readable as CSV ({error})") from None


def json_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line (or item) number and record of an NDJSON file, a JSON array, one object, or a report wrapped as {"day_totals": [...]}."""
    body = path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip()
    try:
        whole = msgspec.json.decode(body, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        whole = None
    if isinstance(whole, dict):
        wrapped = whole.get("day_totals")
        try:
            whole = msgspec.json.decode(wrapped, type=list[msgspec.Raw]) if wrapped is not None else [msgspec.Raw(body)]
        except msgspec.DecodeError:
            raise ImportRefused(f"{path.name}: day_totals is no list of records") from None
    if whole is None:
        lines = enumerate(body.splitlines(), start=1)
        yield from ((number, line) for number, line in lines if line.strip())
    else:
        yield from ((number, bytes(item)) for number, item in enumerate(whole, start=1))


def recognise(path: Path, candidates: list[StreamContract]) -> StreamContract:
    """The one stream among `candidates` that a file holds, by its header. Raises ImportRefused and names the streams that were tried."""
    if is_json(path):
        found = [contract for contract in candidates if contract.stream == "user_days"]
    else:
        header = set(read_header(path))
        found = [contract for contract in candidates if contract.from_csv and header.issuperset(contract.recognised_by)]
    if len(found) == 1:
        return found[0]
    known = "; ".join(f"{c.vendor}/{c.stream}: {', '.join(c.recognised_by)}" for c in candidates if c.from_csv)
    raise ImportRefused(f"{path.name}: its columns belong to {'several streams' if found else 'no stream'}. Expected one of: {known}")


def require_columns(path: Path, contract: StreamContract) -> None:
    """Raises ImportRefused that names the columns which the stream needs and the file lacks."""
    header = set(read_header(path))
    needed = {field.name for field in contract.fields if field.required} | set(contract.recognised_by)
    missing = [field.name for field in contract.fields if field.name in needed - header]
    if missing:
        raise ImportRefused(f"{path.name}, row 1: {contract.title} needs the columns {', '.join(missing)}, which the header does not have")
