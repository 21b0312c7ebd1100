"""`spend alerts ...` and `spend doctor` as a person types them."""

from datetime import timedelta
from pathlib import Path

import pytest

from spend_assets.alerts.examine import examine_alerts
from spend_assets.cli import main
from spend_assets.settings import SettingsError, parse_settings
from tests.alerts.desk import KEY, TODAY, Desk, anomaly
from tests.alerts.test_kill import toml
from tests.vendors.server import Reply

FAULT = {"level": "vendor", "entity": "anthropic\x1b[2J", "kind": "missing"}


@pytest.fixture
def typed(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk with this process's environment set to it."""
    config = tmp_path / "spend.toml"
    config.write_text(toml(desk), encoding="utf-8")
    settings = {
        "SPEND_HOME": str(desk.home),
        "SPEND_CONFIG": str(config),
        "SPEND_NOW": desk.clock.now().isoformat(),
        "SPEND_PSEUDONYM_KEY": KEY,
    }
    for name, value in {**desk.env, **settings}.items():
        monkeypatch.setenv(name, value)
    return desk


def test_an_incident_is_listed_sent_acknowledged_and_silenced(typed: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    typed.build([anomaly(**FAULT), anomaly(level="user", entity="hr:E9", kind="spike", vendor="cursor")])
    assert main(["alerts", "send"]) == 0
    assert capsys.readouterr().out == "2 new incident(s), 2 message(s) sent, 0 waiting\n"
    assert main(["alerts", "ack", "1", "--note", "OPS-12"]) == 0
    assert main(["alerts", "silence", "2", "--days", "3"]) == 0
    assert main(["alerts", "silence", "--vendor", "openai", "--until", "2026-11-01", "--note", "OPS-13"]) == 0
    capsys.readouterr()
    assert main(["alerts", "list"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "hr:E9" not in said
    assert "#1 acknowledged 2026-10-14" in said and "#2 open [silenced by 1] 2026-10-14" in said
    assert "missing: No data arrived: vendor anthropic [2J (anthropic), $412.60 more than expected" in said
    assert f"silence 1 until {TODAY + timedelta(days=3)}: level" in said and "silence 2 until 2026-11-01: vendor openai (OPS-13)" in said
    assert main(["alerts", "silence", "--remove", "2"]) == 0
    capsys.readouterr()
    assert main(["alerts", "list", "--all"]) == 0
    assert "silence 2" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["ack", "7"], "there is no incident 7"),
        (["ack", "1", "--note", "Ada's fault"], "no names"),
        (["silence"], "name what to silence"),
        (["silence", "9"], "there is no incident 9"),
        (["silence", "--vendor", "openai", "--until", "2026-10-15"], "not after today"),
        (["silence", "--remove", "4"], "there is no silence 4"),
        (["test", "--channel", "nowhere"], "there is no channel nowhere"),
    ],
)
def test_what_cannot_be_done_says_why(typed: Desk, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    typed.build([anomaly(**FAULT)])
    typed.watch()
    capsys.readouterr()
    assert main(["alerts", *arguments]) == 1
    said = capsys.readouterr()
    assert reason in said.err and said.out == ""


def test_a_test_message_goes_to_every_channel_and_leaves_no_incident(typed: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "test"]) == 0
    assert capsys.readouterr().out.splitlines() == ["platform: sent", "payments: sent", "privacy: sent", "pager: sent"]
    assert (len(typed.slack.asked), len(typed.smtp.taken), len(typed.in_hook())) == (2, 1, 1)
    assert typed.state.incidents == [] and typed.state.deliveries == []
    typed.hook.script["/hook"] = [Reply(410)]
    assert main(["alerts", "test", "--channel", "pager"]) == 1
    assert "pager: refused, status 410" in capsys.readouterr().out


def test_the_digest_can_be_read_and_sent_at_any_time(typed: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    typed.extra = {"digest": "off"}
    typed.build([anomaly(**{**FAULT, "kind": "spike", "excess_usd": 3})])
    typed.watch()
    assert main(["alerts", "digest"]) == 0
    said = capsys.readouterr().out
    assert "Noticed: #1 Spend stands out: vendor anthropic" in said and "\x1b" not in said
    typed.extra = {}
    assert typed.watch(digest_now=True).sent == 2
    assert len(typed.in_slack()) == 1 and typed.in_hook() == [], "the default channels, and the restricted ones"
    assert main(["alerts", "digest"]) == 0
    assert "nothing that the last digest did not say" in capsys.readouterr().out


def test_doctor_checks_channels_and_sends_nothing(desk: Desk) -> None:
    settings = desk.pipeline().settings.alerts
    assert [(probe.works, probe.stream) for probe in examine_alerts(settings, desk.env)] == [
        (True, "platform"),
        (True, "payments"),
        (True, "privacy"),
        (True, "pager"),
    ]
    assert desk.slack.asked == [] and desk.hook.asked == [] and desk.smtp.taken == []
    short = {**desk.env, "PAGER_SECRET": "short", "SLACK_PLATFORM_URL": ""}
    found = {probe.stream: (probe.works, probe.message) for probe in examine_alerts(settings, short)}
    assert found["pager"][0] is False and "PAGER_SECRET" in found["pager"][1]
    assert found["platform"][0] is False and "SLACK_PLATFORM_URL" in found["platform"][1]
    desk.smtp.close()
    found = {probe.stream: (probe.works, probe.message) for probe in examine_alerts(settings, desk.env)}
    assert found["privacy"] == (False, "no connection (ConnectionRefusedError)")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"default": ["nowhere"]}, "there is no channel 'nowhere'"),
        ({"channels": [{"name": "a", "kind": "slack"}]}, "needs url_env"),
        ({"channels": [{"name": "a", "kind": "slack", "url_env": "https://hooks.slack.com/x"}]}, "NAME of an environment variable"),
        ({"channels": [{"name": "a", "kind": "webhook", "url_env": "A", "secret_env": "B", "to": ["a@b.example"]}]}, "no use for to"),
        ({"channels": [{"name": "a", "kind": "mail", "to": ["a@b.example\nBcc: x@y.example"]}]}, "plain mail address"),
        ({"channels": [{"name": "a", "kind": "mail", "to": ["a@b.example"]}], "default": [], "routes": []}, "needs the section"),
    ],
)
def test_settings_that_cannot_work_are_refused(desk: Desk, change: dict[str, object], reason: str) -> None:
    document = desk.document()
    document["alerts"].update({"routes": [], "default": []}, **change)
    if reason == "needs the section":
        del document["alerts"]["mail"]
    with pytest.raises(SettingsError, match=reason):
        parse_settings(document, home=desk.home)


def test_alert_secrets_are_secrets_to_every_child_process(desk: Desk) -> None:
    assert {"SLACK_PLATFORM_URL", "PAGER_URL", "PAGER_SECRET"} <= desk.pipeline().settings.secret_names
