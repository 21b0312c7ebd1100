"""What the company uses of OpenAI's API: projects, keys, members, and who used what on which day. Everything served is a view of this.

Units: tokens, requests, and money in 1e-12 USD (pico), so that a token has a whole price.
"""

import math
import random
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.faults import Faults
from spend_assets.sandbox.organisation import Organisation, Person, Team

_OPEN = date(2999, 1, 1)
_OLD = date(2025, 1, 1)
_KEPT_DAYS = 64
_MICRO = 1_000_000
"""One dollar per million tokens, in pico-dollars per token."""


class Model(NamedTuple):
    """A text model: its id in usage, its name in line items, when it was used, and prices per token in pico-dollars."""

    name: str
    line: str
    start: date
    end: date
    weight: int
    input: int
    cached: int
    write: int
    output: int


MODELS = (
    Model("gpt-5.3-codex", "gpt-5.3-codex", _OLD, date(2026, 9, 20), 3, 1_750_000, 175_000, 1_750_000, 14 * _MICRO),
    Model("gpt-5.6-sol-2026-06-04", "gpt-5.6-sol", _OLD, date(2026, 10, 5), 3, 4 * _MICRO, 400_000, 5 * _MICRO, 20 * _MICRO),
    Model("gpt-6-luna-2026-08-11", "gpt-6-luna", date(2026, 8, 11), _OPEN, 4, 100_000, 10_000, 125_000, 500_000),
    Model("gpt-6.1-sol-2026-09-29", "gpt-6.1-sol", date(2026, 9, 29), _OPEN, 4, 2 * _MICRO, 100_000, 2_500_000, 10 * _MICRO),
    Model("gpt-6.1-terra-2026-09-29", "gpt-6.1-terra", date(2026, 9, 29), _OPEN, 2, _MICRO, 50_000, 1_250_000, 5 * _MICRO),
)
EMBEDDING, EMBEDDING_PRICE = "text-embedding-3-small", 20_000
IMAGE, IMAGE_PRICE = "gpt-image-2", 40_000_000_000
SEARCH_PRICE, SESSION_PRICE = 10_000_000_000, 30_000_000_000


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    team: Team
    created: date
    archived: date | None


@dataclass(frozen=True)
class Member:
    """A person in the organization. The address is the one that OpenAI knows, quirks included."""

    id: str
    person: Person
    email: str
    start: date
    end: date | None
    activity: float
    size: float

    def there_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Key:
    """A key of a project: of a service account, or of a member, whose key stays when the member has left."""

    id: str
    name: str
    project: Project
    owner: Member | None
    start: date
    end: date | None
    """The first day on which it is deleted; what it used stays."""
    size: float

    def there_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


class Call(NamedTuple):
    """All use of one model by one caller on one day. `blocked` are input tokens of refused requests: in usage, and not in costs."""

    second: int
    project: Project
    key: Key | None
    member: Member | None
    model: Model
    batch: bool
    requests: int
    uncached: int
    cached: int
    write_30m: int
    write_12h: int
    output: int
    blocked: int


class Tool(NamedTuple):
    """Use of another modality: `quantity` of its unit, `pico` what it costs in all, `line` the line item ('' where it is free)."""

    second: int
    project: Project
    key: Key | None
    modality: str
    model: str | None
    requests: int
    quantity: int
    line: str
    unit: str | None
    pico: int


class CodexUse(NamedTuple):
    member: Member
    credits: int
    threads: int
    turns: int
    uncached: int
    cached: int
    output: int


class OpenAIUsage:
    """Days are generated on demand, from the seed and the day alone."""

    def __init__(self, organisation: Organisation, dice: Dice, faults: Faults):
        self._organisation, self._dice, self._faults = organisation, dice, faults
        self.config = organisation.config
        self.projects = self._make_projects()
        self.members = self._make_members()
        self.keys = [*self._service_keys(), *self._member_keys()]
        self._keys_of_member = {key.owner.id: key for key in self.keys if key.owner}
        self._days: OrderedDict[date, tuple[list[Call], list[Tool]]] = OrderedDict()
        self._lock = threading.Lock()

    def _make_projects(self) -> list[Project]:
        config, dice, teams = self.config, self._dice, self._organisation.teams
        projects = []
        for number in range(max(4, round(config.people / 25))):
            team = teams[dice.number("openai project team", number) % len(teams)]
            archived = None
            if number % 5 == 3:
                archived = config.start + timedelta(days=dice.between(config.days // 3, max(config.days - 4, 1), "openai archived", number))
            project_id = f"proj_{dice.token(24, 'openai project', number)}"
            created = config.start - timedelta(days=dice.between(40, 700, "openai created", number))
            projects.append(Project(project_id, f"{team.slug}-{dice.token(3, 'openai name', number)}", team, created, archived))
        return projects

    def _make_members(self) -> list[Member]:
        members = []
        for number, person in enumerate(self._organisation.people):
            chance = self._dice.random("openai member", number)
            if chance.random() >= 0.45:
                continue
            start = max(person.spans[0].start, self.config.start - timedelta(days=chance.randint(0, 500)))
            size = math.exp(chance.gauss(0, 1.1))
            email = _address(person.spans[-1].email, chance)
            user_id = f"user-{self._dice.token(24, 'openai user', number)}"
            members.append(Member(user_id, person, email, start, person.gone, chance.choice((0.1, 0.3, 0.6)), size))
        return members

    def _service_keys(self) -> Iterator[Key]:
        """Rotated every quarter: the name stays, the id changes, the old key is deleted."""
        config, dice = self.config, self._dice
        for number, project in enumerate(self.projects):
            for slot in range(1 + dice.number("openai slots", number) % 2):
                size = math.exp(dice.random("openai key size", number, slot).gauss(0, 1.0))
                turn = dice.between(0, 90, "openai turn", number, slot)
                start, version = project.created, 0
                end = config.start - timedelta(days=turn)
                while start < config.end + timedelta(days=1):
                    key_id = f"key_{dice.token(16, 'openai key', number, slot, version)}"
                    until = max(end, start + timedelta(days=1))
                    yield Key(key_id, f"{project.name}-{('prod', 'ci')[slot]}", project, None, start, until, size)
                    start, end, version = until, until + timedelta(days=91), version + 1

    def _member_keys(self) -> Iterator[Key]:
        for number, member in enumerate(self.members):
            if self._dice.fraction("openai own key", number) < 0.75:
                project = self.projects[self._dice.number("openai own project", number) % len(self.projects)]
                key_id = f"key_{self._dice.token(16, 'openai member key', number)}"
                yield Key(key_id, f"key of {member.person.first}", project, member, max(member.start, project.created), None, member.size)

    def day(self, day: date) -> tuple[list[Call], list[Tool]]:
        """Everything used on `day`, whether visible yet or not."""
        with self._lock:
            if day in self._days:
                self._days.move_to_end(day)
                return self._days[day]
        rows = self._generate(day)
        with self._lock:
            self._days[day] = rows
            while len(self._days) > _KEPT_DAYS:
                self._days.popitem(last=False)
        return rows

    def codex(self, day: date) -> list[CodexUse]:
        """Use of Codex on the ChatGPT plan, which is no API use."""
        uses = []
        for member, chance in self._active(day, "openai codex", 0.6):
            turns = chance.randint(2, 60)
            output = turns * chance.randint(300, 2600)
            uses.append(
                CodexUse(
                    member,
                    turns * chance.randint(3, 17),
                    1 + turns // 9,
                    turns,
                    output * chance.randint(2, 6),
                    output * chance.randint(20, 50),
                    output,
                )
            )
        return uses

    def _active(self, day: date, what: str, share: float) -> Iterator[tuple[Member, random.Random]]:
        if not self.config.start <= day <= self.config.end:
            return
        weekend = 0.12 if day.weekday() >= 5 else 1.0
        for number, member in enumerate(self.members):
            chance = self._dice.random(what, number, day)
            if member.there_on(day) and member.person.works_on(day) and chance.random() < member.activity * share * weekend:
                yield member, chance

    def _generate(self, day: date) -> tuple[list[Call], list[Tool]]:
        calls: list[Call] = []
        tools: list[Tool] = []
        if not self.config.start <= day <= self.config.end:
            return calls, tools
        for number, key in enumerate(self.keys):
            chance = self._dice.random("openai service", number, day)
            closed = key.project.archived is not None and day >= key.project.archived
            idle = chance.random() > (0.5 if day.weekday() >= 5 else 0.93)
            if key.owner is None and key.there_on(day) and not closed and not idle:
                calls += self._calls(key.project, key, None, chance, day, 6_000_000 * key.size)
                tools += self._tools(key, chance)
        for member, chance in self._active(day, "openai person", 1.0):
            owned = self._keys_of_member.get(member.id)
            usable = owned is not None and owned.there_on(day) and not (owned.project.archived and day >= owned.project.archived)
            own = owned if usable and chance.random() < 0.85 else None
            project = own.project if own else self.projects[0]
            calls += self._calls(project, own, member, chance, day, 3_000_000 * member.size)
        chance = self._dice.random("openai nobody", day)
        if chance.random() < 0.5:
            calls += self._calls(self.projects[0], None, None, chance, day, 200_000)
        return calls, tools

    def _calls(
        self, project: Project, key: Key | None, member: Member | None, chance: random.Random, day: date, tokens: float
    ) -> Iterator[Call]:
        there = [model for model in MODELS if model.start <= day < model.end]
        service = key is not None and key.owner is None
        growth = math.exp((day - date(2026, 9, 1)).days * 0.002)
        for model in dict.fromkeys(chance.choices(there, [model.weight for model in there], k=2 if service else 1)):
            total = int(tokens * growth * math.exp(chance.gauss(0, 0.6))) + 1_000
            cached = int(total * chance.uniform(0.3, 0.8))
            written = int(total * chance.uniform(0.0, 0.08)) if model.start > _OLD else 0
            long_lived = written // 9
            output = int(total * chance.uniform(0.01, 0.05)) + 7
            yield Call(
                second=chance.randrange(86_400),
                project=project,
                key=key,
                member=member,
                model=model,
                batch=service and chance.random() < 0.2,
                requests=max(total // chance.randint(6_000, 30_000), 1),
                uncached=total - cached - written,
                cached=cached,
                write_30m=written - long_lived,
                write_12h=long_lived,
                output=output,
                blocked=chance.randint(200, 9_000) if chance.random() < 0.02 else 0,
            )

    def _tools(self, key: Key, chance: random.Random) -> Iterator[Tool]:
        def tool(modality: str, model: str | None, requests: int, quantity: int, line: str, unit: str | None, price: int) -> Tool:
            return Tool(chance.randrange(86_400), key.project, key, modality, model, requests, quantity, line, unit, quantity * price)

        if chance.random() < 0.35:
            tokens = chance.randint(20_000, 4_000_000)
            yield tool("embeddings", EMBEDDING, tokens // 700 + 1, tokens, f"{EMBEDDING}, input", "tokens", EMBEDDING_PRICE)
        if chance.random() < 0.3:
            searches = chance.randint(1, 90)
            # Billed to the project: the bill names no key for tool calls.
            yield tool("web_search_calls", None, searches, searches, "web search", None, SEARCH_PRICE)._replace(key=None)
        if chance.random() < 0.1:
            sessions = chance.randint(1, 12)
            yield tool("code_interpreter_sessions", None, 0, sessions, "code interpreter", None, SESSION_PRICE)._replace(key=None)
        if chance.random() < 0.08:
            images = chance.randint(1, 40)
            yield tool("images", IMAGE, images, images, f"{IMAGE}, images", "images", IMAGE_PRICE)
        if chance.random() < 0.15:
            checks = chance.randint(100, 9_000)
            yield tool("moderations", "omni-moderation-latest", checks // 40 + 1, checks, "", None, 0)


@dataclass(frozen=True)
class Restatement:
    instant: datetime
    parts_per_million: int


class OpenAISchedule:
    """When each caller's part of a day becomes visible, and when a day's costs change afterwards."""

    def __init__(self, usage: OpenAIUsage, dice: Dice, faults: Faults):
        self._dice, self._faults = dice, faults
        self._late: dict[date, int] = {}
        self._restated: dict[date, Restatement] = {}
        self.crooked = set(faults.picked_days("withheld_day", usage.config.history()[:-3]))
        """Days of which the costs never come as a whole bucket."""
        for day in usage.config.history():
            if dice.fraction("openai late", day) < faults.rate("late_day"):
                self._late[day] = dice.between(1, 3, "openai late by", day)
                faults.note("late_day", "openai/costs", day, f"costs of half of the projects come {self._late[day]} days later")
            if dice.fraction("openai restated", day) < faults.rate("restated_day"):
                size = dice.between(1_000, 50_000, "openai restated by", day) * (1 if dice.number("openai sign", day) % 2 else -1)
                instant = midnight(day) + timedelta(days=dice.between(5, 28, "openai restated at", day), hours=2)
                self._restated[day] = Restatement(instant, size)
                faults.note("restated_day", "openai/costs", day, f"{size} millionths on {instant:%Y-%m-%d}")
            if day in self.crooked:
                faults.note("withheld_day", "openai/costs", day, "the bucket begins at 17:31", withheld=True)

    def costs_from(self, day: date, project: Project) -> datetime:
        """The instant from which the costs of this project's day are served whole; until then nothing of them is."""
        wait = 0
        if day in self._late and self._dice.number("openai is late", day, project.id) % 2:
            wait = self._late[day]
        elif self._dice.fraction("openai straggler", day, project.id) < self._faults.rate("straggler"):
            wait = 1
        return midnight(day) + timedelta(days=1 + wait)

    def restated(self, pico: int, day: date, as_of: datetime) -> int:
        change = self._restated.get(day)
        if change is None or as_of < change.instant:
            return pico
        return pico + pico * change.parts_per_million // 1_000_000


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _address(email: str, chance: random.Random) -> str:
    """One address in ten is written in another way than HR has it."""
    draw = chance.random()
    if draw < 0.04:
        return email.replace("@", "+openai@")
    if draw < 0.07:
        return email.upper()
    if draw < 0.10:
        return email.replace("@acme.example", "@acme-labs.example")
    return email
