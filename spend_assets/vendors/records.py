"""Records out of bodies, byte for byte as sent: numbers are never parsed, so that no digit of an amount is lost."""

import codecs
import csv
import tempfile
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TypeVar

import msgspec

from spend_assets.answers import Sink
from spend_assets.settings import Limits
from spend_assets.vendors.bodies import SPOOL_BYTES, Body, BoundBroken, check_depth

EMPTY = (b"", b"null", b'""')
"""Bodies that say nothing; GitHub sends all three (vendors/github.md 1.10)."""


T = TypeVar("T")


def decode_leniently(content: bytes | msgspec.Raw, shape: type[T]) -> T:
    """`content` as `shape`, where a whole number may also be sent as text or with a fraction of zero. Records stay as sent.

    Raises msgspec.ValidationError for another shape, msgspec.DecodeError for what is no JSON.
    """
    return msgspec.json.decode(content, type=shape, strict=False)


class BadTable(Exception):
    """A CSV file that cannot be read as a table; the message says why, without values."""


class HeldRecords:
    """Records of several pages that are handed on together, or not at all. Use it in a `with`."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 (it lives as long as this object)
        self._bytes = 0

    def add(self, record: bytes) -> None:
        """Keep one record; BoundBroken when it nests too deep, or when all together exceed part_unpacked_bytes."""
        check_depth(record, self._limits.depth)
        line = one_line(record)
        self._bytes += len(line) + 1
        if self._bytes > self._limits.part_unpacked_bytes:
            raise BoundBroken(f"the pages together are larger than part_unpacked_bytes = {self._limits.part_unpacked_bytes} bytes")
        self._spool.write(line + b"\n")

    def clear(self) -> None:
        self._spool.seek(0)
        self._spool.truncate()
        self._bytes = 0

    def emit(self, sink: Sink) -> None:
        self._spool.seek(0)
        for line in self._spool:
            sink(line[:-1])

    def __enter__(self) -> "HeldRecords":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._spool.close()


def one_line(record: bytes) -> bytes:
    """`record` without line breaks; in JSON they can only stand between tokens."""
    return record.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in record or b"\r" in record else record


def with_keys(record: msgspec.Raw | bytes, added: Mapping[str, str | int]) -> bytes:
    """`record`, one JSON object, with keys added in front; what the vendor sent keeps its text. An added key replaces one of its name."""
    sent = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    mine = {key: msgspec.Raw(msgspec.json.encode(value)) for key, value in added.items()}
    return msgspec.json.encode({**mine, **sent, **mine})


def emit_json_lines(body: Body, sink: Sink, limits: Limits) -> None:
    """The records of an NDJSON file, or of a file that is one JSON array or object as a whole.

    A line that is no JSON is handed on as it is: it is quarantined where records are typed, and the others count.
    Raises BoundBroken for a record that nests too deep.
    """
    for record in _json_records(body):
        check_depth(record, limits.depth)
        sink(one_line(record))


def emit_csv_rows(body: Body, sink: Sink) -> int:
    """Each row as a JSON object, header name to text as sent; a row with another number of cells as a JSON array of its texts.

    Returns the number of rows. Raises BadTable for bytes that are not UTF-8, broken quotes, and a header that names a column twice.
    """
    rows = csv.reader(_text_lines(body.chunks()), strict=True)
    problem = ""
    count = 0
    try:
        header = next(rows, [])
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise BadTable(f"the header names the column {twice[0][:60]!r} twice")
        for row in rows:
            if row:
                sink(msgspec.json.encode(dict(zip(header, row, strict=True)) if len(row) == len(header) else row))
                count += 1
    except UnicodeDecodeError:
        problem = f"the text after line {rows.line_num} is not UTF-8"
    except csv.Error as error:
        problem = f"line {rows.line_num} is no CSV: {error}"
    if problem:
        raise BadTable(problem)
    return count


def _json_records(body: Body) -> Iterator[bytes]:
    lines = body.lines()
    first = next(lines, b"")
    records = _json_values(first)
    if records is None:
        # Not a line of NDJSON: one document printed over many lines, or a broken line. To find out, it is read as a whole.
        whole = _whole(body)
        records = _json_values(whole) if whole else None
        lines = body.lines() if records is None else iter(())
    yield from records or ()
    yield from lines


def _json_values(text: bytes) -> list[bytes] | None:
    """The elements of a JSON array, or the one JSON value that `text` is; None when it is no JSON."""
    if text in EMPTY:
        return []
    try:
        if text.startswith(b"["):
            return [bytes(element) for element in msgspec.json.decode(text, type=list[msgspec.Raw])]
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return [text]


def _whole(body: Body) -> bytes | None:
    try:
        return body.read().strip()
    except BoundBroken:
        return None


def _text_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    """The text of UTF-8 chunks line by line, line ends kept; a byte order mark is left out."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (line + "\n" for line in lines)
    if rest := rest + decoder.decode(b"", final=True):
        yield rest
