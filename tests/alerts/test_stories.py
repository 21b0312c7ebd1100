"""Each story: the right alert, on the right day, in the right channel, once."""

from datetime import timedelta
from typing import Any

import pytest

from spend_assets.publish.verdict import Check
from tests.alerts.desk import TODAY, Desk
from tests.alerts.stories import CENTS, LEAVER, LOOP, OUTAGE, PAGE, SPIKE, SWAP, as_sent

STORIES: dict[str, tuple[list[dict[str, Any]], list[Check], dict[str, str]]] = {
    "runaway loop": ([LOOP], [], {"payments": "as in a loop: workflow deps", "privacy": "$412.60 more than expected"}),
    "model swap": (
        [SWAP],
        [],
        {"platform": "another model took over: workflow docs-refresh", "privacy": "$176.45 more than expected"},
    ),
    "vendor outage": ([OUTAGE], [], {"platform": "No data arrived: vendor cursor"}),
    "cents as dollars": ([CENTS], [], {"platform": "wrong unit: vendor anthropic", "pager": "wrong unit: vendor anthropic"}),
    "leaver's key": ([], [LEAVER], {"platform": "Use after somebody's last day of work"}),
    "one person's day": ([SPIKE], [], {"ada": "your own use", "privacy": "Spend stands out: person p_"}),
    "team launch": ([], [], {}),
}


def told(desk: Desk) -> dict[str, list[str]]:
    mails = {name: [text for to, _, text in desk.in_mail() if to[0].startswith(name)] for name in ("privacy", "ada")}
    hook = ["\n".join(line["text"] for line in document["lines"]) for document in desk.in_hook()]
    found = {"platform": desk.in_slack(), "payments": desk.in_slack("payments"), "pager": hook, **mails}
    return {channel: texts for channel, texts in found.items() if texts}


@pytest.mark.parametrize("name", STORIES)
def test_the_right_alert_on_the_right_day_in_the_right_channel_once(desk: Desk, name: str) -> None:
    rows, checks, expected = STORIES[name]
    desk.extra = {"digest": "off"}
    desk.morning(TODAY - timedelta(days=1))
    desk.build()
    desk.watch()
    assert told(desk) == {}, "nothing the day before"
    desk.morning(TODAY)
    desk.build(rows, checks=checks)
    desk.watch()
    first = told(desk)
    assert set(first) == set(expected)
    for channel, words in expected.items():
        (text,) = first[channel]
        assert words in text
        assert checks or (TODAY - timedelta(days=1)).isoformat() in text
    desk.morning(TODAY + timedelta(days=1))
    desk.build([{**row, "last_day": TODAY} for row in rows], checks=checks)
    desk.watch()
    assert told(desk) == first, "once"


def test_the_page_shows_what_is_sent_now(desk: Desk) -> None:
    """After a change of words: python -m tests.alerts.stories."""
    assert PAGE.read_text(encoding="utf-8") == as_sent(desk)
