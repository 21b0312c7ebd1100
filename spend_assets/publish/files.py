"""Parquet files into one DuckDB file per audience, the same bytes every time.

Runs as a process of its own (`python -I files.py`, a plan on stdin). DuckDB leaves the unused bytes of a block as the allocator gave
them, so a file would differ from run to run and could carry scraps of other tables; allocators take the order to hand out cleared memory
only from the environment of a starting process. FSST compression is off because it picks its sample with a random seed.
Both were seen on DuckDB 2.0.0.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

STORAGE_VERSION = "v1.0.0"
"""Read by every DuckDB from 1.0 on; BI tools carry older ones than this platform."""
CLEARED_MEMORY = {
    # jemalloc inside DuckDB on Linux; glibc (the complement of 255 is zero); macOS, where a fixed pattern does as well but was not tried.
    "DUCKDB_JE_MALLOC_CONF": "zero:true",
    "MALLOC_PERTURB_": "255",
    "MallocPreScribble": "1",
}


@dataclass(frozen=True)
class TableFile:
    schema: str
    name: str
    parquet: str


@dataclass(frozen=True)
class DatabaseFile:
    path: str
    tables: tuple[TableFile, ...]


def write_databases(plan: list[DatabaseFile], spill: Path) -> None:
    """Write each database of the plan; rows keep the order of their Parquet file. Raises duckdb.IOException with its words."""
    order = json.dumps({"spill": str(spill), "files": [asdict(file) for file in plan]})
    with subprocess.Popen(
        [sys.executable, "-I", str(Path(__file__).resolve())],
        env=CLEARED_MEMORY,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdin is None or process.stderr is None:
            raise RuntimeError("no pipe to the process that writes the database files")
        process.stdin.write(order + "\n")
        process.stdin.flush()
        # stdin stays open until it is done: its end tells the child that this process was killed.
        errors = process.stderr.read()
        if process.wait():
            words = errors.strip().splitlines() or ["the writing process was killed"]
            raise duckdb.IOException(f"writing the database files failed: {words[-1]}")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def write_database(connection: duckdb.DuckDBPyConnection, file: DatabaseFile) -> None:
    connection.execute(f"ATTACH ? AS made (STORAGE_VERSION '{STORAGE_VERSION}')", [file.path])
    connection.execute("BEGIN")
    for schema in sorted({table.schema for table in file.tables}):
        connection.execute(f"CREATE SCHEMA made.{quoted(schema)}")
    for table in file.tables:
        connection.execute(
            f"CREATE TABLE made.{quoted(table.schema)}.{quoted(table.name)} AS SELECT * FROM read_parquet(?)",
            [table.parquet],
        )
    connection.execute("COMMIT")
    connection.execute("CHECKPOINT made")
    connection.execute("DETACH made")
    if Path(file.path + ".wal").exists():
        raise duckdb.IOException(f"{Path(file.path).name} kept a write-ahead log after its checkpoint")


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def main() -> None:
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.umask(0o077)
    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": "1GB", "temp_directory": order["spill"]}) as connection:
            connection.execute("SET disabled_compression_methods = 'fsst'")
            for file in order["files"]:
                write_database(connection, DatabaseFile(file["path"], tuple(TableFile(**table) for table in file["tables"])))
    except duckdb.Error as error:
        sys.stderr.write(str(error).splitlines()[0])
        sys.stderr.flush()
        # Not sys.exit: what DuckDB's bindings say of leaked objects at the end would stand after the error.
        os._exit(1)


if __name__ == "__main__":
    main()
