"""Every file of SPEND_HOME searched for what a person was known by: its bytes, unpacked gzip, and the columns of Parquet and DuckDB."""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import duckdb

from spend_assets.landing.screen import EMAIL, SHORTEST_WITHIN
from spend_assets.people.directory import Identifier
from spend_assets.publish.files import quoted
from spend_assets.publish.privacy import PLATFORM_WORDS

_CHUNK, _OVERLAP = 2**20, 2**10
_SQLITE = b"SQLite format 3\0"
_LONG_NUMBER = 6
"""A shorter number stands in texts for all kinds of things."""
_INTEGERS = ("BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "SMALLINT")


@dataclass
class Found:
    """`places`: files that still name the person, with the count of their hits or columns. `skipped`: identifiers too short or too common
    to be searched for."""

    files: int = 0
    skipped: int = 0
    places: dict[str, int] = field(default_factory=dict)


class Needles:
    """The identifiers as one pattern that both Python and DuckDB read, and the numbers among them."""

    def __init__(self, identifiers: Iterable[Identifier]):
        words, self.numbers, self.skipped = set(), set(), 0
        for identifier in identifiers:
            value = identifier.value.casefold()
            if len(value) < SHORTEST_WITHIN or value in PLATFORM_WORDS:
                self.skipped += 1
            elif identifier.space == EMAIL:
                local, _, domain = value.rpartition("@")
                words.add(rf"{re.escape(local)}(\+[^@\s]{{0,64}})?@{re.escape(domain)}")
            elif value.isdigit():
                self.numbers.add(value)
            else:
                words.add(re.escape(value))
        long_numbers = {number for number in self.numbers if len(number) >= _LONG_NUMBER}
        self.skipped += len(self.numbers - long_numbers)
        parts = [rf"(^|[^a-z0-9_.@+-])({'|'.join(sorted(words))})($|[^a-z0-9_@+-])"] if words else []
        parts += [rf"(^|[^a-z0-9_.-])({'|'.join(sorted(long_numbers))})($|[^a-z0-9_.-]|\.($|[^0-9]))"] if long_numbers else []
        self.text = "|".join(parts) or "(^a^)"
        self.bytes = re.compile(self.text.encode(), re.IGNORECASE)
        # Beside a value in a binary file stand lengths and types, which may look like letters.
        self.bare = re.compile("|".join(sorted(words | long_numbers)).encode() or b"(^a^)", re.IGNORECASE)


def search(home: Path, identifiers: Iterable[Identifier], skip: Iterable[Path] = ()) -> Found:
    """Look into every file below `home` but those to skip. Links are not followed."""
    needles = Needles(identifiers)
    found = Found(skipped=needles.skipped)
    left_out = set(skip)
    for path in sorted(home.rglob("*")):
        if path in left_out or path.is_symlink():
            continue
        name = str(path.relative_to(home))
        hits = len(needles.bytes.findall(path.name.encode()))
        if path.is_file():
            found.files += 1
            hits += _in_file(path, needles)
        if hits:
            safe = needles.bytes.sub(b"(erased)", name.encode()).decode(errors="replace")
            found.places[safe] = found.places.get(safe, 0) + hits
    return found


def _in_file(path: Path, needles: Needles) -> int:
    with path.open("rb") as file:
        sqlite = file.peek(len(_SQLITE)).startswith(_SQLITE) or path.name.endswith((".db-wal", ".db-journal"))
        hits = _in_stream(file, needles.bare if sqlite else needles.bytes)
    if path.suffix == ".gz":
        try:
            with gzip.open(path, "rb") as packed:
                hits += _in_stream(packed, needles.bytes)  # type: ignore[arg-type]
        except (OSError, EOFError, zlib.error):
            hits += 0  # no gzip after all: its bytes were searched as they are
    elif path.suffix == ".parquet":
        hits += _in_tables(path, needles, parquet=True)
    elif path.suffix == ".duckdb":
        hits += _in_tables(path, needles, parquet=False)
    return hits


def _in_stream(file: BinaryIO, pattern: re.Pattern[bytes]) -> int:
    hits, tail = 0, b""
    while chunk := file.read(_CHUNK):
        # What ends in the overlap is counted with the next chunk, or at the end.
        window = tail + chunk
        keep = max(len(window) - _OVERLAP, 0)
        hits += sum(1 for match in pattern.finditer(window) if match.start() < keep)
        tail = window[keep:]
    return hits + sum(1 for _ in pattern.finditer(tail))


def _in_tables(path: Path, needles: Needles, *, parquet: bool) -> int:
    try:
        with duckdb.connect(config={"threads": 1}) as connection:
            if parquet:
                return sum(1 for source, name, kind in _parquet_columns(connection, path) if _hit(connection, source, name, kind, needles))
            connection.execute("attach ? as found (read_only)", [str(path)])
            return sum(1 for source, name, kind in _table_columns(connection) if _hit(connection, source, name, kind, needles))
    except duckdb.Error:
        return 1  # what cannot be read cannot be vouched for


def _parquet_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[tuple[str, str, str]]:
    source = "read_parquet('" + str(path).replace("'", "''") + "')"
    for name, kind, *_ in connection.execute(f"describe select * from {source}").fetchall():
        yield source, name, kind


def _table_columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    rows = connection.execute(
        """select schema_name, table_name, column_name, data_type from duckdb_columns()
        where database_name = 'found' and (schema_name, table_name) in (
            select schema_name, table_name from duckdb_tables() where database_name = 'found')"""
    ).fetchall()
    return [(f"found.{quoted(schema)}.{quoted(table)}", column, kind) for schema, table, column, kind in rows]


def _hit(connection: duckdb.DuckDBPyConnection, source: str, name: str, kind: str, needles: Needles) -> bool:
    column = quoted(name)
    if kind in _INTEGERS:
        if not (needles.numbers and name.lower().endswith("id")):
            return False
        condition, values = f"list_contains($v::bigint[], {column}::bigint)", [int(number) for number in sorted(needles.numbers)]
        return connection.execute(f"select 1 from {source} where {condition} limit 1", {"v": values}).fetchone() is not None
    if kind in ("DATE", "TIMESTAMP", "BOOLEAN", "DOUBLE") or kind.startswith("DECIMAL"):
        return False
    # A whole cell that is one of the numbers counts too, however short.
    text = f"lower({column}::varchar)"
    condition = f"regexp_matches({text}, $pattern) or list_contains($numbers::varchar[], {text})"
    values_of = {"pattern": needles.text, "numbers": sorted(n for n in needles.numbers if len(n) >= SHORTEST_WITHIN)}
    return connection.execute(f"select 1 from {source} where {condition} limit 1", values_of).fetchone() is not None
