"""The DuckDB files: the same bytes from the same rows, whatever the memory held before."""

from pathlib import Path

import duckdb
import pytest

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
