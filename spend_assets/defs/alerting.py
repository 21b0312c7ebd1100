"""Alerts in Dagster: a sensor that notices a build or a waiting message, and the job that sends. Open-source Dagster is enough."""

import dagster as dg

from spend_assets.alerts.watch import needs_a_look, watch
from spend_assets.pipeline import Pipeline

ALERTS_JOB = "alerts"


@dg.op(description="Brings incidents to what the newest build shows, and sends what is due.", pool="home", config_schema={})
def look_and_tell(context: dg.OpExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    watched = watch(pipeline, say=context.log.info)
    context.add_output_metadata({"opened": watched.opened, "sent": watched.sent, "waiting": watched.waiting})


@dg.job(name=ALERTS_JOB, description="After each build: incidents, and one message for whoever can act (docs/alerts.md).")
def alerts_job() -> None:
    look_and_tell()


@dg.sensor(
    job=alerts_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts the job `alerts` when a build's verdict is new (also one that stopped publication) or a message waits.",
)
def after_a_build(context: dg.SensorEvaluationContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.RunRequest | dg.SkipReason:
    wanted = needs_a_look(pipeline.settings, pipeline.clock.now())
    if not wanted:
        return dg.SkipReason("the newest build was looked at, and no message is due")
    return dg.RunRequest(run_key=wanted)
