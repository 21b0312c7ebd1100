"""Every file of SPEND_HOME searched for what a person was known by: its bytes, unpacked gzip, and the columns of Parquet and DuckDB."""

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

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
    with duckdb.connect(config={"threads": 1}) as connection:
        folders: dict[Path, list[Path]] = {}
        hits: dict[Path, int] = {}
        for path in sorted(home.rglob("*")):
            if path in left_out or path.is_symlink():
                continue
            hits[path] = len(needles.bytes.findall(path.name.encode()))
            if path.is_file():
                found.files += 1
                hits[path] += _in_file(path, needles, connection)
                if path.suffix == ".parquet":
                    folders.setdefault(path.parent, []).append(path)
        for paths in folders.values():
            for path, columns in _in_parquet(connection, paths, needles).items():
                hits[path] += columns
    for path, count in hits.items():
        if count:
            safe = needles.bytes.sub(b"(erased)", str(path.relative_to(home)).encode()).decode(errors="replace")
            found.places[safe] = found.places.get(safe, 0) + count
    return found


def _in_file(path: Path, needles: Needles, connection: duckdb.DuckDBPyConnection) -> int:
    with path.open("rb") as file:
        sqlite = file.peek(len(_SQLITE)).startswith(_SQLITE) or path.name.endswith((".db-wal", ".db-journal"))
        hits = _in_stream(file, needles.bare if sqlite else needles.bytes)
    if path.suffix == ".gz":
        try:
            with gzip.open(path, "rb") as packed:
                hits += _in_stream(packed, needles.bytes)
        except (OSError, EOFError, zlib.error):
            hits += 0  # no gzip after all: its bytes were searched as they are
    elif path.suffix == ".duckdb":
        try:
            hits += sum(_in_table(connection, table, needles) for table in _tables(connection, path))
        except duckdb.Error:
            hits += 1  # what cannot be read cannot be vouched for
        finally:
            connection.execute("detach database if exists found")
    return hits


def _in_stream(file: IO[bytes] | gzip.GzipFile, pattern: re.Pattern[bytes]) -> int:
    hits, tail = 0, b""
    while chunk := file.read(_CHUNK):
        # What ends in the overlap is counted with the next chunk, or at the end.
        window = tail + chunk
        keep = max(len(window) - _OVERLAP, 0)
        hits += sum(1 for match in pattern.finditer(window) if match.start() < keep)
        tail = window[keep:]
    return hits + sum(1 for _ in pattern.finditer(tail))


def _in_parquet(connection: duckdb.DuckDBPyConnection, paths: list[Path], needles: Needles) -> dict[Path, int]:
    """The columns that hold an identifier, by file. The files of a folder are read in one go: there are thousands of small ones."""
    source = "read_parquet($paths::varchar[], union_by_name = true, filename = '_file')"
    try:
        conditions, values = _conditions(connection, source, needles, {"paths": [str(path) for path in paths]})
        if not conditions:
            return {}
        columns = " + ".join(f"coalesce(bool_or({condition})::int, 0)" for condition in conditions)
        rows = connection.execute(f"select _file, {columns} from {source} group by _file", values).fetchall()
    except duckdb.Error:
        # One of them cannot be read, or they do not go together: each for itself, and what cannot be read cannot be vouched for.
        return {paths[0]: 1} if len(paths) == 1 else {p: n for path in paths for p, n in _in_parquet(connection, [path], needles).items()}
    return {Path(file): count for file, count in rows}


def _tables(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """The tables of a database file, as SQL to select from."""
    connection.execute("attach $path as found (read_only)", {"path": str(path)})
    rows = connection.execute("select schema_name, table_name from duckdb_tables() where database_name = 'found'").fetchall()
    return [f"found.{quoted(schema)}.{quoted(table)}" for schema, table in rows]


def _in_table(connection: duckdb.DuckDBPyConnection, table: str, needles: Needles) -> int:
    """The columns that hold an identifier."""
    conditions, values = _conditions(connection, table, needles, {})
    if not conditions:
        return 0
    found = connection.execute(f"select {', '.join(f'bool_or({condition})' for condition in conditions)} from {table}", values).fetchone()
    return sum(bool(hit) for hit in found or ())


def _conditions(
    connection: duckdb.DuckDBPyConnection, source: str, needles: Needles, values: dict[str, object]
) -> tuple[list[str], dict[str, object]]:
    """A condition per column that may name somebody, and the values that they and the source refer to."""
    columns = [(name, kind) for name, kind, *_ in connection.execute(f"describe select * from {source}", values).fetchall()]
    conditions = [condition for name, kind in columns if name != "_file" and (condition := _condition(name, kind, needles))]
    named: dict[str, object] = {
        "ids": [int(number) for number in sorted(needles.numbers)],
        "pattern": needles.text,
        "numbers": sorted(number for number in needles.numbers if len(number) >= SHORTEST_WITHIN),
    }
    text = " ".join(conditions)
    return conditions, {**values, **{name: value for name, value in named.items() if f"${name}" in text}}


def _condition(name: str, kind: str, needles: Needles) -> str:
    column = quoted(name)
    if kind in _INTEGERS:
        return f"list_contains($ids::bigint[], {column}::bigint)" if needles.numbers and name.lower().endswith("id") else ""
    if kind in ("DATE", "TIMESTAMP", "BOOLEAN", "DOUBLE") or kind.startswith("DECIMAL"):
        return ""
    # A whole cell that is one of the numbers counts too, however short.
    text = f"lower({column}::varchar)"
    return f"regexp_matches({text}, $pattern) or list_contains($numbers::varchar[], {text})"
