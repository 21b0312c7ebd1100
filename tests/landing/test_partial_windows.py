"""A window of several days that is not told whole is asked day by day: one crooked day does not mark a month."""

from datetime import date

from spend_assets.answers import AccessDenied, Outcome, Window
from tests.landing.conftest import Home

SPAN = Window(date(2026, 9, 1), date(2026, 9, 5))
BAD = date(2026, 9, 3)
KEY = ("openai", "costs", "acme")


def cost(day: date) -> bytes:
    return f'{{"day": "{day}", "group_by": "", "amount": {{"value": 1.5, "currency": "usd"}}}}'.encode()


def crooked_on_the_third(window: Window) -> tuple[Outcome, list[bytes]]:
    days = list(window.days())
    bad = BAD in days
    return Outcome("data", complete=not bad, detail="a crooked bucket" if bad else ""), [cost(day) for day in days]


def test_only_the_day_that_lacks_something_is_marked_and_asked_again(home: Home) -> None:
    report, asked = home.ingest("costs", crooked_on_the_third, SPAN)
    assert asked == [SPAN, *(Window.of_day(day) for day in SPAN.days())]
    assert (report.asked, report.landed, report.partial, report.records) == (5, 4, 1, 4)
    current = home.raw.current(*KEY)
    assert {day: (generation.complete, generation.rows) for day, generation in current.items()} == {
        day: (day != BAD, 1) for day in SPAN.days()
    }
    home.at(date(2026, 12, 1))
    home.reopen()
    report, asked = home.ingest("costs", lambda window: (Outcome("data"), [cost(day) for day in window.days()]), SPAN)
    assert asked == [Window.of_day(BAD)]
    assert home.raw.current(*KEY)[BAD].complete


def test_a_whole_window_is_one_question(home: Home) -> None:
    _, asked = home.ingest("costs", lambda window: (Outcome("data"), []), SPAN)
    assert asked == [SPAN]


def test_a_refusal_on_the_way_leaves_no_day_without_a_word(home: Home) -> None:
    def refused_from_the_second(window: Window) -> tuple[Outcome, list[bytes]]:
        if window == Window.of_day(date(2026, 9, 2)):
            raise AccessDenied("no", account="acme", route="GET /v1/organization/costs", day=window.start, status=403)
        return crooked_on_the_third(window)

    report, asked = home.ingest("costs", refused_from_the_second, SPAN)
    assert asked == [SPAN, Window.of_day(date(2026, 9, 1)), Window.of_day(date(2026, 9, 2))]
    attempts = {attempt.window: attempt.outcome for attempt in home.store.attempts(*KEY)}
    assert attempts == {
        Window.of_day(date(2026, 9, 1)): "landed",
        Window.of_day(date(2026, 9, 2)): "failed",
        Window(date(2026, 9, 3), SPAN.end): "failed",
    }
    assert len(report.failures) == 2
