"""The stages of a run, each timed by the wall and by its processor seconds, with its peak of memory."""

import contextlib
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bench.memory import MemoryWatch
from spend_assets.clock import Clock
from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.pipeline import Pipeline, Stores
from spend_assets.settings import Settings


@dataclass
class Stage:
    """`processor` counts this process and the children that ended in the stage, never the sandbox. Memory in bytes."""

    name: str
    wall: float = 0.0
    processor: float = 0.0
    own: int = 0
    children: int = 0
    together: int = 0
    note: str = ""


class Stopwatch:
    """Collects stages in order. Stages of one name within a run are added up."""

    def __init__(self, ignore: frozenset[int]):
        self._ignore = ignore
        self.stages: dict[str, Stage] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time the body, its memory with it."""
        stage = self.stages.setdefault(name, Stage(name))
        with MemoryWatch(self._ignore) as watch, self._timed(stage):
            yield stage
        stage.own, stage.children = max(stage.own, watch.own), max(stage.children, watch.children)
        stage.together = max(stage.together, watch.together)

    @contextlib.contextmanager
    def within(self, outer: Stage, name: str) -> Iterator[None]:
        """Time a part of `outer` apart: what it takes is taken off `outer`."""
        part = Stage(name)
        try:
            with self._timed(part):
                yield
        finally:
            kept = self.stages.setdefault(name, Stage(name))
            kept.wall += part.wall
            kept.processor += part.processor
            outer.wall -= part.wall
            outer.processor -= part.processor

    @contextlib.contextmanager
    def _timed(self, stage: Stage) -> Iterator[None]:
        wall, processor = time.monotonic(), _processor_seconds()
        try:
            yield
        finally:
            stage.wall += time.monotonic() - wall
            stage.processor += _processor_seconds() - processor


def _processor_seconds() -> float:
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in usage)


class TimedPipeline(Pipeline):
    """The pipeline with its stores on a stopwatch. `current` is the stage whose parts are being timed."""

    def __init__(self, settings: Settings, clock: Clock, watch: Stopwatch):
        super().__init__(settings, clock)
        self.watch = watch
        self.current = Stage("")

    @contextlib.contextmanager
    def opened(self, purpose: str, say: Callable[[str], None]) -> Iterator[Stores]:
        with super().opened(purpose, say) as stores:
            yield Stores(stores.landing, _TimedRaw(self))


class _TimedRaw(RawStore):
    """Typing, comparing and compaction apart from fetching and landing."""

    def __init__(self, pipeline: TimedPipeline):
        super().__init__(pipeline.home, pipeline.contracts)
        self._pipeline = pipeline

    def _part(self, name: str) -> contextlib.AbstractContextManager[None]:
        return self._pipeline.watch.within(self._pipeline.current, f"{self._pipeline.current.name}: {name}")

    def bring_up_to_date(self, contract: StreamContract, account: str, landing: LandingStore) -> int:
        with self._part("type"):
            return super().bring_up_to_date(contract, account, landing)

    def compact(self, contract: StreamContract, account: str, today: date, say: Callable[[str], None] = lambda _: None) -> int:
        with self._part("compact"):
            return super().compact(contract, account, today, say)

    def query(self, sql: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        with self._part("compare with the 28-day report"):
            return super().query(sql, values)


def size_of(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
