"""The working database. Only the pipeline opens it, one process at a time, and it is always closed again."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
from dagster_duckdb import DuckDBResource


class Warehouse:
    """dagster-duckdb's resource inside a plain class: no run config can point it at another file (security-privacy 1),
    and the connection is closed when the body raises (DuckDBResource's own context manager leaks it then, and the file lock with it).
    """

    def __init__(self, path: Path):
        self.path = path
        self._resource = DuckDBResource(database=str(path))

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection in UTC."""
        with self._resource.get_connection() as connection, contextlib.closing(connection):
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
