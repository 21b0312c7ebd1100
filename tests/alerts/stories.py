"""Five things that go wrong, and the messages about them as receivers got them. `python -m tests.alerts.stories` writes
docs/alerts-as-sent.md; a test compares it with what is sent now."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from spend_assets.publish.verdict import Check
from tests.alerts.desk import KEY, SLACK, TODAY, Desk, anomaly
from tests.alerts.smtp_server import SmtpServer
from tests.vendors.server import Reply, ScriptedServer

PAGE = Path(__file__).parents[2] / "docs" / "alerts-as-sent.md"
YESTERDAY = TODAY - timedelta(days=1)
LOOP = anomaly()
OUTAGE = anomaly(
    **{"level": "vendor", "entity": "cursor", "vendor": "cursor", "kind": "missing", "unit": "people"},
    **{"actual": 0, "expected": 78, "upper": None, "excess_usd": None, "threshold": None},
    reason="Nobody is in the report of a day on which people work",
)
CENTS = anomaly(
    **{"level": "vendor", "entity": "anthropic", "vendor": "anthropic", "kind": "unit_error", "unit": "people"},
    **{"actual": 64, "expected": 66, "upper": None, "excess_usd": None, "threshold": None},
    reason="Everybody used ten times as much as usual or more, or as little: the unit of money",
)
SWAP = anomaly(
    **{"kind": "model_swap", "entity": "docs-refresh", "vendor": "", "actual": "318.20", "expected": "141.75", "upper": "190.00"},
    **{"excess_usd": "176.45", "first_day": YESTERDAY - timedelta(days=2), "last_day": YESTERDAY},
    reason="Since the model changed a run costs at least 1.4 times as much",
)
SPIKE = anomaly(
    **{"level": "user", "entity": "hr:E7", "vendor": "cursor", "kind": "spike", "actual": "212.40", "expected": "9.10", "upper": "31.00"},
    excess_usd="203.30",
    reason="A day far above the own thirteen weeks, the day of the vendor and the team",
)
BUDGET = (date(2026, 10, 1), "team", "Payments", "(all)", {"review": TODAY}, "0.831", "look at prompts and models of the largest workflows")
LEAVER = Check("leavers_do_not_spend", "int_spend_people", "warn", False, False, 1, "dbt says warn", "Take the key over or revoke it")


@contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    slack, hook, smtp = ScriptedServer(), ScriptedServer(), SmtpServer()
    slack.script[f"{SLACK}-payments"] = [Reply(200, b"ok")]
    try:
        yield Desk(folder / "home", slack, smtp, hook)
    finally:
        for server in (slack, hook, smtp):
            server.close()


def as_sent(desk: Desk) -> str:
    """Five incidents of one morning, sent, and each message as its receiver took it."""
    desk.build([LOOP, OUTAGE, SWAP, SPIKE], budgets=[BUDGET])
    desk.watch()
    slack = {channel: desk.in_slack(channel) for channel in ("platform", "payments")}
    mails = {(to[0], subject): text for to, subject, text in desk.in_mail()}
    shown: list[tuple[str, str]] = [
        ("A runaway loop, in the Slack channel of the team that owns the workflow", _with(slack["payments"], "as in a loop")),
        ("A vendor's outage, in the default Slack channel", _with(slack["platform"], "No data arrived")),
        ("A model swap, as mail to the restricted channel, which gets the figures", _with(_texts(mails, "privacy@"), "another model")),
        ("What stands out in one person's own use, as mail to that person", _with(_texts(mails, "ada@"), "your own use")),
        ("A budget's stage, in the Slack channel of the team", _with(slack["payments"], "Budget")),
    ]
    head = (
        "# Five alerts as they were sent\n\n"
        "Written by `python -m tests.alerts.stories` from what its receivers took (a Slack, a mail server); a test compares it\n"
        "with what is sent now. `*…*` is Slack's bold. How alerts work is in [alerts.md](alerts.md).\n"
    )
    return head + "".join(f"\n## {title}\n\n```text\n{text.strip()}\n```\n" for title, text in shown)


def _texts(mails: dict[tuple[str, str], str], to: str) -> list[str]:
    return [f"Subject: {subject}\n\n{text}" for (address, subject), text in mails.items() if address.startswith(to)]


def _with(texts: list[str], words: str) -> str:
    (found,) = [text for text in texts if words in text]
    return found


def main() -> None:
    os.environ["SPEND_PSEUDONYM_KEY"] = KEY
    with tempfile.TemporaryDirectory() as folder, desk_in(Path(folder)) as desk:
        PAGE.write_text(as_sent(desk), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}\n")


if __name__ == "__main__":
    main()
