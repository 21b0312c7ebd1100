"""Cursor's client against the sandbox: passing faults leave no trace, and what is read is what the ledger holds, to the last digit."""

import json
import tomllib
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from spend_assets.answers import Window
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.faults import REQUEST_FAULTS
from spend_assets.sandbox.http_server import HttpServer
from spend_assets.sandbox.world import World
from spend_assets.settings import Limits, parse_settings
from spend_assets.vendors.cursor import Cursor, events

END = date(2026, 10, 31)
DAYS = 20
SPAN = Window(END - timedelta(days=DAYS - 1), END + timedelta(days=1))


def fetch_everything(faults, tmp_path):
    """(answers by stream and first day, kinds of faults that were served, the server)."""
    world = World(SandboxConfig(people=60, days=DAYS, seed=11, end=END, faults=faults))
    server = CursorServer(world)
    http = HttpServer(server.handle, 0, 0.0)
    http.start()
    answers = {}
    try:
        document = tomllib.loads(f"[platform]\nstart_date = {world.config.start}\n{server.settings(http.base_url)}")
        source = parse_settings(document, home=tmp_path).sources.cursor[0]
        client = Cursor(source, Limits(), now=world.clock.now, env=server.tokens, sleep=lambda seconds: None)
        for stream in client.streams:
            windows = [Window.of_day(day) for day in SPAN.days()] if stream == "usage_events" else [SPAN]
            for window in windows:
                records: list[bytes] = []
                outcome = client.fetch(stream, window, records.append)
                answers[stream, window.start] = (outcome.kind, outcome.complete, outcome.detail, sorted(records))
        assert all(probe.works for probe in client.probe())
        client.close()
    finally:
        http.stop()
    return answers, {fault.kind for fault in world.faults.key()} & set(REQUEST_FAULTS), server


def test_passing_faults_leave_no_trace(tmp_path):
    calm, none, _ = fetch_everything({}, tmp_path)
    stormy, served, _ = fetch_everything({**dict.fromkeys(REQUEST_FAULTS, 0.04), "shifted_page": 0.0}, tmp_path)
    assert none == set()
    assert served >= {"server_error", "reset_body", "secondary_limit_seconds"}, sorted(served)
    assert stormy == calm
    assert all((kind, complete) == ("data", True) for kind, complete, _, _ in calm.values())
    streams = {stream for (stream, _), answer in calm.items() if answer[3]}
    assert streams == {"members", "daily_usage", "spend", "usage_events", "groups", "ai_code_commits", "audit_logs"}


def test_a_shift_is_mended_or_marked_and_never_silent(tmp_path, monkeypatch):
    """Each shift shows one call twice and hides another one, so that the count is right; it may come again while it is read again."""
    monkeypatch.setattr(events, "PAGE_SIZE", 30)  # several pages a day
    calm, _, _ = fetch_everything({}, tmp_path)
    shifting, _, server = fetch_everything({"shifted_page": 0.2}, tmp_path)
    shifts = [fault for fault in server.world.faults.key() if fault.kind == "shifted_page"]
    days = {fault.stream.rpartition(" ")[2] for fault in shifts}
    marked = {key for key, answer in shifting.items() if not answer[1]}
    assert {key: answer for key, answer in shifting.items() if key not in marked} == {
        key: answer for key, answer in calm.items() if key not in marked
    }
    assert len(days) > len(marked), "most are mended"
    assert all(shifting[key][2] for key in marked), "each says why"


@pytest.mark.parametrize("seed_faults", [{}, {"late_day": 0.5, "straggler": 0.05, "restated_day": 0.5}])
def test_what_is_read_is_the_ledger(tmp_path, seed_faults):
    """The charge of every call of a day, as the client hands it on, is that of the ledger at that instant."""
    answers, _, server = fetch_everything(seed_faults, tmp_path)
    now = server.clock.now()
    found, expected = defaultdict(Decimal), defaultdict(Decimal)
    for (stream, day), answer in answers.items():
        if stream == "usage_events":
            for record in answer[3]:
                cents = json.loads(record, parse_float=Decimal)["chargedCents"]
                found[day] += Decimal(cents).quantize(Decimal("1e-12"))
            for call in server.usage.day(day, now):
                expected[day] += Decimal(call.charged).scaleb(-10)
    assert found == expected
    assert sum(found.values()) > 1000
