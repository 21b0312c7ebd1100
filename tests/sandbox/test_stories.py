"""Each story of what goes wrong is in what the vendor says, on its day, and is mended when it should be."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.run import Sandbox
from spend_assets.sandbox.stories import CENTS, LAUNCH, LEAVER, LOOP, LOOP_FACTOR, OUTAGE, STORIES, TWICE

D = date(2026, 10, 20)
BEFORE, MENDED = (datetime.combine(D + timedelta(days=days), time(6), UTC) for days in (2, 3))


def world(**given: Any) -> tuple[Sandbox, AnthropicServer, CursorServer]:
    sandbox = Sandbox(SandboxConfig(people=40, days=40, seed=31, **given))
    claude, cursor = sandbox.vendors["anthropic"], sandbox.vendors["cursor"]
    assert isinstance(claude, AnthropicServer)
    assert isinstance(cursor, CursorServer)
    return sandbox, claude, cursor


def list_cents(claude: AnthropicServer, account: str, day: date, stamp: datetime) -> float:
    rows = claude.reports.ranked(account, "cost", day, day + timedelta(days=1), ("actor",), "time", stamp)
    return sum(float(row["cost"]["list_amount"]) for group in rows for row in group)


@pytest.mark.parametrize(("story", "factor"), [(CENTS, 100), (TWICE, 2)])
def test_amounts_of_one_day_are_wrong_until_they_are_mended(story: str, factor: int) -> None:
    _, claude, _ = world(stories={story: D})
    right = list_cents(claude, ENTERPRISE, D, MENDED)
    assert right > 0
    assert list_cents(claude, ENTERPRISE, D, BEFORE) == pytest.approx(factor * right)
    for account, day in ((ENTERPRISE, D - timedelta(days=1)), (CONSOLE, D)):
        assert list_cents(claude, account, day, BEFORE) == list_cents(claude, account, day, MENDED)


def test_a_vendor_that_is_out_has_nothing_of_the_day_until_it_comes() -> None:
    _, _, cursor = world(stories={OUTAGE: D})
    assert cursor.usage.day(D, BEFORE) == []
    assert cursor.usage.day(D, MENDED)
    assert cursor.usage.day(D - timedelta(days=1), BEFORE)


def test_a_loop_costs_thirty_times_as_much_on_its_day_alone() -> None:
    _, claude, _ = world(stories={LOOP: D})
    name = claude.usage.looping_key()

    def worth(day: date) -> int:
        return sum(cost for use in claude.usage.all_of(CONSOLE, day) if use.key and use.key.name == name for *_, cost in use.costs())

    usual = [worth(D - timedelta(days=days)) for days in (1, 7, 14)]
    assert min(usual) > 0
    assert LOOP_FACTOR / 3 * max(usual) < worth(D)
    assert worth(D + timedelta(days=1)) < 3 * max(usual)


def test_the_maker_of_a_key_leaves_and_the_key_goes_on() -> None:
    sandbox, claude, _ = world(stories={LEAVER: D})
    leaver = sandbox.world.organisation.leaver
    assert leaver is not None
    assert leaver.gone == D
    keys = {key.id for key in claude.people.keys if key.owner and key.owner.person is leaver}
    days = [D + timedelta(days=days) for days in range(5)]
    assert any(use.key and use.key.id in keys for day in days for use in claude.usage.all_of(CONSOLE, day))


def test_a_whole_team_gets_its_seats_on_one_day() -> None:
    sandbox, _, cursor = world(stories={LAUNCH: D})
    members = [member for member in cursor.usage.team.members if member.joined.date() == D]
    teams = {span.team.slug for member in members if (span := member.person.span_on(D))}
    assert len(teams) == 1
    there = [p for p in sandbox.world.organisation.people if (span := p.span_on(D)) and span.team.slug in teams]
    assert len(members) == len(there) >= 3


def test_an_unknown_story_is_refused() -> None:
    with pytest.raises(ValueError, match=f"unknown story 'flood'; known are {', '.join(STORIES)}"):
        world(stories={"flood": D})
