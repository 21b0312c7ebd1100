"""`make demo`: a simulated organisation, replayed day by day, from the vendor's API to the published files."""

import json
import os
import shutil
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from spend_assets.clock import FixedClock
from spend_assets.home import HomeError, prepare_home
from spend_assets.sandbox.run import SandboxConfig
from spend_assets.sandbox_process import Served, sandbox_process
from spend_assets.settings import Settings, load_settings

LAST_DAY = date(2026, 10, 31)
GITHUB_BILLED = ("billed_usd", "seats_usd", "agent_actions_usd", "sandboxes_usd")
"""What GitHub's ledger charges: credits beyond the pool, seats, agents' Actions minutes, sandboxes."""
COLLECTOR = "collector"
"""Folder below the home that the simulated collector writes into."""
TELEMETRY_DAYS, TELEMETRY_SHARE, CALLS_TOLD = 42, 0.1, 12
"""Agents tell of their last weeks' work: all machines and a tenth of the people, in few and large calls, so that the demo stays short."""
DAILY_STEPS = 3
"""The first run loads the history; this many daily runs follow, so that late and restated days are really seen to change."""


@dataclass
class DemoState:
    """What the demo home was made from, and how far the replay came: a second demo goes on there."""

    people: int
    days: int
    seed: int
    replayed_until: str = ""

    @classmethod
    def read(cls, home: Path) -> "DemoState":
        return cls(**json.loads((home / "demo.json").read_text(encoding="utf-8")))

    def write(self, home: Path) -> None:
        fresh = home / "demo.json.tmp"
        fresh.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")
        fresh.replace(home / "demo.json")

    def config(self) -> SandboxConfig:
        return SandboxConfig(
            people=self.people,
            days=self.days,
            seed=self.seed,
            end=LAST_DAY,
            faults="default",
            truth_port=0,
            wait_scale=0.0,
            telemetry=TELEMETRY_SHARE,
            most_calls=CALLS_TOLD,
        )

    @property
    def start(self) -> date:
        return LAST_DAY - timedelta(days=self.days - 1)

    @property
    def now(self) -> datetime:
        """The instant of the last replayed run: the morning after the last simulated day."""
        return _morning(LAST_DAY + timedelta(days=1))

    def mornings(self) -> list[datetime]:
        """When the replayed runs happen: once for the history, then daily."""
        steps = min(DAILY_STEPS, self.days - 1)
        return [_morning(LAST_DAY + timedelta(days=1 - back)) for back in range(steps, -1, -1)]


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def write_demo_settings(home: Path, box: Served) -> None:
    (home / "spend.toml").write_text(
        "# Written by `make demo`; real vendors go into a spend.toml of your own (`spend init`).\n"
        + box.settings
        + f'\n[[sources.otlp]]\naccount = "agents"\npath = "{COLLECTOR}"\n',
        encoding="utf-8",
    )


def demo(home: Path, people: int, days: int, seed: int) -> int:
    started = time.monotonic()
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    state = DemoState(people, days, seed)
    if (home / "demo.json").exists():
        found = DemoState.read(home)
        if (found.people, found.days, found.seed) != (people, days, seed):
            raise HomeError(
                f"{home} holds a demo of {found.people} people, {found.days} days, seed {found.seed}; "
                "remove it with `make clean-data`, or name another folder with SPEND_HOME"
            )
        state = found
    elif (home / "landing").exists():
        raise HomeError(f"{home} holds data that no demo made; name another folder: SPEND_HOME=demo-data make demo")
    parsing = _parse_dbt_meanwhile()
    _say(f"sandbox: {people} people, {days} days, seed {seed}")
    with sandbox_process(state.config()) as box:
        write_demo_settings(home, box)
        os.environ.update(box.tokens, SPEND_HOME=str(home), SPEND_CONFIG=str(home / "spend.toml"))
        settings = load_settings(os.environ)
        prepare_home(settings)
        state.write(home)
        _replay(settings, state, box)
        os.environ["SPEND_NOW"] = state.now.isoformat()
        parsing.join()
        from spend_assets.runs import run_days

        _say("run: ingest what is due, build, check, publish")
        result = run_days(home, state.start, LAST_DAY)
        truth = _true_billed(box, state) if result.published else {}
    for failure in result.failures:
        _say(failure)
    if result.published:
        from spend_assets.demo_table import table

        print("\n".join(table(home, truth, time.monotonic() - started)))
    return 0 if result.succeeded else 1


def _true_billed(box: Served, state: DemoState) -> dict[str, Decimal]:
    """What each vendor's own ledger charges, by vendor: as the vendors would show it at the last replayed instant."""
    query = {"from": state.start.isoformat(), "to": LAST_DAY.isoformat(), "as_of": state.now.isoformat()}
    copilot = box.truth("/truth/monthly", {"as_of": state.now.isoformat()})
    billed = {"github_copilot": sum((Decimal(month[name]) for month in copilot for name in GITHUB_BILLED), Decimal(0))}
    for cell in box.truth("/truth/cells", query):
        billed[cell["vendor"]] = billed.get(cell["vendor"], Decimal(0)) + Decimal(cell["billed_usd"] or 0)
    return billed


def _parse_dbt_meanwhile() -> threading.Thread:
    """dbt's parse takes ten seconds of the other core while the replay runs."""
    from spend_assets.dbt_build import ensure_manifest

    thread = threading.Thread(target=ensure_manifest, daemon=True)
    thread.start()
    return thread


def _replay(settings: Settings, state: DemoState, box: Served) -> None:
    from spend_assets.answers import Window
    from spend_assets.pipeline import Pipeline

    clock = FixedClock(state.now)
    pipeline = Pipeline(settings, clock, sleep=_hurried)
    before: datetime | None = None
    for number, morning in enumerate(state.mornings(), start=1):
        if state.replayed_until >= morning.isoformat():
            before = morning
            continue
        clock.instant = morning
        box.set_clock(morning)
        _drop_roster(settings.home, box)
        _drop_company_files(settings.home, box, before)
        _drop_traces(settings.home, box, state, before, morning)
        before = morning
        span = Window(state.start, morning.date())
        landed = 0
        for report in pipeline.ingest_all(span, say=lambda _text: None):
            landed += report.records
            print(".", end="", file=sys.stderr, flush=True)
        _say(f" replay {number}/{len(state.mornings())}: the morning of {morning.date()}, {landed} records")
        state.replayed_until = morning.isoformat()
        state.write(settings.home)


def _hurried(seconds: float) -> None:
    """The sandbox fails hundreds of times on purpose; its clock stands still meanwhile, so nothing is gained by waiting as for a vendor."""
    time.sleep(min(seconds, 0.02))


def _drop_roster(home: Path, box: Served) -> None:
    folder = home / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = home / "inbox" / "roster.csv.tmp"
    box.write_roster(str(fresh))
    shutil.move(fresh, folder / "roster.csv")


def _drop_company_files(home: Path, box: Served, since: datetime | None) -> None:
    """Written aside and moved file by file: a demo that is killed leaves no half file where the next one imports it."""
    aside = home / "inbox-new"
    shutil.rmtree(aside, ignore_errors=True)
    box.write_company_files(str(aside), since)
    for path in sorted(path for path in aside.rglob("*") if path.is_file()):
        target = home / "inbox" / path.relative_to(aside)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(target)
    shutil.rmtree(aside, ignore_errors=True)  # nothing new makes no folder


def _drop_traces(home: Path, box: Served, state: DemoState, since: datetime | None, now: datetime) -> None:
    """What the collector wrote since the last morning, written aside and moved when it is finished."""
    first = since.date() if since else max(state.start, LAST_DAY - timedelta(days=TELEMETRY_DAYS - 1))
    aside, folder = home / "collector-new", home / COLLECTOR
    shutil.rmtree(aside, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    box.write_traces(str(aside), first, now.date() - timedelta(days=1))
    for path in sorted(aside.iterdir()):
        path.replace(folder / path.name)
    shutil.rmtree(aside)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
