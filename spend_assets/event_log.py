"""Dagster's event log during a headless run: its SQLite files stay open.

A run over a range of days writes an event per asset and day, and Dagster opens, prepares and closes the file up to four times for each:
about 8 ms of CPU per event, a minute for ninety days of all vendors.
"""

import contextlib
import threading
from collections.abc import Iterator
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
    opens = storage._connect  # a method of Dagster's that is not public; its version is locked
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

    storage._connect = connect  # type: ignore[method-assign]
    try:
        yield
    finally:
        del storage._connect
        for engine in engines.values():
            engine.dispose()


def _engine(url: str) -> Any:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    with engine.connect() as connection:
        connection.exec_driver_sql("pragma synchronous = normal")  # holds for the connection, and the pool has no other
    return engine
