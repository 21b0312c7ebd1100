"""The HR roster as a CSV file: one row per employee and validity period, as HR knows it on a day."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from spend_assets.sandbox.organisation import Organisation, Person, Span
from spend_assets.sandbox.world import World

COLUMNS = [
    "employee_id",
    "email",
    "github_login",
    "team",
    "division",
    "cost_center",
    "segment",
    "entity",
    "manager_id",
    "employment",
    "valid_from",
    "valid_to",
]


@dataclass(frozen=True)
class RosterRow:
    """One person's period in one team and division; `valid_to` None while it lasts."""

    person: Person
    span: Span
    division: str
    valid_from: date
    valid_to: date | None


def roster_rows(organisation: Organisation, known_on: date) -> list[RosterRow]:
    """Rows that have begun by `known_on`; an end that lies ahead is not known yet, except a contract's."""
    rows = []
    for person in organisation.people:
        for span in person.spans:
            for part in _divided(span, organisation.reorg):
                if part[0] > known_on:
                    continue
                end = part[1]
                known = end is not None and (end <= known_on or (person.employment == "contractor" and end == person.gone))
                division = span.team.division_on(part[0], organisation.reorg)
                rows.append(RosterRow(person, span, division, part[0], end if known else None))
    return rows


def _divided(span: Span, reorg: date) -> list[tuple[date, date | None]]:
    """The reorganisation starts a new row for people whose team changes division."""
    if span.team.division == span.team.new_division or reorg <= span.start or (span.end is not None and span.end <= reorg):
        return [(span.start, span.end)]
    return [(span.start, reorg), (reorg, span.end)]


def write_roster(world: World, path: Path) -> Path:
    """Write the CSV: UTF-8, comma, ISO dates. The login is the one HR once noted: unknown for some, stale after a rename."""
    organisation, dice = world.organisation, world.dice
    login = {account.person.employee_id: account.logins[0][1] for account in world.identities.accounts if account.person}
    known_on = world.clock.now().date()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in roster_rows(organisation, known_on):
            person, team = row.person, row.span.team
            noted = login.get(person.employee_id, "") if dice.fraction("login unknown to HR", person.employee_id) >= 0.02 else ""
            ends = row.valid_to.isoformat() if row.valid_to else ""
            manager = organisation.manager_of(person, team, row.valid_from)
            writer.writerow(
                [
                    *(person.employee_id, row.span.email, noted, team.name, row.division, team.cost_center, team.segment, person.entity),
                    *(manager, person.employment, row.valid_from.isoformat(), ends),
                ]
            )
    return path
