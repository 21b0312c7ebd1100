"""`spend detect`: the models of signals, run over a history in files instead of the ledger (docs/detection.md)."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb

from spend_assets.dbt_build import run_dbt

HISTORY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "usage": ("day", "vendor", "user_id", "team_id", "amount_usd", "loaded_day"),
    "users": ("user_id", "team_id", "start_day", "end_day"),
    "workflows": ("day", "workflow_id", "team_id", "model", "runs", "tasks_ok", "cost_usd"),
}
"""The columns that each file of a history must have. Days are numbers of one calendar of the history's own; money is US dollars."""

PREDICTIONS = """
    select day_number as day, level, entity, vendor, kind, score
    from intermediate.int_signals
    order by day, level, entity, vendor, kind
"""


def require_columns(name: str, path: Path) -> None:
    """Raise ValueError where a file of a history is no Parquet file or lacks a column, naming the file and the columns."""
    if not path.is_file():
        raise ValueError(f"--{name} {path}: there is no such file")
    try:
        with duckdb.connect() as connection:
            found = {str(row[0]) for row in connection.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()}
    except duckdb.Error:
        raise ValueError(f"--{name} {path}: this is no Parquet file") from None
    missing = [column for column in HISTORY_COLUMNS[name] if column not in found]
    if missing:
        raise ValueError(f"--{name} {path} lacks {', '.join(missing)}; it needs {', '.join(HISTORY_COLUMNS[name])}")


def detect(usage: Path, users: Path, workflows: Path, out: Path) -> int:
    """Judge a whole history day by day and write one row per finding: day, level, entity, vendor (`*` = any), kind, score.

    Returns how many findings there are. Raises ValueError for files that are no history, DbtError where a model fails.
    """
    history = {"usage": usage.resolve(), "users": users.resolve(), "workflows": workflows.resolve()}
    for name, path in history.items():
        require_columns(name, path)
    out = out.resolve()
    with tempfile.TemporaryDirectory(prefix="spend-detect-") as work:
        warehouse = Path(work) / "signals.duckdb"
        variables = json.dumps({"history": {name: str(path) for name, path in history.items()}})
        run_dbt(["run", "--select", "path:models/intermediate/signals", "--vars", variables], warehouse, Path(work) / "target")
        unfinished = out.with_name(f".{out.name}.{os.getpid()}")
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            written = connection.sql(PREDICTIONS)
            written.write_parquet(str(unfinished))
            (count,) = connection.execute("select count(*) from intermediate.int_signals").fetchall()[0]
        unfinished.replace(out)
    return int(count)
