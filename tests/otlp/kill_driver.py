"""Kills the reading of collector files at many instants, and checks that the next run ends with the files of an undisturbed one."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.otlp import Hasher, collect
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.settings import Limits
from tests.forks import status_of

FIXTURES = Path(__file__).parents[1] / "fixtures" / "otel"
POINTS = [
    *("landing.generation.before_write:4", "landing.generation.after_write:1", "landing.generation.after_rename:2"),
    *("landing.generation.after_rename:7", "raw.day.after_rename:5", "raw.report.after_write:6"),
    *("otlp.before_remove:1", "otlp.before_remove:3"),
]


def scenario(home: Path) -> None:
    contracts = {"otlp": load_contracts()["otlp"]}
    folder = home.with_name(f"{home.name}-collector")
    if not folder.exists():
        shutil.copytree(FIXTURES, folder, ignore=shutil.ignore_patterns("official", "README.md"))
    store = LandingStore(home, FixedClock(datetime(2026, 10, 12, 6, tzinfo=UTC)))
    raw = RawStore(home, contracts)
    for contract in contracts["otlp"].values():
        report = collect(contract, "agents", folder, limits=Limits(), hasher=Hasher(b"key"), store=store, raw=raw)
        assert report.failures == []
    assert not any(folder.iterdir())


def run(home: Path, point: str | None) -> int:
    return status_of(lambda: scenario(home), {"SPEND_CRASH_AT": point} if point else None)


def files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


if __name__ == "__main__":
    root = Path(sys.argv[1])
    assert run(root / "whole", None) == 0
    whole = files(root / "whole")
    for point in POINTS:
        home = root / point.replace(":", "-")
        if (status := run(home, point)) != 137:
            print(f"{point}: not reached, status {status}")
        elif run(home, None) != 0:
            print(f"{point}: the second run failed")
        elif files(home) != whole:
            print(f"{point}: other files: {sorted(set(files(home).items()) ^ set(whole.items()))[:2]}")
