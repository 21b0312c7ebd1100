"""From the vendors' answers to a channel's server: the right alert, on the right day, in the right channel, once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spend_assets.alerts.watch import watch
from spend_assets.sandbox.agent_workflows import SWAPPED, swap_day
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.run import SandboxConfig
from spend_assets.sandbox.stories import CENTS, LAUNCH, LEAVER, LOOP, OUTAGE, TWICE
from tests.integration.lab import Lab, open_lab
from tests.vendors.server import Reply, ScriptedServer

END = date(2026, 11, 7)
D = swap_day(END)
"""The day on which it all goes wrong, a Monday: each story, and the swap of a model that every sandbox has. What was told wrongly is mended
three days later."""
CHANNELS = ("platform", "data", "agents")


@dataclass
class Office:
    """A lab whose alerts go to channels on loopback."""

    lab: Lab
    slack: ScriptedServer
    told_until: dict[str, int] = field(default_factory=dict)

    def morning(self, day: date) -> dict[str, list[str]]:
        """The run of a day. Returns what each channel was told by it."""
        lab = self.lab
        lab.at(day)
        lab.drop_roster()
        lab.sandbox.write_company_files(lab.home / "inbox")
        lab.sandbox.write_traces(lab.home / "collector", lab.sandbox.config.start, day - timedelta(days=1))
        assert lab.ingest() == []
        assert lab.build().passed
        watch(lab.pipeline, lab.said.append)
        told = {}
        for channel in CHANNELS:
            texts = [text_of(asked.body) for asked in self.slack.asked if asked.path == f"/{channel}"]
            # Budgets are reached on days of their own.
            told[channel] = [text for text in texts[self.told_until.get(channel, 0) :] if "Budget" not in text]
            self.told_until[channel] = len(texts)
        return {channel: texts for channel, texts in told.items() if texts}


def text_of(body: bytes) -> str:
    return "\n".join(block["text"]["text"] for block in json.loads(body)["blocks"])


@contextmanager
def office(home: Path, env: pytest.MonkeyPatch, stories: dict[str, date]) -> Iterator[Office]:
    config = SandboxConfig(people=60, days=60, seed=4711, end=END, stories=stories)
    slack = ScriptedServer()
    channels: list[dict[str, Any]] = []
    for name in CHANNELS:
        slack.script[f"/{name}"] = [Reply(200, b"ok")]
        env.setenv(f"SLACK_{name.upper()}", f"{slack.url}/{name}")
        channels.append({"name": name, "kind": "slack", "url_env": f"SLACK_{name.upper()}", "private_addresses": ["127.0.0.0/8"]})
    routes = [{"kind": "unit_error", "channels": ["data"]}, {"kind": "duplicated", "channels": ["data"]}]
    routes.append({"level": "workflow", "channels": ["agents"]})
    alerts = {
        "channels": channels,
        "routes": routes,
        "default": ["platform"],
        "digest": "off",
        "mail_persons": False,
        "page_at_least_usd": 1,
    }
    try:
        with open_lab(config, home, env, traces=True, sections={"alerts": alerts}) as lab:
            yield Office(lab, slack)
    finally:
        slack.close()


def looping_workflow(lab: Lab) -> str:
    (claude,) = (vendor for vendor in lab.sandbox.vendors.values() if isinstance(vendor, AnthropicServer))
    return lab.sandbox.traces.workflow_of_key(claude.usage.looping_key()).id


def claude_of(lab: Lab, day: date) -> tuple[Decimal | None, Decimal]:
    """Consumption of the Enterprise account as the ledger has it, and in truth."""
    ((held,),) = lab.query(
        f"select sum(consumption_usd) from intermediate.int_spend where vendor = 'anthropic' and account = 'claude' and day = '{day}'"
    )
    truth = [cell.consumption_usd for cell in lab.sandbox.cells(day, day) if cell.vendor == "anthropic" and cell.account == "claude"]
    return held, sum((amount for amount in truth if amount is not None), Decimal(0))


def health_of(lab: Lab, day: date) -> tuple[Any, ...]:
    (row,) = lab.query(
        "select data_status, failed_because from marts.data_health "
        f"where vendor = 'anthropic' and stream = 'analytics_cost' and account = 'claude' and day = '{day}'"
    )
    return row


@pytest.mark.long
def test_each_story_is_told_once_where_it_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = dict.fromkeys((CENTS, OUTAGE, LOOP, LEAVER, LAUNCH), D)
    with office(tmp_path / "home", monkeypatch, stories) as there:
        lab = there.lab
        before = there.morning(D)
        first = there.morning(D + timedelta(days=1))
        assert health_of(lab, D) == ("failed", "unit_error")
        assert claude_of(lab, D)[0] is None, "without a good answer nothing is counted"
        second = there.morning(D + timedelta(days=2))
        mended = there.morning(D + timedelta(days=3))
        held, truth = claude_of(lab, D)
        assert held == truth > 0, "a good answer counts by itself"
        assert health_of(lab, D)[1] is None
        loop = looping_workflow(lab)
    everything = "\n".join(text for told in (before, first, second, mended) for texts in told.values() for text in texts)

    (unit,) = first["data"]
    assert "wrong unit: vendor anthropic" in unit
    assert D.isoformat() in unit
    outage, leaver = sorted(first["platform"], key=lambda text: "last day of work" in text)
    assert "No data arrived: vendor cursor" in outage
    assert "Use after somebody's last day of work" in leaver
    (looped,) = first["agents"]
    assert "as in a loop" in looped
    assert loop in looped
    (swapped,) = second["agents"]
    assert "another model took over" in swapped
    assert SWAPPED in swapped
    assert set(first) == {"data", "platform", "agents"}
    assert set(second) == {"agents"}, "a new model is believed on its second day"
    assert mended == {}, "what recovers is not told"
    assert not any(D.isoformat() in text for texts in before.values() for text in texts)
    assert "launch" not in everything and "surge" not in everything.lower()


@pytest.mark.long
def test_a_day_that_is_told_twice_is_held_at_its_last_good_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with office(tmp_path / "home", monkeypatch, {TWICE: D}) as there:
        lab = there.lab
        there.morning(D)
        told = there.morning(D + timedelta(days=1))
        assert health_of(lab, D) == ("failed", "duplicated")
        assert claude_of(lab, D)[0] is None
        (text,) = told["data"]
        assert D.isoformat() in text
        accepted = lab.home / "inbox" / "company" / "acme" / "report_decisions"
        accepted.mkdir(parents=True)
        (accepted / "decisions.csv").write_text(
            "decision_id,vendor,account,stream,first_day,until,reason,approved_by,decided_on\n"
            f"D-1,anthropic,claude,,{D},,looked at it with the vendor,E1,{D + timedelta(days=1)}\n"
        )
        again = there.morning(D + timedelta(days=2))
        held, truth = claude_of(lab, D)
        assert held == 2 * truth, "accepted as it was told"
        assert health_of(lab, D)[1] is None
        assert "data" not in again
