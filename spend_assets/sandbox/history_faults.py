"""What goes wrong in a history: people's spikes and slow changes, surges of teams, and reports that vendors spoil."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from spend_assets.sandbox.history_shapes import VENDORS, Label

if TYPE_CHECKING:
    from spend_assets.sandbox.histories import History

SPIKES = ((2.5, 0.2), (4, 0.3), (6, 0.24), (10, 0.15), (20, 0.08), (40, 0.03))
"""How many times the usual use, and how often."""
EVENTS_PER_PERSON_YEAR = 0.12
SURGES_PER_TEAM_YEAR = 0.05
FAULTS_PER_VENDOR_YEAR = 11
QUIET_DAYS = 60
"""Nothing goes wrong before: a detector may learn."""


def spoil_people(history: History) -> list[Label]:
    """Put spikes, slow changes and surges into `history.amounts`; one label each."""
    dice, labels = history.dice, []
    years = history.days / 365
    digits = {vendor: figures[2] for vendor, figures in VENDORS.items()}
    people = [person for person in history.people if person.vendors]
    for _ in range(round(len(history.people) * EVENTS_PER_PERSON_YEAR * years)):
        person = dice.choice(people)
        vendor = dice.choice(person.vendors)
        used, usual = history.amounts[vendor, person.user_id], history.usual[vendor, person.user_id]
        first = dice.randint(QUIET_DAYS, history.days - 1)
        if not person.start_day + 30 <= first < person.end_day or len(used) < 20:
            continue
        if dice.random() < 0.7:
            days = (
                [first]
                if dice.random() < 0.8
                else [day for day in range(first, min(first + 3, history.days)) if day in used or day == first]
            )
            times = float(dice.choices([factor for factor, _ in SPIKES], [weight for _, weight in SPIKES])[0])
            excess = 0.0
            for day in days:
                before = used.get(day, math.exp(usual + history.level(vendor, day) + dice.gauss(0, person.spread)))
                used[day] = before * times
                excess += before * (times - 1.0)
            kind = "spike"
        else:
            length, times = dice.randint(12, 35), dice.uniform(2.0, 5.0)
            days = [day for day in range(first, min(first + length, history.days)) if day in used]
            if len(days) < 4:
                continue
            excess = 0.0
            for day in days:
                ramp = 1 + (times - 1) * min(1.0, (day - first + 1) / 7)
                excess += used[day] * (ramp - 1)
                used[day] *= ramp
            kind = "slow_change"
        labels.append(Label(days[0], days[-1], "user", person.user_id, vendor, kind, round(excess, digits[vendor])))
    teams = [team for team, members in sorted(history.members.items()) if len(members) >= 5]
    for _ in range(round(len(history.members) * SURGES_PER_TEAM_YEAR * years)):
        team, day, times = dice.choice(teams), dice.randint(QUIET_DAYS, history.days - 1), dice.uniform(3.0, 8.0)
        vendor = dice.choice(sorted({name for person in history.members[team] for name in person.vendors}))
        users = [person for person in history.members[team] if vendor in person.vendors and person.start_day + 30 <= day < person.end_day]
        if len(users) < 4 or day % 7 in (1, 2):
            continue
        excess = 0.0
        for person in users:
            used = history.amounts[vendor, person.user_id]
            before = used.get(
                day, math.exp(history.usual[vendor, person.user_id] + history.level(vendor, day) + dice.gauss(0, person.spread))
            )
            used[day] = before * times
            excess += before * (times - 1.0)
        labels.append(Label(day, day, "team", team, vendor, "surge", excess))
    return labels


def spoil_vendors(
    history: History,
) -> tuple[dict[tuple[str, int], float], dict[tuple[str, int], tuple[float, int]], dict[tuple[str, int], int]]:
    """Choose the days on which a vendor's report is wrong: the share of rows lost, the share and days of delay, the factor on amounts.

    Each has a label; where there are two days in a row, each day has its own.
    """
    dice = history.dice
    lost: dict[tuple[str, int], float] = {}
    late: dict[tuple[str, int], tuple[float, int]] = {}
    factor: dict[tuple[str, int], int] = {}
    for vendor in VENDORS:
        for _ in range(round(FAULTS_PER_VENDOR_YEAR * history.days / 365)):
            day = dice.randint(QUIET_DAYS, history.days - 2)
            while day % 7 in (1, 2) or any((vendor, near) in {*lost, *late, *factor} for near in (day - 1, day, day + 1)):
                day = dice.randint(QUIET_DAYS, history.days - 2)
            kind = dice.choices(("missing", "partial", "late", "duplicated", "unit_error"), (30, 20, 25, 15, 10))[0]
            days = [day, day + 1] if kind == "missing" and dice.random() < 0.3 and (day + 1) % 7 not in (1, 2) else [day]
            for bad in days:
                if kind == "missing":
                    lost[vendor, bad] = 1.0
                elif kind == "partial":
                    lost[vendor, bad] = dice.uniform(0.35, 0.7)
                elif kind == "late":
                    late[vendor, bad] = (dice.uniform(0.5, 1.0), dice.randint(1, 3))
                else:
                    factor[vendor, bad] = 2 if kind == "duplicated" else 100
                history.labels.append(Label(bad, bad, "vendor", vendor, vendor, kind, 0.0))
    return lost, late, factor
