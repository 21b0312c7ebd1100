"""One company, told twice: on a Sunday of a running week, and when everything has settled and some of it turned out otherwise."""

from dataclasses import dataclass, replace
from datetime import date

from tests.privacy import company
from tests.privacy.company import Line
from tests.privacy.project import Published

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
