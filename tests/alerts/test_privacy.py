"""No person in a shared channel, no running figure below the vendor there, and each mail to a person in the log."""

from datetime import date, timedelta

from spend_assets.alerts.store import forget_person
from spend_assets.people.access_log import AccessLog
from spend_assets.publish.pseudonyms import Pseudonyms
from tests.alerts.desk import KEY, TODAY, Desk, anomaly, pseudonym

ADA = {"level": "user", "entity": "hr:E7", "kind": "spike", "vendor": "cursor", "unit": "usd"}


def test_one_persons_use_goes_to_that_person_and_to_the_restricted_channel_only(desk: Desk) -> None:
    desk.build([anomaly(**ADA)])
    assert desk.watch().sent == 2
    assert desk.slack.asked == [] and desk.hook.asked == []
    mails = {mail[0][0]: mail for mail in desk.in_mail()}
    assert set(mails) == {"privacy@acme.example", "ada@acme.example"}
    assert "your own use" in mails["ada@acme.example"][2] and "no judgement" in mails["ada@acme.example"][2]
    assert pseudonym("hr:E7") in mails["privacy@acme.example"][2]
    for words in ("E7", "ada@"):
        assert words not in mails["privacy@acme.example"][2] + mails["privacy@acme.example"][1]


def test_a_mail_to_a_person_is_a_logged_reveal(desk: Desk) -> None:
    desk.build([anomaly(**ADA)])
    desk.watch()
    (entry,) = AccessLog(desk.home, desk.clock, Pseudonyms(KEY)).entries()
    assert (entry.kind, entry.subject, entry.request) == ("reveal", pseudonym("hr:E7"), "alert-1")


def test_the_store_names_nobody(desk: Desk) -> None:
    desk.build([anomaly(**ADA), anomaly(**{**ADA, "kind": "slow_change"})])
    desk.watch()
    content = (desk.home / "alerts" / "state.json").read_text()
    assert pseudonym("hr:E7") in content
    assert "hr:E7" not in content and "ada@acme.example" not in content


def test_who_left_gets_no_mail_and_the_restricted_channel_hears_of_it(desk: Desk) -> None:
    desk.build([anomaly(**{**ADA, "entity": "hr:E8"})])
    desk.watch()
    assert [mail[0] for mail in desk.in_mail()] == [["privacy@acme.example"]]
    assert desk.slack.asked == []


def test_mail_persons_can_be_switched_off(desk: Desk) -> None:
    desk.extra = {"mail_persons": False}
    desk.build([anomaly(**ADA)])
    desk.watch()
    assert [mail[0] for mail in desk.in_mail()] == [["privacy@acme.example"]]
    assert not (desk.home / "people" / "log.jsonl").exists()


def test_below_the_vendor_a_shared_channel_gets_the_stage_and_the_restricted_one_the_figures(desk: Desk) -> None:
    team = anomaly(level="team", entity="Payments", vendor="*", kind="surge", actual=5000, expected=700, upper=1500, unit="usd")
    desk.build(
        [anomaly(), team],
        budgets=[(date(2026, 10, 1), "team", "Payments", "(all)", {"review": TODAY}, "0.831", "route to a smaller model")],
    )
    desk.watch()
    told = desk.in_slack("payments")
    assert len(told) == 3 and desk.in_slack() == []
    for text in told:
        for figure in ("412", "5,000", "700", "83", "$9", "11.3"):
            assert figure not in text.replace("80 %", "")
    assert any("more than 20 times the usual" in text for text in told)
    restricted = "\n".join(text for _, _, text in desk.in_mail())
    assert "$9.00 instead of $0.40 expected" in restricted and "$5,000.00" in restricted and "83.10 percent" in restricted


def test_a_name_that_names_a_person_is_withheld_where_many_read(desk: Desk) -> None:
    desk.extra = {"routes": [{"kind": "loop", "channels": ["platform", "pager"]}]}
    desk.build([anomaly(entity="anna-nightly"), anomaly(entity="anna-weekly", excess_usd=1)])
    desk.watch()
    everything = "\n".join(asked.body.decode() for server in (desk.slack, desk.hook) for asked in server.asked)
    assert "anna" not in everything and "name withheld" in everything
    assert desk.in_hook()[0]["incident"]["entity"] is None
    assert any("anna-nightly" in text for _, _, text in desk.in_mail())


def test_digests_of_shared_channels_hold_no_person(desk: Desk) -> None:
    desk.extra = {"page_at_least_usd": 1000}
    desk.build([anomaly(**ADA), anomaly(level="vendor", entity="cursor", vendor="cursor", kind="spike")])
    desk.watch()
    (shared,) = desk.in_slack()
    assert "vendor cursor" in shared and "person" not in shared and pseudonym("hr:E7") not in shared
    (digest,) = desk.in_mail()
    assert digest[0] == ["privacy@acme.example"] and f"person {pseudonym('hr:E7')}" in digest[2]


def test_a_channel_that_is_no_longer_restricted_gets_nothing_that_waits_for_it(desk: Desk) -> None:
    desk.smtp.script = [451, 451, 451]
    desk.build([anomaly(**{**ADA, "entity": "hr:E9"})])
    assert desk.watch().waiting == 1
    channels = desk.document()["alerts"]["channels"]
    channels[2]["audience"] = "shared"
    desk.extra = {"channels": channels}
    desk.clock.instant += timedelta(hours=1)
    desk.watch()
    assert desk.smtp.taken == []
    assert any("no longer restricted" in text for text in desk.said)


def test_an_erased_person_is_in_no_alert_any_more(desk: Desk) -> None:
    desk.build([anomaly(**ADA), anomaly(level="vendor", entity="cursor", vendor="cursor", kind="missing")])
    desk.watch()
    assert forget_person(desk.home, pseudonym("hr:E7")) == 1
    left = (desk.home / "alerts" / "state.json").read_text()
    assert pseudonym("hr:E7") not in left
    assert [incident.signal.scope.level for incident in desk.state.incidents] == ["vendor"]
    assert TODAY.isoformat() in left
