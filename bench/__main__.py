"""`python -m bench --people 200 --days 90`: a full load and the next day's run against the sandbox, stage by stage.

The issue's proof of size is `--people 2000 --days 365`. The table goes to standard output, progress to standard error.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.memory import highest_since_start, running_children
from bench.ratios import Ratio, compaction_ratio, typing_ratio
from bench.report import facts_of_machine, print_ratios, print_sizes, print_slowest, print_stages
from bench.stages import Stage, Stopwatch, TimedPipeline
from spend_assets.answers import Window
from spend_assets.clock import FixedClock
from spend_assets.dbt_build import ensure_manifest, run_dbt
from spend_assets.home import prepare_home
from spend_assets.landing.contracts import StreamContract
from spend_assets.sandbox.run import SandboxConfig
from spend_assets.sandbox_process import Served, sandbox_process
from spend_assets.settings import parse_settings

LAST_DAY = date(2026, 10, 31)
NO_LIMIT = 10**9


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="keep the data in this new folder (default: a temporary one, removed at the end)")
    given = parser.parse_args()
    if given.home:
        given.home.mkdir(parents=True)
        measure(given.home.absolute(), given.people, given.days, given.seed)
    else:
        with tempfile.TemporaryDirectory(prefix="spend-bench-") as folder:
            measure(Path(folder), given.people, given.days, given.seed)
    return 0


def measure(home: Path, people: int, days: int, seed: int) -> None:
    """Load `days`, then run the next day alone, then one more through Dagster; print everything."""
    ensure_manifest()
    # The sandbox's world reaches two days further than the full load.
    config = SandboxConfig(people=people, days=days + 2, seed=seed, end=LAST_DAY, hourly_limit=NO_LIMIT)
    loaded, next_day, through_dagster = (_morning(LAST_DAY - timedelta(days=back)) for back in (1, 0, -1))
    clock = FixedClock(loaded)
    _say(f"sandbox: {people} people, {days} + 2 days, seed {seed}")
    with sandbox_process(config) as box:
        not_the_platform = running_children()
        os.environ.update(box.tokens)
        settings = parse_settings(tomllib.loads(box.settings), home=home)
        prepare_home(settings)
        runs: dict[str, dict[str, Stage]] = {}
        for name, morning in (("full", loaded), ("one day", next_day)):
            clock.instant = morning
            box.set_clock(morning)
            _drop_roster(home, box)
            watch = Stopwatch(not_the_platform)
            pipeline = TimedPipeline(settings, clock, watch)
            _run(pipeline, Window(config.start, morning.date()), f"{name} run")
            runs[name] = watch.stages
            if name == "full":
                slowest = _slowest_models(home)
        dagster = Stopwatch(not_the_platform)
        box.set_clock(through_dagster)
        _drop_roster(home, box)
        with dagster.stage("spend run") as whole_run:
            _spend_run(home, box, through_dagster)
    print(f"{people} people, {days} days, seed {seed}. {facts_of_machine()}\n")
    print_stages(runs["full"], runs["one day"])
    print(f"\nMost memory that the bench's own process, which does all but dbt, ever held: {highest_since_start() / 2**20:.0f} MiB.")
    print(
        f"`spend run` of one more day, through Dagster: {whole_run.wall:.0f} s, {whole_run.processor:.0f} s of processor, "
        f"at most {whole_run.children / 2**20:.0f} MiB at once in all its processes.\n"
    )
    with pipeline.opened("bench", _quiet) as stores:
        print_sizes(home, stores.landing, pipeline.contracts)
        print_slowest(slowest)
        ratios: list[Ratio | None] = []
        for contract in (pipeline.contracts["github_copilot"][stream] for stream in ("user_days", "ai_credit_report")):
            ratios += [typing_ratio(stores.landing, contract, "acme"), compaction_ratio(stores.raw, contract, "acme")]
    print_ratios([ratio for ratio in ratios if ratio])


def _run(pipeline: TimedPipeline, span: Window, name: str) -> None:
    watch = pipeline.watch
    for contract in _streams(pipeline):
        _say(f"{name}: {contract.vendor}/{contract.stream}")
        with watch.stage(f"{contract.vendor}/{contract.stream}") as stage:
            pipeline.current = stage
            report = pipeline.ingest(contract.vendor, contract.stream, span, refetch=False, say=_quiet)
        stage.note = f"{report.records} records, {report.asked} windows"
        for failure in report.failures:
            _say(failure)
    _say(f"{name}: build and publish")
    with watch.stage("platform tables"):
        pipeline.write_platform_tables(_quiet)
    with watch.stage("dbt build") as stage, pipeline.building(_quiet) as build:
        run_dbt(["build", *pipeline.dbt_arguments(build)], build.warehouse, build.target, tests_may_fail=True)
        verdict = build.finish()
    stage.note = f"{len(verdict.checks)} checks, {sum(not check.passed for check in verdict.checks)} of them warn"
    with watch.stage("publish") as stage:
        publication = pipeline.publish(_quiet)
    stage.note = f"{sum(publication.tables.values())} rows in {len(publication.tables)} tables"


def _spend_run(home: Path, box: Served, now: datetime) -> None:
    """The command that a person or a timer gives, in processes of its own."""
    (home / "spend.toml").write_text(box.settings, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("spend")), "run"]
    places = {"SPEND_HOME": str(home), "SPEND_CONFIG": str(home / "spend.toml"), "SPEND_NOW": now.isoformat()}
    _say("one more day: spend run")
    done = subprocess.run(command, env={**os.environ, **places}, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        _say(f"spend run ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _streams(pipeline: TimedPipeline) -> Iterator[StreamContract]:
    """As in a run: the 28-day report before the user days that it may reopen."""
    streams = [contract for vendor in pipeline.contracts.values() for contract in vendor.values()]
    yield from sorted(streams, key=lambda contract: contract.stream != "user_28_days")


def _slowest_models(home: Path) -> list[tuple[str, float]]:
    results = json.loads((home / "builds" / "dbt" / "run_results.json").read_text(encoding="utf-8"))["results"]
    timed = [(str(result["unique_id"]).split(".")[2], float(result["execution_time"])) for result in results]
    return sorted(timed, key=lambda item: -item[1])[:8]


def _drop_roster(home: Path, box: Served) -> None:
    folder = home / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = home / "inbox" / "roster.csv.tmp"
    box.write_roster(str(fresh))
    shutil.move(fresh, folder / "roster.csv")


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def _quiet(_text: str) -> None:
    pass


def _say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
