"""A headless run: the daily job of Dagster, in this process, over a range of days."""

import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

DEPLOYED_INSTANCE = Path(__file__).resolve().parent.parent / "deploy" / "dagster.yaml"


@dataclass(frozen=True)
class RunResult:
    """What came of a run. `published` is True also where a stream failed: its days are marked and the rest is out."""

    run_id: str
    succeeded: bool
    published: bool
    failures: Sequence[str]


def prepare_dagster_home(home: Path) -> Path:
    """DAGSTER_HOME inside SPEND_HOME, with the instance settings of deploy/ where none are there yet."""
    folder = Path(os.environ.get("DAGSTER_HOME") or home / "dagster")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / "dagster.yaml"
    if not target.exists():
        shutil.copyfile(DEPLOYED_INSTANCE, target)
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    return folder


def run_days(home: Path, first: date, last: date, *, refetch: Sequence[str] = ()) -> RunResult:
    """Ingest what is due in the days `first` to `last` (both included), build, check, publish.

    `refetch` names streams, as vendor/stream, whose settled days are asked for again too.
    """
    prepare_dagster_home(home)
    import dagster as dg

    from spend_assets.definitions import defs
    from spend_assets.defs.assets.publication import KEY
    from spend_assets.defs.assets.streams import REFETCH_TAG
    from spend_assets.defs.partitions import range_tags
    from spend_assets.defs.schedules import DAILY_JOB
    from spend_assets.event_log import kept_open

    tags = range_tags(first, last) | ({REFETCH_TAG: ",".join(refetch)} if refetch else {})
    log = home / "builds" / "dbt.log"
    with (
        dg.DagsterInstance.get() as instance,
        kept_open(instance.event_log_storage),
        log.open("w", encoding="utf-8") as out,
        contextlib.redirect_stdout(out),
    ):
        result = defs.resolve_job_def(DAILY_JOB).execute_in_process(
            instance=instance, tags=tags, raise_on_error=False, run_config={"loggers": {"console": {}}}
        )
        published = any(event.is_step_materialization and event.asset_key == KEY for event in result.all_events)
        failures = [_reason(event) for event in result.all_events if event.is_step_failure]
    return RunResult(result.run_id, result.success, published, failures)


def _reason(event: "dg.DagsterEvent") -> str:
    """The message of a failed step without its stack trace."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return f"{event.step_key}: {error.message.strip() if error else 'failed'}"
