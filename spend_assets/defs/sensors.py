"""A failed run is written down where `spend status` and a file watcher find it."""

import dagster as dg

from spend_assets.home import note_failure
from spend_assets.pipeline import Pipeline


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING, description="Notes every failed run in builds/last_failure.json.")
def failed_run(context: dg.RunFailureSensorContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    run = context.dagster_run
    note_failure(pipeline.home, run.run_id, run.job_name, context.failure_event.message or "")
    context.log.error("run %s of job %s failed; `spend status` shows why", run.run_id, run.job_name)
