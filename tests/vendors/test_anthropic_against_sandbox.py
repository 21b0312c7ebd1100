"""Anthropic's client against the sandbox: passing faults leave no trace, and what is read is what the ledger holds."""

import json
import tomllib
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from spend_assets.answers import Window
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.faults import REQUEST_FAULTS
from spend_assets.sandbox.http_server import HttpServer
from spend_assets.sandbox.world import World
from spend_assets.settings import Limits, parse_settings
from spend_assets.vendors.anthropic import Anthropic, analytics

END = date(2026, 10, 31)
DAYS = 40
SPAN = Window(END - timedelta(days=29), END + timedelta(days=1))


def fetch_everything(faults, tmp_path, ledger="analytics_cost"):
    """(answers by account and stream, kinds of faults that were served, the server)."""
    world = World(SandboxConfig(people=60, days=DAYS, seed=11, end=END, faults=faults))
    server = AnthropicServer(world)
    http = HttpServer(server.handle, 0, 0.0)
    http.start()
    answers = {}
    try:
        document = tomllib.loads(f"[platform]\nstart_date = {world.config.start}\n{server.settings(http.base_url)}")
        for source in parse_settings(document, home=tmp_path).sources.anthropic:
            if source.kind == "console":
                source = source.model_copy(update={"ledger": ledger})
            client = Anthropic(source, Limits(), now=world.clock.now, env=server.tokens, sleep=lambda seconds: None)
            for stream in client.streams:
                single = stream in ("claude_code", "analytics_users", "analytics_summaries")
                window = Window.of_day(END - timedelta(days=4)) if single else SPAN
                records: list[bytes] = []
                outcome = client.fetch(stream, window, records.append)
                answers[source.account, stream] = (outcome.kind, outcome.complete, outcome.detail, records)
            assert all(probe.works for probe in client.probe())
            client.close()
    finally:
        http.stop()
    return answers, {fault.kind for fault in world.faults.key()} & set(REQUEST_FAULTS), server


def test_passing_faults_leave_no_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(analytics, "PAGE_ROWS", 40)  # many pages, so that cursors die
    calm, none, _ = fetch_everything({}, tmp_path)
    stormy, served, _ = fetch_everything({**dict.fromkeys(REQUEST_FAULTS, 0.04), "expired_cursor": 1.0}, tmp_path)
    assert none == set()
    assert served >= {"expired_cursor", "server_error", "reset_body", "secondary_limit_seconds"}, sorted(served)
    assert stormy == calm
    assert all((kind, complete) == ("data", True) for kind, complete, _, _ in calm.values())
    assert all(records for *_, records in calm.values())


@pytest.mark.parametrize("ledger", ["analytics_cost", "cost_report"])
def test_what_is_read_is_what_the_ledger_holds(ledger, tmp_path):
    answers, _, server = fetch_everything("none", tmp_path, ledger)
    truth = server.cells(SPAN.start, END, server.world.clock.now())
    billed, told = defaultdict(Decimal), defaultdict(Decimal)
    for cell in truth:
        billed[cell.account, cell.day.isoformat()] += (cell.billed_usd or 0) * 100
    for (account, stream), (*_, records) in answers.items():
        for record in map(json.loads, records) if stream in ("analytics_cost", "cost_report") else ():
            amount = record["cost"]["amount"] if stream == "analytics_cost" else record["amount"]
            told[account, (record.get("day") or record["starting_at"])[:10]] += Decimal(amount)
    assert told == billed
    assert len(billed) > 40


def test_the_older_report_is_the_same_money_without_people(tmp_path):
    answers, _, _ = fetch_everything("none", tmp_path, "cost_report")
    records = [json.loads(record) for record in answers["console", "cost_report"][3]]
    assert not any("actor" in record or "api_key_id" in record for record in records)
    assert {record["workspace_id"] for record in records} > {None}, "the default workspace is null there"
