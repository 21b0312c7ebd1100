"""Attacks on really published files: with the rules all fail, and without any one of them one succeeds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from tests.privacy import attacks, company
from tests.privacy.company import Line
from tests.privacy.project import Lab, Published

FIRST_TOLD, LATER_TOLD = date(2026, 9, 20), date(2026, 10, 20)
"""A Sunday within a running week; and a day on which everything has settled."""
MOVED = "hr:E0002"
"""Of payments, restated late, and by a late HR file in search all along."""
RICH = next(person for person in company.people() if person.team == "search" and company.uses(person, "cursor")).key
"""Of a team of eleven: nearly all that the team spends on Cursor is theirs."""


def with_a_rich_person(lines: list[Line]) -> list[Line]:
    return [
        company.with_amount(line, line.consumption * 25) if line.person == RICH and line.vendor == "cursor" and line.consumption else line
        for line in lines
    ]


def told_later(lines: list[Line]) -> list[Line]:
    """What became known after the first publication: one person's amounts, and one person's team."""
    changed = []
    for line in lines:
        if line.person == MOVED and line.consumption is not None and line.day < date(2026, 8, 31):
            line = company.with_amount(line, line.consumption * 3)
        if line.person == "hr:E0005" and line.day < date(2026, 8, 24):
            line = replace(line, team="search")
        changed.append(line)
    return changed


@dataclass
class Story:
    old: list[Line]
    new: list[Line]
    first: Published
    later: Published
    lab: Lab


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    lab = Lab(tmp_path_factory.mktemp("privacy"))
    old = with_a_rich_person(list(company.lines()))
    new = told_later(old)
    first = lab.build(old, FIRST_TOLD)
    yield Story(old, new, first, lab.build(new, LATER_TOLD), lab)


def test_no_cell_holds_few_people(story: Story) -> None:
    assert list(attacks.small_cells(story.first, story.old)) == []
    told = [line for line in story.new if line.person not in (MOVED, "hr:E0005")]
    assert len(attacks.team_rows(story.later)) > 150 and len(attacks.day_rows(story.later)) > 300 and told
    assert list(attacks.small_cells(story.first, story.old)) == []


def test_no_cell_is_one_persons(story: Story) -> None:
    assert list(attacks.dominated_cells(story.first, story.old)) == []


def test_no_team_follows_from_teams_and_vendors(story: Story) -> None:
    assert list(attacks.subtracted_teams(story.first, story.old)) == []


def test_no_day_follows_from_days_weeks_months_and_the_publication_before(story: Story) -> None:
    assert list(attacks.subtracted_days([story.first, story.later], story.new)) == []


def test_no_change_of_a_team_is_that_of_a_few(story: Story) -> None:
    assert list(attacks.changed_cells(story.first, story.old, story.later, story.new)) == []


def test_no_team_is_told_of_a_running_week(story: Story) -> None:
    assert list(attacks.running_weeks(story.first)) == []
    assert attacks.team_rows(story.first)


def test_what_is_held_back_is_not_lost(story: Story) -> None:
    """Every settled week of the later publication adds up to what was used in it, to the last digit."""
    told: dict[date, Decimal] = {}
    for cell, amount in attacks.team_rows(story.later).items():
        told[cell[0]] = told.get(cell[0], Decimal(0)) + amount
    used: dict[date, Decimal] = {}
    for line in story.new:
        if line.person:
            used[attacks.monday(line.day)] = used.get(attacks.monday(line.day), Decimal(0)) + attacks.worth(line)
    assert told == used
