"""The sandbox's telemetry: sessions add up to the vendor's ledger, and what a collector would write holds each of their calls."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.trace_files import CANARY, write_traces
from spend_assets.sandbox.traces import Session, Traces
from spend_assets.sandbox.world import World

FIRST, LAST = date(2026, 10, 5), date(2026, 10, 9)


@pytest.fixture(scope="module")
def server() -> AnthropicServer:
    return AnthropicServer(World(SandboxConfig(people=40, days=40, seed=11)))


@pytest.fixture(scope="module")
def traces(server: AnthropicServer) -> Traces:
    return Traces(server.world, server.usage, DeliveryWorld(server.world))


@pytest.fixture(scope="module")
def sessions(traces: Traces) -> list[Session]:
    return [session for offset in range(5) for session in traces.sessions(FIRST + timedelta(days=offset))]


def test_the_calls_of_whoever_tells_add_up_to_the_ledger(server: AnthropicServer, sessions: list[Session]) -> None:
    told: Counter[tuple[date, str, str, str]] = Counter()
    for session in sessions:
        for call in session.calls:
            told[session.day, session.principal, call.model.name, "tokens"] += sum(call.tokens)
            told[session.day, session.principal, call.model.name, "list"] += call.list_amount
    principals = {session.principal for session in sessions}
    used: Counter[tuple[date, str, str, str]] = Counter()
    for day in {session.day for session in sessions}:
        for account in (CONSOLE, ENTERPRISE):
            for use in server.usage.all_of(account, day):
                mine = use.product == ("claude_code" if use.actor.member else "messages_api") and use.tier == "standard"
                if use.model is not None and mine and use.actor.id in principals:
                    used[day, use.actor.id, use.model.name, "tokens"] += sum(use.tokens)
                    used[day, use.actor.id, use.model.name, "list"] += sum(cost for _, kind, _, cost in use.costs() if kind == "tokens")
    assert told == used
    assert len(principals) > 10


def test_sessions_are_for_work_that_exists_or_never_will(traces: Traces, sessions: list[Session]) -> None:
    numbers = {(c.repository.full_name, c.number, c.branch) for c in traces._delivery.changes()}
    linked = [session for session in sessions if session.change]
    assert all((session.repository, session.change.number, session.branch) in numbers for session in linked if session.change)
    assert 0.2 < len(linked) / len(sessions) < 0.9
    assert any(session.branch.startswith("try/") for session in sessions)
    assert {bool(session.workflow_id) for session in sessions if session.emitter == "genai"} == {True}
    assert all(call.at.date() == session.day for session in sessions for call in session.calls)


def read(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        body = path.read_bytes()
        for line in (gzip.decompress(body) if path.suffix == ".gz" else body).splitlines():
            yield json.loads(line)


def test_files_tell_every_call_and_some_twice(traces: Traces, sessions: list[Session], tmp_path: Path) -> None:
    # A late line of the last day comes with the day after.
    paths = write_traces(traces, tmp_path, FIRST, LAST + timedelta(days=1))
    lines = list(read(paths))
    assert {path.suffix for path in paths} == {".jsonl", ".gz"}
    text = json.dumps(lines)
    assert text.count(CANARY) > 100
    told = {word[-24:] for word in re.findall(r"(?:req|msg)_01\w{22}", text)}
    assert told >= {call.request_id[-24:] for session in sessions if session.told for call in session.calls}
    lost = {call.request_id[-24:] for session in sessions if not session.told for call in session.calls}
    assert lost and not told & lost
    signals = Counter(next(iter(line)) for line in lines)
    assert signals["resourceLogs"] > 20 and signals["resourceSpans"] > 20


def test_the_same_seed_writes_the_same_bytes(traces: Traces, tmp_path: Path) -> None:
    world = World(SandboxConfig(people=40, days=40, seed=11))
    again = Traces(world, AnthropicServer(world).usage, DeliveryWorld(world))
    one, two = write_traces(traces, tmp_path / "a", FIRST, FIRST), write_traces(again, tmp_path / "b", FIRST, FIRST)
    assert one[0].read_bytes() == two[0].read_bytes()
