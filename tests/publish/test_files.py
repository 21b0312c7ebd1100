"""The DuckDB files: the same bytes from the same rows, whatever the memory held before."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from spend_assets.publish import files
from spend_assets.publish.files import DatabaseFile, TableFile, write_databases


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """Strings that do not compress, two tables, three files in one process: what one file left in memory must not show in the next."""
    source = tmp_path / "words.parquet"
    duckdb.execute("COPY (SELECT md5(i::VARCHAR) AS word, i AS number FROM range(20000) r(i)) TO ? (FORMAT parquet)", [str(source)])
    tables = (TableFile("marts", "first", str(source)), TableFile("marts", "second", str(source)))
    for run in ("a", "b"):
        write_databases([DatabaseFile(str(tmp_path / f"{run}{number}.duckdb"), tables) for number in range(3)], tmp_path / "spill")
    contents = {path.name: path.read_bytes() for path in tmp_path.glob("*.duckdb")}
    assert len(contents) == 6
    assert len(set(contents.values())) == 1


def test_a_failure_in_the_writing_process_is_told(tmp_path: Path) -> None:
    plan = [DatabaseFile(str(tmp_path / "x.duckdb"), (TableFile("marts", "t", str(tmp_path / "absent.parquet")),))]
    with pytest.raises(duckdb.IOException, match=r"writing the database files failed: .*absent\.parquet"):
        write_databases(plan, tmp_path / "spill")


def test_the_writing_process_ends_with_its_parent(tmp_path: Path) -> None:
    """A killed publisher must leave nobody behind who writes into a folder that the next one clears."""
    source = tmp_path / "never.parquet"
    os.mkfifo(source)
    plan = {
        "spill": str(tmp_path),
        "files": [{"path": str(tmp_path / "x.duckdb"), "tables": [{"schema": "m", "name": "t", "parquet": str(source)}]}],
    }
    with subprocess.Popen([sys.executable, "-I", files.__file__], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(plan) + "\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.stdin.close()
        assert process.wait(60) == 1
