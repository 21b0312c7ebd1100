"""A search that finds a person wherever bytes may hide one, and nobody else."""

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from spend_assets.people.directory import Identifier
from spend_assets.people.search import search

Put = Callable[[Path, str], None]
ADA = [
    Identifier("email", "ada@acme.example"),
    Identifier("login", "ada-l"),
    Identifier("id:github", "47110815"),
    Identifier("id:anthropic", "user_01ABC"),
]


def _text(path: Path, value: str) -> None:
    (path / "notes.txt").write_text(f"seen: {value}\n")


def _middle_of_a_large_file(path: Path, value: str) -> None:
    (path / "large.log").write_bytes(b"x " * (2**19 - 6) + value.encode() + b" y" * 2**19)


def _gzip(path: Path, value: str) -> None:
    (path / "records.jsonl.gz").write_bytes(gzip.compress(f'{{"a": "{value}"}}'.encode() * 50))


def _parquet(path: Path, value: str) -> None:
    source = duckdb.sql("select range as n, 'x' as t from range(5000) union all select 1, $v", params={"v": value})
    source.write_parquet(str(path / "rows.parquet"), compression="zstd")


def _nested_parquet(path: Path, value: str) -> None:
    duckdb.sql("select [{'login': $v, 'n': 1}] as people", params={"v": value}).write_parquet(
        str(path / "rows.parquet"), compression="zstd"
    )


def _duckdb(path: Path, value: str) -> None:
    with duckdb.connect(str(path / "made.duckdb")) as connection:
        connection.execute(
            "create table t as select range as n, case when range = 77 then $1 else 'x' end as v from range(200000)", [value]
        )


def _sqlite(path: Path, value: str) -> None:
    with closing(sqlite3.connect(path / "runs.db")) as connection:
        connection.execute("create table t (v text)")
        connection.execute("insert into t values (?)", [value])
        connection.commit()


def _name(path: Path, value: str) -> None:
    (path / f"{value}.csv").write_text("")


@pytest.mark.parametrize("value", ["ada@acme.example", "ADA+cursor@Acme.Example", "Ada-L", "47110815", "user_01abc"])
@pytest.mark.parametrize("put", [_text, _middle_of_a_large_file, _gzip, _parquet, _nested_parquet, _duckdb, _sqlite, _name])
def test_found(tmp_path: Path, put: Put, value: str) -> None:
    put(tmp_path, value)
    found = search(tmp_path, ADA)
    assert len(found.places) == 1 and found.files == 1
    assert value.casefold() not in str(found.places).casefold(), "the place does not name them either"


@pytest.mark.parametrize("kind", ["bigint", "integer", "struct"])
def test_a_numeric_id_is_found_in_columns_of_ids(tmp_path: Path, kind: str) -> None:
    column = "{'id': 47110815}" if kind == "struct" else f"47110815::{kind}"
    duckdb.sql(f"select {column} as user_id").write_parquet(str(tmp_path / "a.parquet"), compression="zstd")
    duckdb.sql("select 47110815::bigint as output_tokens").write_parquet(str(tmp_path / "b.parquet"), compression="zstd")
    assert list(search(tmp_path, ADA).places) == ["a.parquet"]


@pytest.mark.parametrize("value", ["canada-launch", "ada-l2", "bada-l", "dada@acme.example", "147110815", "ada"])
def test_nobody_else_is_found(tmp_path: Path, value: str) -> None:
    for put in (_text, _gzip, _parquet, _duckdb):
        put(tmp_path, value)
    assert search(tmp_path, ADA).places == {}


def test_what_is_too_short_or_a_word_of_the_platform_is_counted_and_not_searched(tmp_path: Path) -> None:
    _text(tmp_path, "al cursor 12")
    found = search(tmp_path, [Identifier("login", "al"), Identifier("login", "cursor"), Identifier("hr", "12345")])
    assert (found.places, found.skipped) == ({}, 3)


def test_a_file_that_cannot_be_read_cannot_be_vouched_for(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 cut off")
    assert search(tmp_path, ADA).places == {"broken.parquet": 1}


def test_files_may_be_left_out(tmp_path: Path) -> None:
    _text(tmp_path, "ada-l")
    assert search(tmp_path, ADA, skip=[tmp_path / "notes.txt"]).files == 0
