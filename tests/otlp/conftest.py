"""A home whose clock stands at 2026-10-11 06:00 UTC, and a folder that a collector writes into."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.ingest import StreamReport
from spend_assets.landing.otlp import Hasher, collect
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.settings import Limits


@dataclass
class Telemetry:
    path: Path
    clock: FixedClock

    def __post_init__(self) -> None:
        self.folder = self.path / "collector"
        self.folder.mkdir(parents=True)
        self.limits = Limits()
        self.hasher = Hasher(b"a key of the tests")
        self.reopen()

    def reopen(self) -> None:
        """What the next process sees: nothing but the files."""
        self.store = LandingStore(self.path / "data", self.clock)
        self.raw = RawStore(self.path / "data", {"otlp": load_contracts()["otlp"]})

    def drop(self, name: str, *lines: bytes, end: bytes = b"\n") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\n".join(lines) + end)
        return path

    def collect(self) -> StreamReport:
        """Every stream, in the order of the contracts."""
        total = StreamReport()
        for contract in self.raw.contracts["otlp"].values():
            total.add(collect(contract, "agents", self.folder, limits=self.limits, hasher=self.hasher, store=self.store, raw=self.raw))
        return total

    def rows(self, stream: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """Of the generation that counts for each day."""
        current = {day: g.generation for day, g in self.raw.current("otlp", stream, "agents").items()}
        return self.raw.query(
            f"select {columns} from read_parquet($paths::varchar[], union_by_name = true) "
            "where (_day, _generation) in (select (unnest($days::date[]), unnest($generations::varchar[]))) order by _day, _record",
            {
                "paths": self.raw.paths("otlp", stream, "agents", current),
                "days": list(current),
                "generations": list(current.values()),
            },
        )

    def files(self, folder: str) -> dict[str, bytes]:
        """Every file below landing/ or raw/, by path."""
        root = self.path / "data" / folder
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def make_telemetry(tmp_path: Path) -> Callable[[str], Telemetry]:
    return lambda name: Telemetry(tmp_path / name, FixedClock(datetime(2026, 10, 11, 6, tzinfo=UTC)))


@pytest.fixture
def telemetry(make_telemetry: Callable[[str], Telemetry]) -> Telemetry:
    return make_telemetry("home")
