"""`python -m bench.work --calls 1000000`: what a history of so many model calls takes to build, and its next day.

A small sandbox's telemetry is multiplied in raw: each record stands as often as it takes, under ids of its own, with a part of its tokens.
So sessions, turns, contexts and evidence grow with the calls, on the days, keys, branches and pull requests that are there. The last day is
held back, and built by itself after all others.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import tomllib
from datetime import date, timedelta
from pathlib import Path

import duckdb

from bench.memory import MemoryWatch, running_children
from bench.report import facts_of_machine
from spend_assets.answers import Window
from spend_assets.clock import FixedClock
from spend_assets.dbt_build import dbt_vars, ensure_manifest, run_dbt
from spend_assets.home import prepare_home
from spend_assets.pipeline import Pipeline
from spend_assets.sandbox.run import SandboxConfig
from spend_assets.sandbox_process import sandbox_process
from spend_assets.settings import Settings, parse_settings

LAST_DAY = date(2026, 10, 31)
STREAMS = ("model_calls", "agent_spans", "tool_calls", "approvals", "events", "contexts")
MARTS = (
    "work_records",
    "spend_per_workflow_daily",
    "delivery_weekly",
    "waste_patterns",
    "waste_evidence",
    "model_swaps",
    "savings_estimates",
)
BUILT = "+" + " +".join(MARTS)
"""The marts of work with all that they stand on."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.work", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--days", type=int, default=42)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="keep the data in this new folder (default: a temporary one, removed at the end)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spend-bench-") as folder:
        home = given.home.absolute() if given.home else Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        settings = _load(home, SandboxConfig(people=given.people, days=given.days, seed=given.seed, end=LAST_DAY, hourly_limit=10**9))
        calls, size = multiply(home / "raw", given.calls)
        print(f"{calls} model calls, {size / calls:.1f} bytes of raw a call with all that stands beside it. {facts_of_machine()}\n")
        measure(home, settings)
    return 0


def _load(home: Path, config: SandboxConfig) -> Settings:
    """Everything of the sandbox, landed and typed; nothing built."""
    ensure_manifest()
    with sandbox_process(config) as box:
        os.environ.update(box.tokens)
        document = tomllib.loads(box.settings)
        document["sources"]["otlp"] = [{"account": "agents", "path": "collector"}]
        settings = parse_settings(document, home=home)
        prepare_home(settings)
        now = config.first_now + timedelta(days=45)
        box.set_clock(now)
        box.write_traces(str(home / "collector"), config.start, config.end)
        box.write_company_files(str(home / "inbox"), None)
        roster = home / "inbox" / "hr" / "acme" / "roster"
        roster.mkdir(parents=True)
        box.write_roster(str(roster / "roster.csv"))
        pipeline = Pipeline(settings, FixedClock(now))
        for report in pipeline.ingest_all(Window(config.start, now.date()), _say):
            for failure in report.failures:
                _say(failure)
        pipeline.write_platform_tables(_say)
    return settings


def multiply(raw: Path, wanted: int) -> tuple[int, int]:
    """Make about `wanted` calls of those there are, in place. Returns the calls, and the bytes of all telemetry."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        places = {stream: sorted((raw / "otlp" / stream).glob("*/????-??/*.parquet")) for stream in STREAMS}
        (there,) = connection.execute("select count(*) from read_parquet($1)", [[str(path) for path in places["model_calls"]]]).fetchall()[
            0
        ]
        times = max(wanted // there, 1)
        for stream, paths in places.items():
            for path in paths:
                _repeat(connection, stream, path, times)
    size = sum(path.stat().st_size for paths in places.values() for path in paths)
    return there * times, size


def _repeat(connection: duckdb.DuckDBPyConnection, stream: str, path: Path, times: int) -> None:
    """`times` copies of each record. Hashes of what was said stay: one prompt may come again; all other ids are the copy's own."""
    columns = connection.execute("describe select * from read_parquet($1)", [str(path)]).fetchall()
    picked = []
    for name, kind, *_ in columns:
        own = name.endswith("_key") and kind == "BIGINT" and name not in ("prompt_key", "target_key")
        if own:
            picked.append(f'xor("{name}", cast(hash(copy) >> 1 as bigint)) as "{name}"')
        elif name in ("session_id", "workflow_run_id"):
            picked.append(f'"{name}" || \'-\' || copy as "{name}"')
        elif name.endswith("_tokens"):
            picked.append(f'cast(ceil("{name}" / {times}) as bigint) as "{name}"')
        else:
            picked.append(f'"{name}"')
    fresh = path.with_suffix(".tmp")
    order = "_day, session_key, started_at" if stream == "model_calls" else "_day, copy, _record"
    connection.execute(
        f"copy (select {', '.join(picked)} from read_parquet($from), range({times}) as copies(copy) order by {order}) "
        "to $to (format parquet, compression zstd)",
        {"from": str(path), "to": str(fresh)},
    )
    fresh.rename(path)


def measure(home: Path, settings: Settings) -> None:
    """Build all days but the last, then the last; then ask the marts."""
    generations = home / "raw" / "platform" / "generations.parquet"
    aside = home / "generations.parquet"
    shutil.copy(generations, aside)
    print("| build | seconds | highest memory of all its processes, MiB |\n|---|---|---|")
    slow: dict[str, list[tuple[str, float]]] = {}
    for name, until in (
        ("all days but one", LAST_DAY),
        ("the last day", LAST_DAY + timedelta(days=1)),
        ("nothing new", LAST_DAY + timedelta(days=1)),
    ):
        with duckdb.connect() as connection:
            connection.execute(
                "copy (select * from read_parquet($from) where vendor <> 'otlp' or day < $until) to $to (format parquet)",
                {"from": str(aside), "until": until, "to": str(generations)},
            )
        target = home / "target"
        begin = time.monotonic()
        with MemoryWatch(running_children()) as watch:
            arguments = ["build", "--exclude-resource-type", "unit_test", "--select", *BUILT.split(), "--indirect-selection", "buildable"]
            arguments += ["--vars", dbt_vars(settings, LAST_DAY + timedelta(days=46), "bench")]
            run_dbt(arguments, home / "warehouse.duckdb", target, tests_may_fail=True)
        print(f"| {name} | {time.monotonic() - begin:.0f} | {watch.children / 2**20:.0f} |", flush=True)
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        failed = [result["unique_id"] for result in results if result["status"] in ("error", "fail")]
        if failed:
            _say(f"failed: {failed}")
        timed = [(str(result["unique_id"]).split(".")[2], float(result["execution_time"])) for result in results]
        slow[name] = sorted(timed, key=lambda item: -item[1])[:16]
    for name, models in slow.items():
        print(f"\nslowest, {name}: " + ", ".join(f"{model} {seconds:.1f}" for model, seconds in models))
    print("\n| mart | rows | slowest query, ms |\n|---|---|---|")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True, config={"threads": 2}) as connection:
        for mart in MARTS:
            (rows,) = connection.execute(f"select count(*) from marts.{mart}").fetchall()[0]
            print(f"| {mart} | {rows} | {_slowest(connection, mart):.0f} |")


def _slowest(connection: duckdb.DuckDBPyConnection, mart: str) -> float:
    """The slowest of what a dashboard asks: the newest rows whole, and every figure by day or by a text that is no row's own name."""
    columns = connection.execute(f"describe marts.{mart}").fetchall()
    when = next(name for name, *_ in columns if name in ("day", "week", "month", "swapped_on"))
    figures = [f'sum("{name}")' for name, kind, *_ in columns if kind.startswith(("BIGINT", "DECIMAL"))]
    texts = [name for name, kind, *_ in columns if kind == "VARCHAR"]
    counted = ", ".join(f'approx_count_distinct("{name}") * 10 <= count(*)' for name in texts)
    named = connection.execute(f"select {counted} from marts.{mart}").fetchall()[0]
    groups = [when, *(name for name, is_group in zip(texts, named, strict=True) if is_group)]
    asked = [f'select * from marts.{mart} order by "{when}" desc limit 100']
    asked += [f'select "{group}", {", ".join(figures)} from marts.{mart} group by 1 order by 2 desc limit 100' for group in groups]
    times = []
    for query in asked:
        begin = time.perf_counter()
        connection.execute(query).fetchall()
        times.append(1000 * (time.perf_counter() - begin))
    return max(times)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
