"""The client against the sandbox's OpenAI: passing faults leave no trace, and what is fetched is the truth."""

import json
import tomllib
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from spend_assets.answers import Window
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.http_server import HttpServer
from spend_assets.sandbox.openai_server import OpenAIServer
from spend_assets.sandbox.request_faults import KINDS
from spend_assets.sandbox.world import World
from spend_assets.settings import Limits, parse_settings
from spend_assets.vendors.openai import OpenAI

END = date(2026, 10, 31)
DAYS = Window(END - timedelta(days=11), END + timedelta(days=1))


def fetch_everything(faults, tmp_path):
    """(answers by stream and window, the kinds of faults that were served, truth)."""
    world = World(SandboxConfig(people=60, days=20, seed=5, end=END, faults=faults))
    vendor = OpenAIServer(world)
    http = HttpServer(vendor.handle, 0, 0.0)
    http.start()
    document = tomllib.loads(f"[platform]\nstart_date = {DAYS.start}\n{vendor.settings(http.base_url)}")
    source = parse_settings(document, home=tmp_path).sources.openai[0]
    client = OpenAI(source, Limits(), now=world.clock.now, env=vendor.tokens, sleep=lambda seconds: None)
    answers = {}
    for stream in client.streams:
        for window in [Window.of_day(day) for day in DAYS.days()] if stream == "codex_usage" else [DAYS]:
            records: list[bytes] = []
            outcome = client.fetch(stream, window, records.append)
            answers[stream, window.start] = (outcome.kind, outcome.complete, outcome.detail, records)
    probes = list(client.probe())
    assert all(probe.works for probe in probes), probes
    client.close()
    http.stop()
    return answers, {fault.kind for fault in world.faults.key()} & set(KINDS), vendor.cells(DAYS.start, END, world.clock.now())


def test_passing_faults_leave_no_trace(tmp_path):
    calm, none, _ = fetch_everything({}, tmp_path)
    stormy, served, _ = fetch_everything(dict.fromkeys(KINDS, 0.09), tmp_path)
    assert none == set()
    assert len(served) >= 5, f"too few kinds of faults for a proof: {sorted(served)}"
    assert stormy == calm
    assert {(kind, complete, detail) for kind, complete, detail, _ in calm.values()} == {("data", True, "")}
    assert {stream for (stream, _), (*_, records) in calm.items() if records} == {stream for stream, _ in calm}


def test_what_is_fetched_is_the_truth_to_the_last_unit(tmp_path):
    answers, _, cells = fetch_everything({}, tmp_path)
    billed: Counter[date] = Counter()
    for record in answers["costs", DAYS.start][3]:
        cost = json.loads(record, parse_float=Decimal)
        billed[date.fromisoformat(cost["day"])] += cost["amount"]["value"].quantize(Decimal("1e-12"))
    truth: Counter[date] = Counter()
    for cell in cells:
        truth[cell.day] += cell.billed_usd or 0
    assert billed == truth
    assert len(truth) == 12
    used = [json.loads(record) for record in answers["usage_completions", DAYS.start][3]]
    codex = [json.loads(record) for (stream, _), answer in answers.items() if stream == "codex_usage" for record in answer[3]]
    assert sum(row["output_tokens"] for row in used + codex) == sum(cell.output_tokens or 0 for cell in cells)
