"""The whole platform on one screen: streams -> retention -> platform tables -> dbt -> publication, one schedule, two sensors."""

import os

import dagster as dg

from spend_assets.clock_choice import clock_for
from spend_assets.defs.alerting import after_a_build, alerts_job
from spend_assets.defs.anomaly_checks import anomaly_checks
from spend_assets.defs.assets.platform import platform_tables
from spend_assets.defs.assets.publication import publication_assets
from spend_assets.defs.assets.retention import retention_asset
from spend_assets.defs.assets.streams import stream_assets
from spend_assets.defs.console import plain_console
from spend_assets.defs.dbt import build_dbt_assets
from spend_assets.defs.io import refuse_io
from spend_assets.defs.partitions import daily_partitions
from spend_assets.defs.schedules import DAILY, daily_schedule
from spend_assets.defs.sensors import failed_run
from spend_assets.pipeline import Pipeline
from spend_assets.settings import load_settings

settings = load_settings(os.environ)
days = daily_partitions(settings.platform.start_date)
streams = stream_assets(days)
retention = retention_asset(streams)
dbt_models = build_dbt_assets()
publication, every_stream_answered = publication_assets(dbt_models)


@dg.resource(config_schema={}, description="Settings, stores and clients; takes no run config, so no run can redirect a key.")
def pipeline(_context: dg.InitResourceContext) -> Pipeline:
    return Pipeline(settings, clock_for(settings, os.environ))


defs = dg.Definitions(
    assets=[*streams, retention, platform_tables([*streams, retention]), dbt_models, publication],
    asset_checks=[every_stream_answered, anomaly_checks()],
    jobs=[DAILY, alerts_job],
    schedules=[daily_schedule(settings.platform.start_date)],
    sensors=[failed_run, after_a_build],
    resources={"pipeline": pipeline, "io_manager": refuse_io},
    loggers={"console": plain_console},
    executor=dg.in_process_executor,
)
