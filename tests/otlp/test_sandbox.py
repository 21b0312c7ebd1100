"""A week of the sandbox's telemetry, read: every call once with its own tokens, and nothing of what was said."""

from datetime import UTC, date, datetime, timedelta

from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.trace_files import CANARY, write_traces
from spend_assets.sandbox.traces import Traces
from spend_assets.sandbox.world import World
from tests.otlp.conftest import Telemetry
from tests.otlp.test_privacy import everything_below

FIRST = date(2026, 10, 5)


def test_every_call_of_a_week_is_read_once_and_nothing_said(telemetry: Telemetry) -> None:
    world = World(SandboxConfig(people=30, days=40, seed=5))
    traces = Traces(world, AnthropicServer(world).usage, DeliveryWorld(world))
    for offset in range(6):
        day = FIRST + timedelta(days=offset)
        telemetry.clock.instant = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1)
        telemetry.reopen()
        write_traces(traces, telemetry.folder, day, day)
        assert telemetry.collect().failures == []
    days = [FIRST + timedelta(days=offset) for offset in range(5)]
    expected = sorted(
        (session.emitter, day, call.model.name, call.tokens.read, call.tokens.output)
        for day in days
        for session in traces.sessions(day)
        if session.told
        for call in session.calls
    )
    told = telemetry.rows("model_calls", "emitter, _day, model, cache_read_tokens, output_tokens, call_key")
    # A log and a span of one call have one key.
    assert sorted({row[5]: row[:5] for row in told if row[1] in days}.values()) == expected
    assert len(told) > len({row[5] for row in told})
    assert {len(stream.quarantine) for stream in telemetry.raw.reports("otlp", "model_calls", "agents").values()} == {0}
    assert CANARY.encode() not in everything_below(telemetry.path)
