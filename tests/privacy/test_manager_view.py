"""What is published of the people of a team beside its sums: off, bands, or persons under an agreement."""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spend_assets.settings import SettingsError, parse_settings
from tests.privacy import attacks, company
from tests.privacy.story import Story
from tests.publish.world import World

AGREEMENT = "Works agreement 7/2026, 2026-06-30"


def parse(tmp_path: Path, privacy: dict[str, Any]) -> Any:
    return parse_settings({"platform": {"start_date": "2026-07-01"}, "privacy": privacy}, home=tmp_path).privacy


def test_persons_need_an_agreement_and_bands_are_the_default(tmp_path: Path) -> None:
    assert parse(tmp_path, {}).manager_view == "bands"
    assert parse(tmp_path, {"manager_view": "persons", "agreement": AGREEMENT}).agreement == AGREEMENT
    for agreement in ({}, {"agreement": " "}):
        with pytest.raises(SettingsError, match="manager_view = 'persons' needs agreement"):
            parse(tmp_path, {"manager_view": "persons", **agreement})
    with pytest.raises(SettingsError, match="manager_view"):
        parse(tmp_path, {"manager_view": "ranking"})


def test_the_agreement_stands_on_every_page_and_in_the_manifest(tmp_path: Path) -> None:
    world = World(tmp_path / "home", privacy={"manager_view": "persons", "agreement": AGREEMENT})
    world.build()
    world.publish()
    assert json.loads((world.current / "manifest.json").read_text())["privacy"] == {
        "k": 5,
        "manager_view": "persons",
        "agreement": AGREEMENT,
    }
    assert all(AGREEMENT in (world.current / page).read_text() for page in ("index.html", "finance.html", "restricted.html"))


def test_bands_hold_enough_people_of_teams_that_are_large_enough(story: Story) -> None:
    rows = story.first.rows("aggregate", "select week, team, from_usd, below_usd, people from marts.spend_bands_weekly")
    sizes: dict[tuple[Any, ...], int] = defaultdict(int)
    for week, team, _, _, people in rows:
        assert people >= attacks.K
        sizes[week, team] += people
    assert sizes and min(sizes.values()) >= 10


def test_bands_are_counted_right(story: Story) -> None:
    """Of one told team and week, against the ledger."""
    rows = story.first.rows("aggregate", "select week, team, from_usd, below_usd, people from marts.spend_bands_weekly order by all")
    teams = {person.team for person in company.people()}
    week, team = next((week, team) for week, team, *_ in rows if team in teams)
    used: dict[str, Decimal] = defaultdict(Decimal)
    for line in story.old:
        if line.person and line.team == team and attacks.monday(line.day) == week and line.series == "human_usage":
            used[line.person] += attacks.worth(line)
    for _, _, low, high, people in (row for row in rows if row[:2] == (week, team)):
        assert people == sum(1 for amount in used.values() if amount and low <= amount and (high is None or amount < high))
