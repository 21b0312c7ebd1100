"""Histories of spend with known anomalies, for the score card of detection: use of people, runs of workflows, and what was put in.

One history is three Parquet files in the format that `spend detect` reads, and `labels.parquet`: one row per anomaly with first_day,
last_day, level (user, team, workflow, vendor), entity, vendor (`*` = any), kind and excess_usd. The shapes (heavy tails, weekday, holidays,
launches, price steps, joiners, leavers) follow the marginal statistics of an unlabelled sample, and nothing of the detector. Amounts are
simulated statistics, no ledger. Days are numbered from 0, a Friday.
"""

import csv
import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from spend_assets.sandbox.history_faults import spoil_people, spoil_vendors
from spend_assets.sandbox.history_shapes import VENDORS, Label
from spend_assets.sandbox.history_workflows import run_workflows

REGIONS = {"US": 0.44, "EU": 0.28, "IN": 0.22, "IL": 0.06}
HOLIDAYS = {
    "US": (6, 34, 41, 59, 87, 185, 224, 290),
    "EU": (34, 35, 41, 132, 135, 161, 173, 344),
    "IN": (34, 66, 102, 267, 315, 352),
    "IL": (129, 134, 181, 294, 303, 308),
}
USAGE_TYPES = "day smallint, vendor varchar, user_id varchar, team_id varchar, amount_usd double, loaded_day smallint"


@dataclass
class Person:
    user_id: str
    team_id: str
    region: str
    role: str
    start_day: int
    end_day: int
    diligence: float
    scale: float
    spread: float
    vendors: list[str] = field(default_factory=list)
    holidays: set[int] = field(default_factory=set)

    def attends(self, day: int) -> float:
        """How likely the person works on this day, against a usual working day."""
        if not self.start_day <= day < self.end_day or day in self.holidays:
            return 0.0
        weekend = (0, 1) if self.region == "IL" else (1, 2)
        if day % 7 in weekend:
            return 0.13
        return 0.1 if day in HOLIDAYS[self.region] else 1.0


Amounts = dict[tuple[str, str], dict[int, float]]
"""(vendor, user) -> day -> dollars."""


class History:
    """A simulated organisation of `people` over `days`; the same seed gives the same files."""

    def __init__(self, seed: int, people: int = 5000, days: int = 365):
        self.dice = random.Random(seed)  # noqa: S311  simulation, not security
        self.days = days
        self.people = self._hire(people)
        self.members: dict[str, list[Person]] = defaultdict(list)
        for person in self.people:
            self.members[person.team_id].append(person)
        self.steps = [
            (self.dice.choice(list(VENDORS)), self.dice.randint(60, max(61, days - 20)), self.dice.uniform(0.2, 0.4)) for _ in range(3)
        ]
        self.launches = self._launches()
        self.labels: list[Label] = []
        self.usual: dict[tuple[str, str], float] = {}
        self.amounts = self._use()

    def _hire(self, count: int) -> list[Person]:
        dice, people, team = self.dice, list[Person](), 0
        while len(people) < count:
            size = min(max(3, round(dice.lognormvariate(2.05, 0.36))), 29, count - len(people))
            team_region = dice.choices(list(REGIONS), list(REGIONS.values()))[0]
            for _ in range(size):
                joined = dice.randint(1, self.days - 10) if dice.random() < 0.16 else 0
                left = dice.randint(joined + 1, self.days) if dice.random() < 0.08 else self.days
                region = team_region if dice.random() < 0.6 else dice.choices(list(REGIONS), list(REGIONS.values()))[0]
                role = dice.choices(
                    ("backend", "frontend", "platform", "data", "mobile", "qa", "security", "manager"), (35, 22, 12, 11, 8, 6, 3, 3)
                )[0]
                person = Person(
                    f"u{len(people):05d}", f"t{team:04d}", region, role, joined, left,
                    diligence=dice.betavariate(3.2, 3.2), scale=dice.gauss(0, 0.9), spread=min(max(dice.gauss(0.72, 0.1), 0.45), 1.1),
                    vendors=[vendor for vendor, (share, _, _) in VENDORS.items() if dice.random() < share],
                )  # fmt: skip
                for _ in range(3):
                    away = dice.randint(0, self.days)
                    person.holidays.update(range(away, away + dice.choice((3, 7, 10, 14))))
                people.append(person)
            team += 1
        return people

    def _launches(self) -> dict[str, list[tuple[int, int, float]]]:
        """Benign: a team works two to three times as much for a week or so."""
        launches: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
        teams = sorted(self.members)
        for _ in range(round(len(teams) * 0.3 * self.days / 365)):
            first = self.dice.randint(20, self.days)
            launches[self.dice.choice(teams)].append((first, first + self.dice.randint(4, 10), self.dice.uniform(0.6, 1.1)))
        return launches

    def level(self, vendor: str, day: int) -> float:
        growth = 0.25 * day / self.days
        return growth + sum(step for name, first, step in self.steps if name == vendor and day >= first)

    def _use(self) -> Amounts:
        dice, amounts = self.dice, Amounts()
        levels = {vendor: [self.level(vendor, day) for day in range(self.days)] for vendor in VENDORS}
        for person in self.people:
            launches = self.launches.get(person.team_id, ())
            for vendor in person.vendors:
                centre = math.log(VENDORS[vendor][1]) + person.scale + dice.gauss(0, 1.0)
                self.usual[vendor, person.user_id] = centre
                adopted = person.start_day if dice.random() < 0.8 else dice.randint(person.start_day, self.days)
                rate = min(person.diligence * (1.35 if vendor == "copilot" else 1.05), 0.95)
                memory, used = 0.0, {}
                for day in range(max(adopted, person.start_day), person.end_day):
                    lift = next((size for first, last, size in launches if first <= day <= last), 0.0)
                    if dice.random() >= min(rate * (1.2 if lift else 1.0), 0.97) * person.attends(day):
                        continue
                    memory = 0.2 * memory + dice.gauss(0, person.spread)
                    wild = dice.gauss(0, 0.7) if dice.random() < 0.015 else 0.0
                    weekend = -0.45 if person.attends(day) < 1 else 0.0
                    used[day] = math.exp(centre + levels[vendor][day] + memory + wild + lift + weekend)
                amounts[vendor, person.user_id] = used
        return amounts

    def write(self, folder: Path) -> None:
        """Put in the anomalies and write usage, users, workflows and labels as Parquet files below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.labels += spoil_people(self)
        lost, late, factor = spoil_vendors(self)
        workflows, labels = run_workflows(self.dice, sorted(self.members), self.days)
        self.labels += labels
        write_table(folder / "usage.parquet", USAGE_TYPES, self._rows(lost, late, factor))
        write_table(
            folder / "users.parquet", "user_id varchar, team_id varchar, region varchar, role varchar, start_day bigint, end_day bigint",
            [(p.user_id, p.team_id, p.region, p.role, p.start_day, p.end_day) for p in self.people],
        )  # fmt: skip
        write_table(
            folder / "workflow.parquet",
            "day smallint, workflow_id varchar, team_id varchar, model varchar, runs bigint, tasks_ok bigint, cost_usd double", workflows,
        )  # fmt: skip
        write_table(
            folder / "labels.parquet",
            "first_day integer, last_day integer, level varchar, entity varchar, vendor varchar, kind varchar, excess_usd double",
            [(x.first_day, x.last_day, x.level, x.entity, x.vendor, x.kind, round(x.excess_usd, 2)) for x in self.labels],
        )  # fmt: skip

    def _rows(
        self, lost: dict[tuple[str, int], float], late: dict[tuple[str, int], tuple[float, int]], factor: dict[tuple[str, int], int]
    ) -> list[tuple[int, str, str, str, float, int]]:
        dice, rows = self.dice, []
        teams = {person.user_id: person.team_id for person in self.people}
        for (vendor, user), used in self.amounts.items():
            digits = VENDORS[vendor][2]
            for day, amount in sorted(used.items()):
                if dice.random() < lost.get((vendor, day), 0.0):
                    continue
                share, delay = late.get((vendor, day), (0.0, 0))
                known = day + 1 + (delay if dice.random() < share else 1 if dice.random() < 0.004 else 0)
                cost = max(round(amount, digits), 0.005) * factor.get((vendor, day), 1)
                rows.append((day, vendor, user, teams[user], round(cost, digits), known))
        return rows


def write_table(path: Path, types: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows as a Parquet file of these columns, through a CSV file, which DuckDB reads many times faster than single inserts."""
    text = path.with_suffix(".csv")
    with text.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    names = ", ".join(f"'{name}': '{kind}'" for name, kind in (column.split() for column in types.split(", ")))
    with duckdb.connect() as connection:
        # Both are made here: the path by the caller, the types above.
        connection.execute(
            f"copy (select * from read_csv(?, header = false, auto_detect = false, columns = {{{names}}})) to '{path}' (format parquet)",
            [str(text)],
        )
    text.unlink()
