"""Killed at every named instant and at random ones, then run again: the published bytes of a run that nobody disturbed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import pytest

from spend_assets import pipeline
from spend_assets.landing import crash
from spend_assets.publish import publish
from spend_assets.sandbox.run import Sandbox, SandboxConfig

pytestmark = pytest.mark.long

CONFIG = SandboxConfig(people=20, days=10, seed=77, end=date(2026, 9, 25))
NOW = datetime.combine(CONFIG.end + timedelta(days=45), time_of_day(6), UTC)
"""Late enough for settled months to be compacted."""
EVERYTHING = ("ingest", "build", "publish")
LANDING_ORDER = (
    "raw.none",
    "landing.generation",
    "landing.records",
    "raw.day",
    "raw.report",
    "landing.fetch_log",
    "raw.month",
    "inbox",
    "platform",
)
"""The areas in the order in which a run comes to them: each kill leaves the later ones still to do."""
RANDOM_KILLS = 10


@dataclass
class Bench:
    """A sandbox, a calm home and how long it took; `env` is what a run needs beside its SPEND_HOME."""

    root: Path
    env: dict[str, str]
    sandbox: Sandbox
    calm: Path
    seconds: float = 0.0

    def home(self, name: str, like: Path | None = None) -> Path:
        home = self.root / name
        if like is not None:
            shutil.copytree(like, home, symlinks=True)
            return home
        folder = home / "inbox" / "hr" / "acme" / "roster"
        folder.mkdir(parents=True)
        self.sandbox.write_roster(folder / "roster.csv")
        return home

    def start(self, home: Path, steps: tuple[str, ...], point: str | None = None) -> subprocess.Popen[str]:
        env = {**self.env, "SPEND_HOME": str(home), **({"SPEND_CRASH_AT": point} if point else {})}
        driver = [sys.executable, str(Path(__file__).with_name("crash_driver.py")), NOW.isoformat(), *steps]
        # A session of its own: a kill of the group takes dbt along, as a power cut would.
        return subprocess.Popen(driver, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def run(self, home: Path, steps: tuple[str, ...] = EVERYTHING, point: str | None = None) -> int:
        process = self.start(home, steps, point)
        said = process.communicate(timeout=300)[0]
        assert process.returncode in ((137,) if point else (0,)), f"{point}: ended with {process.returncode}\n{said[-3000:]}"
        return process.returncode

    def differences(self, home: Path) -> list[str]:
        expected, found = published(self.calm), published(home)
        return [name for name in sorted(expected.keys() | found.keys()) if expected.get(name) != found.get(name)]


def published(home: Path) -> dict[str, bytes]:
    """All that readers can reach, and what they cannot; of manifest.json all but the time at which it was published."""
    root, files = home / "published", {}
    for path in sorted(root.rglob("*")):
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b"folder"
        if path.name == "manifest.json":
            content = json.dumps({k: v for k, v in json.loads(content).items() if k != "published_at"}).encode()
        files[str(path.relative_to(root))] = content
    return files


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Iterator[Bench]:
    root = tmp_path_factory.mktemp("crash")
    with Sandbox(CONFIG) as sandbox:
        sandbox.clock.set(NOW)
        (root / "spend.toml").write_text(sandbox.settings())
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPEND_")}
        env = {
            **kept,
            **sandbox.tokens,
            "SPEND_PSEUDONYM_KEY": "k" * 40,
            "SPEND_CONFIG": str(root / "spend.toml"),
            "PYTHONPATH": str(project_root),
        }
        found = Bench(root, env, sandbox, root / "calm")
        found.home("calm")
        started = time.monotonic()
        found.run(found.calm)
        found.seconds = time.monotonic() - started
        assert len(published(found.calm)) > 20
        yield found


def test_killed_at_every_point_of_landing_one_after_the_other(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """In one home, so that the damage adds up: each run dies at the next point, and only the last one is let through."""
    home = bench.home("landing")
    points = sorted(crash.POINTS, key=lambda point: next(n for n, area in enumerate(LANDING_ORDER) if point.startswith(area)))
    assert set(points) == set(crash.POINTS)
    for point in points:
        bench.run(home, ("ingest", "tables"), point)
    bench.run(home)
    with capsys.disabled():
        print(f"\nlanding: killed at {len(points)} points")
    assert bench.differences(home) == []


@pytest.mark.parametrize("point", pipeline.POINTS)
def test_killed_around_the_build(bench: Bench, point: str) -> None:
    home = bench.home(point, like=_ingested(bench))
    bench.run(home, point=point)
    assert not (home / "published" / "current").exists()
    bench.run(home)
    assert bench.differences(home) == []


def _ingested(bench: Bench) -> Path:
    home = bench.root / "ingested"
    if not home.exists():
        bench.run(bench.home("ingested"), ("ingest",))
    return home


@pytest.mark.parametrize("point", publish.POINTS)
def test_killed_while_publishing(bench: Bench, point: str) -> None:
    built = bench.root / "built"
    if not built.exists():
        bench.run(bench.home("built", like=_ingested(bench)), ("build",))
    home = bench.home(point, like=built)
    bench.run(home, ("publish",), point)
    seen = published(home)
    if "current" in seen:
        assert {name for name in seen if name.startswith(seen["current"].decode())}, "current leads to a whole publication"
    bench.run(home, ("publish",))
    assert bench.differences(home) == []


@pytest.mark.parametrize("number", range(RANDOM_KILLS))
def test_killed_at_a_random_instant(bench: Bench, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    # One instant in each tenth of a calm run's time: import, fetching, dbt and publishing all get their share.
    instant = bench.seconds * (number + random.Random(number).random()) / RANDOM_KILLS
    killed = False
    while not killed:
        home = bench.home(f"random-{number}-{instant:.3f}")
        process = bench.start(home, EVERYTHING)
        try:
            process.wait(instant)
            instant *= 0.8  # quicker than the calm run was
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            killed = True
        process.communicate()
    with capsys.disabled():
        print(f"\nrandom instant {number}: killed after {instant:.1f} s of {bench.seconds:.1f} s")
    assert process.returncode == -signal.SIGKILL
    bench.run(home)
    assert bench.differences(home) == []
