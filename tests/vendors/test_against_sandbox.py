"""The client against the sandbox's GitHub: passing faults leave no trace in what is fetched, in both scopes."""

import tomllib
from datetime import date, timedelta

import pytest

from spend_assets.answers import Window
from spend_assets.sandbox.faults import REQUEST_FAULTS
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.settings import Limits, parse_settings
from spend_assets.vendors.github import GitHubCopilot

END = date(2026, 10, 31)
DAYS = 12


def fetch_everything(scope, faults, tmp_path):
    """(answers by stream and window, the kinds of faults that were served)."""
    config = SandboxConfig(people=40, days=DAYS, seed=11, end=END, faults=faults, scope=scope)
    with Sandbox(config) as sandbox:
        source = parse_settings(tomllib.loads(sandbox.settings()), home=tmp_path).sources.github[0]
        client = GitHubCopilot(source, Limits(), now=sandbox.clock.now, env=sandbox.tokens, sleep=lambda seconds: None)
        answers = {}
        for stream in client.streams:
            for window in windows(stream):
                records: list[bytes] = []
                outcome = client.fetch(stream, window, records.append)
                answers[stream, window.start] = (outcome.kind, outcome.complete, records)
        probes = list(client.probe())
        client.close()
        assert all(probe.works is not False for probe in probes), probes
        return answers, {fault.kind for fault in sandbox.world.faults.key()} & set(REQUEST_FAULTS)


def windows(stream):
    days = [END - timedelta(days=n) for n in range(2, DAYS)]
    if stream in ("user_days", "user_teams", "ai_credit_usage"):
        return [Window.of_day(day) for day in days]
    if stream in ("ai_credit_report", "billing_report"):
        return [Window(days[-1], days[0])]
    return [Window.of_day(END + timedelta(days=1))]


@pytest.mark.parametrize("scope", ["enterprise", "org"])
def test_passing_faults_leave_no_trace(scope, tmp_path):
    calm, none = fetch_everything(scope, {}, tmp_path)
    stormy, served = fetch_everything(scope, dict.fromkeys(REQUEST_FAULTS, 0.09), tmp_path)
    assert none == set()
    assert len(served) >= 5, f"too few kinds of faults for a proof: {sorted(served)}"
    assert stormy == calm
    assert all(complete for _, complete, _ in calm.values())
    with_records = {stream for (stream, _), (_, _, records) in calm.items() if records}
    assert with_records == {stream for stream, _ in calm}
