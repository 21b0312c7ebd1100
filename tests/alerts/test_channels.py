"""Each channel against a real server: what is sent, what is repeated, what is not, and what never leaves the process."""

import logging
from datetime import timedelta

import pytest

from tests.alerts.desk import SLACK, Desk, anomaly
from tests.vendors.server import Reply

VENDOR = {"level": "vendor", "entity": "anthropic", "kind": "missing", "unit": "usd"}


def test_a_slack_message_says_everything_and_goes_out_once(desk: Desk) -> None:
    desk.build([anomaly(**VENDOR)])
    assert desk.watch().sent == 1
    assert desk.watch().sent == 0
    (text,) = desk.in_slack()
    for label in ("What", "How much", "Since", "Why we think so", "Look at", "Silence it"):
        assert f"*{label}*: " in text
    assert "No data arrived: vendor anthropic" in text and "2026-10-14" in text and "spend alerts silence 1" in text
    assert "$412.60 more than expected" in text


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_receiver_that_fails_for_now_is_asked_again(desk: Desk, status: int) -> None:
    desk.slack.script[SLACK] = [Reply(status, headers={"Retry-After": "7"}), Reply(status), Reply(200, b"ok")]
    desk.build([anomaly(**VENDOR)])
    assert desk.watch().sent == 1
    assert len(desk.slack.asked) == 3
    assert desk.waits[0] == 7.0 and len(desk.waits) == 2
    assert [e.event for e in desk.state.events if e.channel] == ["queued", "sent"]


def test_a_long_wait_is_kept_for_a_later_run_which_comes_not_too_early(desk: Desk) -> None:
    desk.slack.script[SLACK] = [Reply(429, headers={"Retry-After": "3600"}), Reply(200, b"ok")]
    desk.build([anomaly(**VENDOR)])
    assert desk.watch().waiting == 1
    assert len(desk.slack.asked) == 1 and desk.waits == []
    desk.clock.instant += timedelta(minutes=59)
    assert (desk.watch().sent, len(desk.slack.asked)) == (0, 1)
    desk.clock.instant += timedelta(minutes=2)
    assert (desk.watch().sent, len(desk.slack.asked)) == (1, 2)


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410])
def test_a_receiver_that_refuses_is_not_asked_again_and_the_next_digest_says_so(desk: Desk, status: int) -> None:
    desk.slack.script[SLACK] = [Reply(status, b"no_service", {"Location": desk.hook.url + "/elsewhere"}), Reply(200, b"ok")]
    desk.build([anomaly(**VENDOR)])
    assert desk.watch().sent == 0
    assert len(desk.slack.asked) == 1 and desk.hook.asked == []
    assert [d.state for d in desk.state.deliveries] == ["failed"]
    assert any(f"status {status}" in text for text in desk.said)
    desk.morning(desk.today + timedelta(days=1))
    desk.build([anomaly(**VENDOR)])
    desk.watch()
    digest = desk.in_slack()[1]
    assert "May not have arrived" in digest and "#1 No data arrived" in digest


def test_no_secret_and_no_address_is_logged_said_or_stored(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk.slack.script[SLACK] = [Reply(500), Reply(302), Reply(200, b"ok")]
    desk.build([anomaly(**VENDOR), anomaly(**{**VENDOR, "kind": "unit_error"})])
    desk.watch()
    desk.slack.close()
    desk.morning(desk.today + timedelta(days=1))
    desk.build([anomaly(**{**VENDOR, "kind": "duplicated"})])
    desk.watch()
    assert desk.hook.asked, "the webhook was used, so its secret was"
    seen = (
        desk.everything_said()
        + caplog.text
        + "\n".join(f"{path.name} {path.read_bytes()!r}" for path in desk.home.rglob("*") if path.is_file())
    )
    for secret in ("very-secret-path", desk.env["PAGER_SECRET"], desk.hook.url.removeprefix("http://")):
        assert secret not in seen


def test_names_from_outside_command_nothing_in_slack(desk: Desk) -> None:
    desk.build([anomaly(**{**VENDOR, "entity": "<!channel> & <https://evil.example|pay>\x1b[31m\u202e\nnew line"})])
    desk.watch()
    body = desk.slack.asked[0].body.decode()
    assert "<!channel>" not in body and "<https" not in body and "\\u001b" not in body and "\u202e" not in body and "\x1b" not in body
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|pay&gt;" in body
    assert '"verbatim": true' in body and "nnew line" not in body.replace(" new line", "")


def test_a_webhook_is_signed_and_repeated_with_the_same_id_and_bytes(desk: Desk) -> None:
    desk.hook.script["/hook"] = [Reply(500), Reply(200)]
    desk.build([anomaly(**{**VENDOR, "kind": "unit_error"})])
    assert desk.watch().sent == 2
    first, second = desk.in_hook()
    assert first == second and first["event"] == "incident.opened" and first["incident"]["kind"] == "unit_error"
    assert desk.hook.asked[0].body == desk.hook.asked[1].body


def test_a_private_address_is_spoken_to_only_where_it_is_listed(desk: Desk) -> None:
    document = desk.document()
    document["alerts"]["channels"][0].pop("private_addresses")
    desk.extra = {"channels": document["alerts"]["channels"]}
    desk.build([anomaly(**VENDOR)])
    assert desk.watch().sent == 0
    assert desk.slack.asked == []
    assert any("private_addresses" in text for text in desk.said)


@pytest.mark.parametrize("url", ["http://hooks.example/x", "ftp://hooks.example/x", "https://user:pw@hooks.example/x", "hooks.example", ""])
def test_an_address_that_must_not_be_used_is_named_by_its_variable(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.build([anomaly(**VENDOR)])
    monkeypatch.setattr(Desk, "env", property(lambda self: {"SLACK_PLATFORM_URL": url}))
    assert desk.watch().waiting == 1
    assert any("SLACK_PLATFORM_URL" in text for text in desk.said)
    assert not any("hooks.example" in text for text in desk.said)


def test_a_mail_has_no_line_break_in_its_headers(desk: Desk) -> None:
    desk.build([anomaly(level="user", entity="hr:E9", vendor="cursor\r\nBcc: all@acme.example", kind="spike")])
    desk.watch()
    (mail,) = desk.smtp.taken
    assert mail.to == ["privacy@acme.example"]
    assert mail.message["bcc"] is None and "Bcc: all@acme.example" in str(mail.message["subject"])
    assert mail.message["auto-submitted"] == "auto-generated" and mail.message["x-spend-delivery"] in mail.message["message-id"]


def test_a_mail_server_that_is_busy_gets_the_mail_later_and_once(desk: Desk) -> None:
    desk.smtp.script = [451, 250]
    desk.build([anomaly(level="user", entity="hr:E9", kind="spike")])
    assert desk.watch().sent == 1
    assert len(desk.smtp.taken) == 1


def test_a_mail_whose_answer_got_lost_is_not_sent_again(desk: Desk) -> None:
    desk.smtp.script = ["drop"]
    desk.build([anomaly(level="user", entity="hr:E9", kind="spike")])
    assert desk.watch().sent == 0
    assert desk.watch().sent == 0
    assert len(desk.smtp.taken) == 1
    assert {d.channel: d.state for d in desk.state.deliveries}["privacy"] == "unknown"
    assert any("may not have arrived" in text for text in desk.said)


def test_a_mail_that_one_recipient_refuses_goes_to_nobody(desk: Desk) -> None:
    desk.smtp.refused_recipients = {"privacy@acme.example"}
    desk.build([anomaly(level="user", entity="hr:E9", kind="spike")])
    desk.watch()
    assert desk.smtp.taken == [] and "DATA" not in desk.smtp.commands
    assert {d.state for d in desk.state.deliveries} == {"failed"}


def test_nothing_is_mailed_in_the_clear_where_tls_is_asked_for(desk: Desk) -> None:
    desk.extra = {"mail": {"host": "127.0.0.1", "port": desk.smtp.port, "sender": "spend@acme.example"}}
    desk.build([anomaly(level="user", entity="hr:E9", kind="spike")])
    desk.watch()
    assert desk.smtp.taken == [] and "MAIL" not in desk.smtp.commands
    assert any("STARTTLS" in text for text in desk.said)
