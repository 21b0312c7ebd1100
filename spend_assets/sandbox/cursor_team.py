"""The company as Cursor knows it: members with ids and e-mails of their own, service accounts, billing groups, the audit log."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING

from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.identities import PERSONAS
from spend_assets.sandbox.organisation import Organisation, Person
from spend_assets.sandbox.stories import LAUNCH

if TYPE_CHECKING:
    from spend_assets.sandbox.world import World

ADOPTION = 0.5
"""Share of the people who have a Cursor seat."""
MEAN_USD_TENTHS = 32
"""Mean consumption of an active day: 3.2 dollars."""
SIGMA = 1.25
PICO = 10**12
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True)
class Member:
    """A seat. `user_id` is the id of members and spend, `legacy_id` that of daily usage; events know the e-mail only."""

    number: int
    person: Person
    user_id: str
    legacy_id: int
    email: str
    role: str
    joined: datetime
    removed: datetime | None
    idle: bool
    activity: float
    daily_pico: int
    """Mean consumption of an active day, in 1e-12 USD."""
    limit_dollars: int | None
    override_dollars: int
    group: str
    """Name of the billing group; empty for none."""

    @property
    def principal(self) -> str:
        return self.email.lower()

    @property
    def name(self) -> str:
        return f"{self.person.first} {self.person.last}"

    def there_on(self, day: date) -> bool:
        return self.joined.date() <= day and (self.removed is None or day < self.removed.date())

    def listed_at(self, now: datetime) -> bool:
        return self.joined <= now


@dataclass(frozen=True)
class ServiceAccount:
    """Has no seat and no person; its events carry an e-mail all the same."""

    id: str
    name: str
    email: str
    daily_pico: int


class CursorTeam:
    def __init__(self, world: "World"):
        self.config, self.dice = world.config, world.dice
        self.organisation: Organisation = world.organisation
        self.members = self._make_members()
        self.by_number = {member.number: member for member in self.members}
        self.service_accounts = [
            ServiceAccount(f"sa_{_word(self.dice, 22, 'service account', number)}", name, email, usd * PICO)
            for number, (name, email, usd) in enumerate(
                (
                    ("Nightly CI Agent", "agent-runner@acme.example", 11),
                    ("Dependency Updates", "deps-bot@acme.example", 4),
                )
            )
        ]
        self.group_ids = {
            name: f"group_{_word(self.dice, 26, 'group', name)}" for name in sorted({member.group for member in self.members} - {""})
        }

    def _make_members(self) -> list[Member]:
        dice, people = self.dice, self.organisation.people
        order = list(range(len(people)))
        dice.random("cursor adoption").shuffle(order)
        chosen = sorted(order[: max(4, round(len(people) * ADOPTION))])
        launched = self._launched()
        chosen = sorted({*chosen, *launched})
        spenders = [number for number in chosen if dice.fraction("cursor idle", number) >= self.config.idle_seats]
        means = self._means(spenders)
        legacy: set[int] = set()
        members = []
        for place, number in enumerate(chosen):
            person = people[number]
            chance = dice.random("cursor member", number)
            joined = max(person.spans[0].start, date(2026, 1, 12)) + timedelta(days=chance.randint(0, 4))
            if chance.random() < 0.2 and person.spans[0].start < self.config.start:
                joined = max(joined, self.config.start + timedelta(days=chance.randint(-20, max(self.config.days - 10, 1))))
            if number in launched:
                joined = launched[number]
            personas = PERSONAS[-1:] if number in launched else PERSONAS
            removed = person.gone
            if removed is not None and removed <= joined:
                continue
            override = 100 if chance.random() < 0.06 else 0
            members.append(
                Member(
                    number=number,
                    person=person,
                    user_id=f"user_{_word(dice, 26, 'cursor user', number)}",
                    legacy_id=dice.distinct(11_000_000, 298_000_000, legacy, "cursor legacy id", number),
                    email=self._email(person, number),
                    role="owner" if place == 0 else "free-owner" if place == 1 else "member",
                    joined=_moment(joined, chance.randint(6 * 60, 17 * 60), chance.randint(0, 59_999)),
                    removed=None if removed is None else _moment(removed, chance.randint(7 * 60, 16 * 60), chance.randint(0, 59_999)),
                    idle=number not in means,
                    activity=chance.choices([p[2] for p in personas], [p[1] for p in personas])[0],
                    daily_pico=means.get(number, 0),
                    limit_dollars=200 if chance.random() < 0.7 else None,
                    override_dollars=override,
                    group="" if chance.random() < 0.1 else person.spans[0].team.division,
                )
            )
        return members

    def _launched(self) -> dict[int, date]:
        """The people of the largest team, who get their seats on one day, where that story is told."""
        day = self.organisation.stories.day(LAUNCH)
        if day is None:
            return {}
        people = self.organisation.people
        teams = [span.team.slug if (span := person.span_on(day)) else "" for person in people]
        largest = max(sorted(set(teams) - {""}), key=teams.count)
        return {number: day for number, team in enumerate(teams) if team == largest}

    def _means(self, spenders: list[int]) -> dict[int, int]:
        """Stratified lognormal means: a small team has the same concentration as a large one."""
        scale = MEAN_USD_TENTHS * PICO // 10 / math.exp(SIGMA * SIGMA / 2)
        order, normal = list(spenders), NormalDist()
        self.dice.random("cursor means").shuffle(order)
        return {number: int(scale * math.exp(SIGMA * normal.inv_cdf((rank + 0.5) / len(order)))) for rank, number in enumerate(order)}

    def _email(self, person: Person, number: int) -> str:
        """The address that the seat was made with: a tag, a domain of before the merger, capitals. It stays when HR's changes."""
        email = person.spans[0].email
        local, _, domain = email.partition("@")
        draw = self.dice.fraction("cursor email", number)
        if draw < 0.02:
            return f"{local}+cursor@{domain}"
        if draw < 0.04 and domain == "acme.example":
            return f"{local}@initech.example"
        return email.upper() if draw < 0.06 else email

    def audit_events(self, start: datetime, end: datetime) -> list[tuple[datetime, str, str, dict[str, object]]]:
        """(instant, type, who, data) of [start, end], newest first: seats, limits, and logins as noise."""
        admin = self.members[0].email
        events: list[tuple[datetime, str, str, dict[str, object]]] = []
        for member in self.members:
            events.append((member.joined, "add_user", admin, {"email": member.email, "method": "scim"}))
            if member.removed is not None:
                events.append((member.removed, "remove_user", admin, {"email": member.email}))
            if member.override_dollars:
                data = {"email": member.email, "spendLimitDollars": member.override_dollars}
                events.append((member.joined + timedelta(days=9), "user_spend_limit", admin, data))
            login = member.joined + timedelta(days=1, minutes=member.number % 50)
            events.append((login, "login", member.email, {"ip_address": "203.0.113.42", "user_agent": "Cursor/2.6.0"}))
        return sorted((event for event in events if start <= event[0] <= end), key=lambda event: (event[0], event[2]), reverse=True)


def _moment(day: date, minute: int, millisecond: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(minutes=minute, milliseconds=millisecond)


def _word(dice: Dice, length: int, *parts: int | str) -> str:
    chance = dice.random("cursor word", *parts)
    return "".join(chance.choice(_LETTERS) for _ in range(length))
