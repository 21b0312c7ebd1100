"""Dagster's runs in DAGSTER_HOME: deleted with their events and logs, and the bytes of what was deleted taken out of its SQLite files."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from spend_assets.runs import prepare_dagster_home


def dagster_home(home: Path) -> Path:
    return Path(os.environ.get("DAGSTER_HOME") or home / "dagster")


def delete_runs_before(home: Path, before: datetime) -> int:
    """Delete every run that ended before an instant. Returns how many went."""

    def old(_run_id: str, ended_at: float | None) -> bool:
        return ended_at is not None and ended_at < before.timestamp()

    return _delete(home, old)


def delete_runs_that_name(home: Path, names_somebody: Callable[[bytes], bool]) -> int:
    """Delete every run whose events or logs name somebody. Returns how many went."""
    folder = dagster_home(home)

    def named(run_id: str, _ended_at: float | None) -> bool:
        files = [*_events(folder, run_id), *(path for path in (folder / "storage" / run_id).rglob("*") if path.is_file())]
        return any(names_somebody(path.read_bytes()) for path in files)

    return _delete(home, named)


def _events(folder: Path, run_id: str) -> list[Path]:
    return sorted((folder / "history" / "runs").glob(f"{run_id}.db*"))


def _delete(home: Path, wanted: Callable[[str, float | None], bool]) -> int:
    folder = dagster_home(home)
    if not (folder / "dagster.yaml").exists():
        return 0  # Dagster never ran here
    prepare_dagster_home(home)
    # Imported where it is needed: it takes seconds that the other commands need not wait for.
    from dagster import DagsterInstance

    gone = 0
    with DagsterInstance.get() as instance:
        for record in instance.get_run_records():
            run_id = record.dagster_run.run_id
            if record.dagster_run.is_finished and wanted(run_id, record.end_time):
                instance.delete_run(run_id)
                gone += 1
                for path in _events(folder, run_id):
                    path.unlink()
                shutil.rmtree(folder / "storage" / run_id, ignore_errors=True)
    if gone:
        for path in sorted(folder.rglob("*.db")):
            _compact(path)
    return gone


def _compact(path: Path) -> None:
    """A deleted row's bytes stay in the file until it is written anew."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
