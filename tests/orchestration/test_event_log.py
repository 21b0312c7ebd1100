"""The event log of a headless run keeps its files open and loses nothing by it."""

from pathlib import Path

import dagster as dg

from spend_assets.event_log import kept_open

DAYS = dg.DailyPartitionsDefinition(start_date="2026-07-01", end_date="2026-07-06")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def days() -> None:
    pass


def _run(home: Path, *, kept: bool) -> tuple[set[str], list[str | None]]:
    """The partitions that a fresh instance knows as materialized, and the kinds of events of the run, in order."""
    home.mkdir()
    tags = {"dagster/asset_partition_range_start": "2026-07-01", "dagster/asset_partition_range_end": "2026-07-05"}
    job = dg.Definitions(assets=[days], jobs=[dg.define_asset_job("all", [days])]).resolve_job_def("all")
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        storage = instance.event_log_storage
        if kept:
            with kept_open(storage):
                run = job.execute_in_process(instance=instance, tags=tags)
                assert instance.get_materialized_partitions(days.key)
            assert not {"_connect", "has_table", "_has_asset_key_col_on_connection"} & vars(storage).keys()
        else:
            run = job.execute_in_process(instance=instance, tags=tags)
    assert not list(home.rglob("history/runs/*-wal")), "a file is still open"
    with dg.DagsterInstance.local_temp(str(home)) as again:
        kinds = [entry.dagster_event.event_type_value if entry.dagster_event else None for entry in again.all_logs(run.run_id)]
        return again.get_materialized_partitions(days.key), kinds


def test_a_run_that_keeps_its_files_open_leaves_the_same_log(tmp_path: Path) -> None:
    kept, kinds = _run(tmp_path / "kept", kept=True)

    assert kept == set(DAYS.get_partition_keys())
    assert (kept, kinds) == _run(tmp_path / "as-dagster-does", kept=False)


def test_a_storage_of_another_kind_is_left_alone() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        before = dict(vars(instance.event_log_storage))
        with kept_open(instance.event_log_storage):
            assert vars(instance.event_log_storage) == before
