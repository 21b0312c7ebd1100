"""A billing cycle of the sandbox's Cursor is read again by the pipeline when it has closed, and a second run asks for nothing."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spend_assets.answers import Window
from spend_assets.pipeline import Pipeline
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.http_server import HttpServer
from spend_assets.sandbox.world import World
from spend_assets.settings import parse_settings


def test_a_closed_cycle_is_read_again_by_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(SandboxConfig(people=20, days=45, seed=3))
    server = CursorServer(world)
    _, closes = server.usage.cycle_of(datetime.combine(world.config.start + timedelta(days=10), datetime.min.time(), UTC))
    http = HttpServer(server.handle, 0, 0.0)
    http.start()
    monkeypatch.setenv("CURSOR_API_KEY", server.tokens["CURSOR_API_KEY"])
    document = tomllib.loads(f"[platform]\nstart_date = {world.config.start}\n{server.settings(http.base_url)}")
    pipeline = Pipeline(parse_settings(document, home=tmp_path / "data"), world.clock, sleep=lambda _: None)

    def asked_on(days_after_close: int) -> int:
        """How many days of events a run on that day asks for."""
        day = closes.date() + timedelta(days=days_after_close)
        world.clock.set(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=6))
        span = Window(world.config.start, day)
        pipeline.ingest("cursor", "spend", None, refetch=False, say=lambda _: None)
        report = pipeline.ingest("cursor", "usage_events", span, refetch=False, say=lambda _: None)
        assert not report.failures and not report.partial
        return report.asked

    try:
        history = (closes.date() - timedelta(days=2) - world.config.start).days
        assert asked_on(-2) == history
        assert asked_on(1) == 5, "three new days, and two that had not settled"
        assert asked_on(1) == 0
        first = max(closes.date() - timedelta(days=31), world.config.start)
        whole_cycle = (closes.date() - first).days + 1
        assert whole_cycle < asked_on(3) <= whole_cycle + 4
        assert asked_on(3) == 0
        assert asked_on(4) == 3, "a day that is new, and two that had not settled"
    finally:
        http.stop()
