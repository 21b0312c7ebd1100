"""A home of its own per test, with a clock that stands at 2026-10-10 06:00 UTC."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import Contracts, StreamContract, load_contracts
from spend_assets.landing.ingest import StreamReport, ingest_stream
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore

Answer = Callable[[Window], tuple[Outcome, list[bytes]]]


@dataclass
class Home:
    path: Path
    clock: FixedClock
    contracts: Contracts

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        """What the next process sees: nothing but the files."""
        self.store = LandingStore(self.path, self.clock)
        self.raw = RawStore(self.path, self.contracts)

    def contract(self, stream: str) -> StreamContract:
        return next(streams[stream] for streams in self.contracts.values() if stream in streams)

    def ingest(self, stream: str, answer: Answer, span: Window | None = None, **options: Any) -> tuple[StreamReport, list[Window]]:
        """Ingest with a vendor that answers by function; returns the report and the windows that were asked for."""
        asked: list[Window] = []

        def fetch(name: str, window: Window, sink: Sink) -> Outcome:
            assert name == stream
            asked.append(window)
            outcome, records = answer(window)
            for record in records:
                sink(record)
            return outcome

        report = ingest_stream(self.contract(stream), "acme", span, fetch, store=self.store, raw=self.raw, clock=self.clock, **options)
        return report, asked

    def rows(self, stream: str, columns: str = "*") -> list[tuple[Any, ...]]:
        pattern = str(self.path / "raw" / "github_copilot" / stream / "**" / "*.parquet")
        return self.raw.query(
            f"select {columns} from read_parquet($pattern, union_by_name = true) order by _day, _generation, _record", {"pattern": pattern}
        )

    def at(self, day: date, hour: int = 6) -> None:
        self.clock.instant = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data", FixedClock(datetime(2026, 10, 10, 6, tzinfo=UTC)), load_contracts())
