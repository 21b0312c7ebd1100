"""What was published of days whose persons are no longer kept (security-privacy 26, 27): those rows stay as they were last told.

    SPEND_HOME/kept/<until>/<table>.parquet              rows of periods that begin before `until`, of tables without persons
    SPEND_HOME/kept/telemetry/<until>/<table>.parquet    the same of tables that follow from telemetry, which is kept for a shorter time

Without its persons a day cannot be judged again: one anonymous word would count as one person, and every figure be suppressed. So the
publisher takes these rows from here. They name nobody: they are copies of aggregate and finance files.
"""

import shutil
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import duckdb

from spend_assets.landing.files import TEMPORARY, sync_folder
from spend_assets.publish.audiences import PublishedTable
from spend_assets.publish.durable import sync_tree
from spend_assets.publish.files import quoted

PERIODS = ("day", "week", "month")
"""The column that says when a row is of, where a table's meta names no other under `period`."""
SETTLED_DAYS = 60
"""How long after a day its figures may still move: the longest time for which a vendor's stream is asked again, and a close."""
TELEMETRY = "telemetry"
"""The shelf of tables that follow from telemetry; the other one has no name."""


def period_of(table: PublishedTable, columns: Iterable[str]) -> str | None:
    """The column of a published table that dates its rows; None for tables that hold for all times."""
    there = set(columns)
    return next((name for name in ((table.period,) if table.period else PERIODS) if name in there), None)


def kept_until(home: Path, shelf: str = "") -> date | None:
    """The first day that is still told from the warehouse; None where everything is."""
    found = sorted(path.name for path in (home / "kept" / shelf).glob("????-??-??") if path.is_dir())
    return date.fromisoformat(found[-1]) if found else None


def kept_file(home: Path, table: str) -> tuple[Path, date] | None:
    """Where rows of a table are kept, and the first day that is told from the warehouse; of two shelves the later, which has all rows."""
    found = []
    for shelf in ("", TELEMETRY):
        until = kept_until(home, shelf)
        path = home / "kept" / shelf / str(until) / f"{table}.parquet"
        if until and path.exists():
            found.append((until, path))
    return (max(found)[1], max(found)[0]) if found else None


def keep(home: Path, tables: Iterable[PublishedTable], until: date, shelf: str = "", settled_on: date | None = None) -> bool:
    """Keep what the current publication tells of periods before `until`. Returns whether that is kept now, and was settled when published.

    `settled_on` is the first day whose publication counts as settled; 60 days after `until` where it is not said. A kill leaves the
    former state or the new one; a second call does nothing.
    """
    before = kept_until(home, shelf)
    if before is not None and before >= until:
        return True
    settled_on = settled_on or until + timedelta(days=SETTLED_DAYS)
    current = home / "published" / "current" / "parquet"
    folder = home / "kept" / shelf
    (home / "kept").mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(f"{TEMPORARY}*"):
        shutil.rmtree(left)
    fresh = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder))
    settled = False
    with duckdb.connect(config={"threads": 1}) as connection:
        for table in tables:
            open_to = [audience for audience in table.audiences if audience != "restricted"]
            path = current / open_to[0] / f"{table.name}.parquet" if open_to else None
            if path is None or not path.exists():
                continue
            columns = [str(row[0]) for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]
            if (as_of := connection.execute("SELECT max(as_of) FROM read_parquet(?)", [str(path)]).fetchone()) and as_of[0]:
                settled |= as_of[0] >= settled_on
            if (period := period_of(table, columns)) is None:
                continue
            query = f"SELECT * EXCLUDE (publication_id, as_of) FROM read_parquet($path) WHERE {quoted(period)} < $until ORDER BY ALL"
            values = {"path": str(path), "until": until, "to": str(fresh / f"{table.name}.parquet")}
            connection.execute(f"COPY ({query}) TO $to (FORMAT parquet, COMPRESSION zstd)", values)
    if not settled:
        shutil.rmtree(fresh)
        return False
    sync_tree(fresh)
    fresh.rename(folder / str(until))
    sync_folder(folder)
    if before is not None:
        shutil.rmtree(folder / str(before))
    return True
