"""What Dagster is shown: every stream and mart with group, owner and words, one schedule, one sensor, one pool."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from spend_assets.alerts.kinds import LEVELS
from spend_assets.defs.io import RefuseIO
from spend_assets.defs.partitions import RANGE_END_TAG, RANGE_START_TAG
from spend_assets.defs.schedules import DAILY_JOB, REACH_DAYS, daily_schedule
from spend_assets.landing.contracts import load_contracts

MARTS = (
    "adoption_weekly coverage data_health dim_calendar dim_model dim_team finance_monthly metrics restatements seats seats_monthly "
    "spend_by_vendor_daily spend_daily spend_per_team_weekly spend_per_user_daily spend_per_user_weekly"
)
START = date(2026, 7, 1)


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    folder = tmp_path_factory.mktemp("definitions")
    config = folder / "spend.toml"
    config.write_text(f"[platform]\nstart_date = {START}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEND_CONFIG", str(config))
        patch.setenv("SPEND_HOME", str(folder / "home"))
        from spend_assets.definitions import defs

        yield defs


def paths(keys: set[dg.AssetKey]) -> set[str]:
    return {"/".join(key.path) for key in keys}


def test_every_stream_and_mart_of_the_design_is_an_asset(defs: dg.Definitions) -> None:
    shown = paths(defs.resolve_asset_graph().get_all_asset_keys())
    streams = {f"raw/{vendor}/{stream}" for vendor, contracts in load_contracts().items() for stream in contracts}
    ops = {"ops/fetch_log", "ops/quarantine", "ops/drift"}
    assert streams | {f"marts/{name}" for name in MARTS.split()} | ops | {"raw/platform", "published/current"} <= shown


def test_every_asset_has_a_group_an_owner_and_words_of_its_own(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    described = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        assert node.group_name and node.group_name != "default", key
        assert node.owners == ["team:data"], key
        text = (node.description or "").partition("#### Raw SQL")[0]
        assert len(text) > 20, key
        described[key] = text
        if key.path[0] == "raw" and len(key.path) == 3:
            assert "Source:" in text and "Late change:" in text, key
        if key.path[0] == "marts":
            assert re.search(r"[Oo]ne row (per|for)|[Oo]ne row", text), f"{key}: its grain"
    assert len(set(described.values())) == len(described)


def test_every_kind_of_anomaly_is_a_check_on_the_table_that_it_concerns(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    shown = {(check.asset_key.to_user_string(), check.name) for check in graph.asset_check_keys}
    wanted = {(f"marts/{place.concerns}", f"no_{kind}") for place in LEVELS.values() for kind in place.kinds}
    assert wanted <= shown
    assert {f"marts/{place.rows}" for place in LEVELS.values()} <= paths(graph.get_all_asset_keys())


def test_nothing_stands_outside_the_one_graph(defs: dg.Definitions) -> None:
    """Each mart goes back to a vendor or a seed and on to the publication."""
    graph = defs.resolve_asset_graph()
    published = dg.AssetKey(["published", "current"])
    before = dg.AssetSelection.assets(published).upstream().resolve(graph)
    shown = graph.get_all_asset_keys()
    assert paths({key for key in shown - before if key.path[0] in ("marts", "ops", "raw")}) == set()
    # The calendar is made of nothing; memory and alerts of what was published before: a cycle is no part of a graph.
    by_themselves = ("int_calendar", "int_privacy_memory", "alerts")
    roots = {key for key in shown if not graph.get(key).parent_keys}
    assert all(key.path[0] in ("raw", "seeds") or key.path[-1] in by_themselves for key in roots), paths(roots)


def test_only_dated_streams_have_days(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for vendor, contracts in load_contracts().items():
        for name, contract in contracts.items():
            partitions = graph.get(dg.AssetKey(["raw", vendor, name])).partitions_def
            assert (partitions is None) == (contract.window == "snapshot"), name
            if partitions is not None:
                assert partitions.get_first_partition_key() == START.isoformat()


def test_one_step_at_a_time_holds_the_home(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(DAILY_JOB)
    assert job.executor_def.name == "in_process"
    writers = [node.definition for node in job.graph.nodes if "every_stream_answered" not in node.name]
    assert {op.pool for op in writers} == {"home"}


def test_the_schedule_asks_for_every_day_that_may_still_change() -> None:
    tick = datetime(2026, 11, 1, 6, tzinfo=UTC)
    request = daily_schedule(START)(dg.build_schedule_context(scheduled_execution_time=tick))
    assert isinstance(request, dg.RunRequest)
    assert request.tags == {RANGE_START_TAG: (tick.date() - timedelta(days=REACH_DAYS)).isoformat(), RANGE_END_TAG: "2026-10-31"}
    assert request.run_key == "2026-11-01", "one run a day, also when a tick is repeated"
    assert max(c.refetch_days for v in load_contracts().values() for c in v.values()) == REACH_DAYS >= 31


def test_the_schedule_does_not_ask_before_the_start() -> None:
    early = daily_schedule(START)(dg.build_schedule_context(scheduled_execution_time=datetime(2026, 7, 3, 6, tzinfo=UTC)))
    assert isinstance(early, dg.RunRequest)
    assert early.tags == {RANGE_START_TAG: "2026-07-01", RANGE_END_TAG: "2026-07-02"}
    skipped = daily_schedule(START)(dg.build_schedule_context(scheduled_execution_time=datetime(2026, 7, 1, 6, tzinfo=UTC)))
    assert isinstance(skipped, dg.SkipReason)
    assert "nothing is due before 2026-07-02" in str(skipped.skip_message)


def test_a_value_that_an_asset_returns_is_refused() -> None:
    @dg.asset
    def careless() -> int:
        return 1

    with pytest.raises(dg.DagsterInvariantViolationError, match="careless returned a value; assets return MaterializeResult only"):
        dg.materialize([careless], resources={"io_manager": RefuseIO()})


def test_no_op_takes_run_config(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(DAILY_JOB)
    accepted = []
    for node in job.graph.nodes:
        try:
            dg.validate_run_config(job, {"ops": {node.name: {"config": {"base_url": "https://attacker.example"}}}})
            accepted.append(node.name)
        except dg.DagsterInvalidConfigError:
            continue
    assert accepted == []


def test_the_failure_sensor_writes_down_what_failed(tmp_path: Path) -> None:
    """`spend status` reads it."""
    from spend_assets.clock import FixedClock
    from spend_assets.defs.sensors import failed_run
    from spend_assets.pipeline import Pipeline
    from spend_assets.settings import parse_settings
    from spend_assets.status import status_lines

    @dg.op
    def broken() -> None:
        raise dg.Failure("the disk is full")

    @dg.job
    def daily() -> None:
        broken()

    settings = parse_settings({"platform": {"start_date": START}}, home=tmp_path / "home")
    pipeline = Pipeline(settings, FixedClock(datetime(2026, 11, 1, 6, tzinfo=UTC)))
    with dg.DagsterInstance.ephemeral() as instance:
        result = daily.execute_in_process(instance=instance, raise_on_error=False)
        event = next(event for event in result.all_events if event.is_run_failure)
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_run", dagster_instance=instance, dagster_run=result.dagster_run, dagster_event=event
        )
        failed_run(context.for_run_failure(), pipeline=pipeline)
    told = [line for line in status_lines(settings.home) if line.startswith("last failed run")]
    assert len(told) == 1
    assert "daily" in told[0]
    assert "Steps failed" in told[0]
