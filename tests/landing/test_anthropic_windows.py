"""Claude's sliding month in landing: what the vendor's data does not cover is marked, the rest is not."""

import json
from datetime import date, timedelta

from spend_assets.answers import Outcome, Window
from tests.landing.conftest import Home

NEW = date(2026, 10, 9)
"""Yesterday, on the fixture's clock."""
MONTH = Window(NEW - timedelta(days=29), NEW + timedelta(days=1))


def cost(day: date, amount: str = "100", **group: object) -> bytes:
    bounds = {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{day + timedelta(days=1)}T00:00:00Z"}
    return json.dumps(
        {
            **bounds,
            "group": {"actor": {"type": "user_actor", "user_id": "user_1", "name": "Jane Doe"}, "model": "opus", **group},
            "cost": {"amount": amount, "list_amount": amount, "currency": "USD", "requests": None},
        }
    ).encode()


def days_of(home: Home) -> dict[date, tuple[bool, int, int]]:
    """Per day of the newest generation: complete, rows, quarantined."""
    found = home.raw.days("anthropic", "analytics_cost", "acme")
    return {day: (known[-1].complete, known[-1].rows, known[-1].quarantined) for day, known in found.items()}


def test_a_young_day_without_rows_says_nothing_and_an_older_one_says_zero(home: Home) -> None:
    old = NEW - timedelta(days=10)
    report, asked = home.ingest("analytics_cost", lambda window: (Outcome("data"), [cost(old)]), MONTH)
    assert asked == [MONTH] and not report.failures
    found = days_of(home)
    assert found[old] == (True, 1, 0)
    assert found[NEW - timedelta(days=1)] == (True, 0, 0)
    assert NEW not in found, "yesterday may still come"


def test_only_the_days_that_are_not_covered_are_marked(home: Home) -> None:
    covered = NEW - timedelta(days=2)

    def answer(window: Window) -> tuple[Outcome, list[bytes]]:
        if window.start >= covered:
            return Outcome("not_ready", detail="not covered"), []
        return Outcome("data", complete=window.end <= covered, detail="" if window.end <= covered else "not covered"), [
            cost(day) for day in window.days() if day < covered
        ]

    report, asked = home.ingest("analytics_cost", answer, MONTH)
    assert len(asked) == 31 and report.not_ready == 3
    found = days_of(home)
    assert set(found) == set(Window(MONTH.start, covered).days())
    assert set(found.values()) == {(True, 1, 0)}


def test_the_month_is_asked_again_until_it_is_settled_and_then_never(home: Home) -> None:
    records = [cost(day) for day in MONTH.days()]
    home.ingest("analytics_cost", lambda window: (Outcome("data"), records), MONTH)
    home.at(NEW + timedelta(days=2))
    _, again = home.ingest(
        "analytics_cost",
        lambda window: (Outcome("data"), [r for r in records if json.loads(r)["starting_at"][:10] >= str(window.start)]),
        MONTH,
    )
    assert again == [Window(MONTH.start + timedelta(days=1), MONTH.end)], "the day that was 30 days old is settled"
    home.at(NEW + timedelta(days=70))
    home.ingest("analytics_cost", lambda window: (Outcome("data"), records[1:]), MONTH)
    home.at(NEW + timedelta(days=71))
    assert home.ingest("analytics_cost", lambda window: (Outcome("data"), []), MONTH)[1] == []


def test_names_do_not_touch_disk_and_a_row_without_amount_is_counted(home: Home) -> None:
    broken = json.loads(cost(NEW - timedelta(days=3), model="haiku"))
    broken["cost"]["amount"] = None
    home.ingest("analytics_cost", lambda window: (Outcome("data"), [cost(NEW - timedelta(days=3)), json.dumps(broken).encode()]), MONTH)
    assert days_of(home)[NEW - timedelta(days=3)] == (True, 1, 1)
    [manifest] = home.store.manifests("anthropic", "analytics_cost", "acme")
    assert b"Jane" not in b"".join(home.store.records(manifest))
