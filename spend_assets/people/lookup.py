"""What every person command begins with: the home held, the warehouse open, the log checked."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb

from spend_assets.home import exclusive
from spend_assets.people.access_log import AccessLog
from spend_assets.people.directory import Directory
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.pipeline import Pipeline
from spend_assets.publish.pseudonyms import Pseudonyms, load_pseudonyms

Say = Callable[[str], None]


@dataclass(frozen=True)
class Lookup:
    connection: duckdb.DuckDBPyConnection
    directory: Directory
    log: AccessLog
    pseudonyms: Pseudonyms


@contextlib.contextmanager
def looking_up(pipeline: Pipeline, purpose: str, say: Say) -> Iterator[Lookup]:
    """Hold the home and open what a person command reads. Raises PersonCommandRefused without a warehouse or with a broken log."""
    with exclusive(pipeline.home, purpose, say):
        pseudonyms = load_pseudonyms(pipeline.settings, say)
        log = AccessLog(pipeline.home, pipeline.clock, pseudonyms)
        log.entries()
        if not pipeline.warehouse.path.exists():
            raise PersonCommandRefused("there is no warehouse, so nobody can be looked up; `spend run` makes one")
        with duckdb.connect(str(pipeline.warehouse.path), read_only=True) as connection:
            yield Lookup(connection, Directory(connection), log, pseudonyms)
