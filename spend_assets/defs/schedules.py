"""One daily schedule: asks for every day that may still change."""

from datetime import UTC, date, timedelta

import dagster as dg

from spend_assets.defs.partitions import range_tags
from spend_assets.landing.contracts import load_contracts

DAILY_JOB = "daily"
REACH_DAYS = max(contract.refetch_days for streams in load_contracts().values() for contract in streams.values())
"""The widest re-fetch window of all contracts: no day that may still change is left out."""

DAILY = dg.define_asset_job(DAILY_JOB, selection=dg.AssetSelection.all(), description="Ingest what is due, build, check, publish.")


def daily_schedule(start: date) -> dg.ScheduleDefinition:
    @dg.schedule(job_name=DAILY_JOB, cron_schedule="0 6 * * *", execution_timezone="UTC", default_status=dg.DefaultScheduleStatus.STOPPED)
    def every_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(UTC).date()
        last = today - timedelta(days=1)
        if last < start:
            return dg.SkipReason(f"the platform starts on {start}; nothing is due before {start + timedelta(days=1)}")
        first = max(start, today - timedelta(days=REACH_DAYS))
        return dg.RunRequest(run_key=today.isoformat(), tags=range_tags(first, last))

    return every_day
