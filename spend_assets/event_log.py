"""Dagster's event log during a headless run: its SQLite files stay open, and what tables they have is asked once.

A run over a range of days writes an event per asset and day, and Dagster opens, prepares and closes the file up to four times for each
and looks up the log's own tables and columns twice: about 12 ms of CPU per event.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

from dagster._core.storage.event_log import EventLogStorage, SqliteEventLogStorage
from dagster._core.storage.sql import create_engine

_BUSY_SECONDS = 60


@contextlib.contextmanager
def kept_open(storage: EventLogStorage) -> Iterator[None]:
    """Until the body ends, `storage` keeps one connection per SQLite file; a storage of another kind is left as it is.

    Commits are not synced one by one: with the write-ahead log that Dagster sets, a killed run loses none, and a power cut at most the
    newest events. Only for runs that nobody watches live: Dagster's UI notices new events when a file is closed.
    """
    if not isinstance(storage, SqliteEventLogStorage):
        yield
        return
    opens = storage._connect
    engines: dict[str, Any] = {}
    lock = threading.Lock()

    @contextlib.contextmanager
    def connect(shard: str) -> Iterator[Any]:
        with lock:
            if shard not in engines:
                with opens(shard):
                    pass  # creates the file and its tables where they are missing
                engines[shard] = _engine(storage.conn_string_for_shard(shard))
            with engines[shard].begin() as connection:
                yield connection

    # Methods that are not public (Dagster's version is locked), put before those of the class.
    kept = {
        "_connect": connect,
        "has_table": functools.cache(storage.has_table),
        "_has_asset_key_col_on_connection": _asked_once(storage._has_asset_key_col_on_connection),
    }
    vars(storage).update(kept)
    try:
        yield
    finally:
        for name in kept:
            delattr(storage, name)
        for engine in engines.values():
            engine.dispose()


def _asked_once(has_column: Callable[[Any, str], bool]) -> Callable[[Any, str], bool]:
    """The same answer for each column, whichever connection asks."""
    known: dict[str, bool] = {}

    def answer(connection: Any, column: str) -> bool:
        if column not in known:
            known[column] = has_column(connection, column)
        return known[column]

    return answer


def _engine(url: str) -> Any:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    with engine.connect() as connection:
        connection.exec_driver_sql("pragma synchronous = normal")  # holds for the connection, and the pool has no other
    return engine
