"""The company as HR knows it: teams, divisions, people and their history. What the vendors know of it is in identities.py."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from spend_assets.sandbox import names
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.stories import LEAVER, Stories


@dataclass(frozen=True)
class Team:
    name: str
    slug: str
    github_id: int
    segment: str
    org: str
    cost_center: str
    division: str
    new_division: str
    """From the reorganisation on; the same as `division` for most teams."""

    def division_on(self, day: date, reorg: date) -> str:
        return self.new_division if day >= reorg else self.division


@dataclass(frozen=True)
class Span:
    """A person's time in one team, half-open; `end` None while it lasts."""

    start: date
    end: date | None
    team: Team
    email: str

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Person:
    employee_id: str
    first: str
    last: str
    entity: str
    employment: str
    spans: tuple[Span, ...]
    vacation: date
    """First day of a fortnight without work."""

    def span_on(self, day: date) -> Span | None:
        for span in self.spans:
            if span.covers(day):
                return span
        return None

    @property
    def gone(self) -> date | None:
        """First day after the last employment, None while employed."""
        return self.spans[-1].end

    def works_on(self, day: date) -> bool:
        """Neither a holiday of the legal entity nor vacation. Weekends are the business of usage.py."""
        if self.span_on(day) is None or (day.month, day.day) in names.HOLIDAYS[self.entity]:
            return False
        return not self.vacation <= day < self.vacation + timedelta(days=14)


@dataclass
class Organisation:
    """People, teams and their history: a pure function of config and seed."""

    config: SandboxConfig
    dice: Dice
    orgs: tuple[str, ...] = field(init=False)
    reorg: date = field(init=False)
    teams: list[Team] = field(init=False)
    people: list[Person] = field(init=False)
    leads: dict[str, str] = field(init=False)
    stories: Stories = field(init=False)
    leaver: Person | None = None
    """Of the story of a key whose maker leaves."""

    def __post_init__(self) -> None:
        config = self.config
        self.orgs = ("acme-platform", "acme-product", "acme-data") if config.scope == "enterprise" else ("acme",)
        middle = config.start + timedelta(days=int(config.days * 0.55))
        self.reorg = middle.replace(day=16)
        self.stories = Stories(config)
        self.teams = self._make_teams()
        self._emails: set[str] = set()
        self.people = [self._make_person(number) for number in range(config.people)]
        self._boomerangs()
        self._leaver()
        self.leads = self._make_leads()

    def _make_teams(self) -> list[Team]:
        dice = self.dice
        count = max(2, round(self.config.people / 8.5))
        topics = list(names.TOPICS)
        dice.random("topics").shuffle(topics)
        teams: list[Team] = []
        ids: set[int] = set()
        for number in range(count):
            name = topics[number % len(topics)].replace("-", " ")
            if number >= len(topics):
                name = f"{name} {number // len(topics) + 1}"
            division = names.DIVISIONS[dice.between(0, len(names.DIVISIONS) - 1, "division", number)]
            moved = names.DIVISIONS[dice.between(0, len(names.DIVISIONS) - 1, "new division", number)]
            shared = teams and dice.fraction("shared cost centre", number) < 0.07
            teams.append(
                Team(
                    name=name,
                    slug=name.lower().replace(" ", "-"),
                    github_id=dice.distinct(1_000_000, 4_900_000, ids, "team id", number),
                    segment=names.SEGMENTS[dice.between(0, len(names.SEGMENTS) - 1, "segment", number)],
                    org=self.orgs[-1 if number % 6 == 5 else number % max(len(self.orgs) - 1, 1)],
                    cost_center=teams[-1].cost_center if shared else f"CC-{dice.between(1000, 9999, 'cc', number)} {name}",
                    division=division,
                    new_division=moved if dice.fraction("reorg", number) < 0.2 else division,
                )
            )
        return teams

    def _make_person(self, number: int) -> Person:
        config, dice = self.config, self.dice
        chance = dice.random("person", number)
        first, last = chance.choice(names.FIRST), chance.choice(names.LAST)
        entity = chance.choices(names.ENTITIES, (0.5, 0.2, 0.3))[0]
        contractor = chance.random() < 0.09
        team = chance.choice(self.teams)
        year_share = config.days / 365
        span_days = max(config.days - 20, 1)
        start = config.start - timedelta(days=chance.randint(60, 2600))
        if chance.random() < 0.16 * year_share:
            start = config.start + timedelta(days=chance.randint(3, span_days + 3))
        end = None
        if chance.random() < (0.35 if contractor else 0.09) * year_share and start < config.start:
            end = config.start + timedelta(days=chance.randint(15, span_days + 15))
        plain_name = ascii_of(f"{first}.{last}").lower()
        email = f"{plain_name}{number}@freemail.example" if contractor else f"{plain_name}{number if number % 3 == 0 else ''}@acme.example"
        if chance.random() < 0.04:
            email = email.title()
        elif chance.random() < 0.03:
            email = f"{first}.{last}{number}@acme.example".lower()
        if email.lower() in self._emails:
            email = email.replace("@", f"{number}@")
        self._emails.add(email.lower())
        spans = [Span(start, end, team, email)]
        if chance.random() < 0.03 * config.days / 90 and len(self.teams) > 1:
            moved = config.start + timedelta(days=chance.randint(10, span_days + 10))
            other = chance.choice([candidate for candidate in self.teams if candidate is not team])
            if start < moved and (end is None or moved < end):
                married = f"{ascii_of(first).lower()}.{ascii_of(chance.choice(names.LAST)).lower()}{number}@acme.example"
                later_email = married if chance.random() < 0.1 else email
                spans = [replace(spans[0], end=moved), Span(moved, end, other, later_email)]
        vacation = config.start + timedelta(days=chance.randint(0, max(config.days, 180)))
        return Person(
            employee_id=f"E{dice.between(10_000, 99_999, 'employee', number)}{number:03d}",
            first=first,
            last=last,
            entity=entity,
            employment="contractor" if contractor else "employee",
            spans=tuple(spans),
            vacation=vacation,
        )

    def _boomerangs(self) -> None:
        """Two people leave and come back after five weeks, where the history is long enough to see it."""
        if self.config.people < 100 or self.config.days < 80:
            return
        stayers = [number for number, person in enumerate(self.people) if len(person.spans) == 1 and person.gone is None]
        stayers = [number for number in stayers if self.people[number].spans[0].start < self.config.start][:2]
        for number in stayers:
            person = self.people[number]
            left = self.config.start + timedelta(days=20)
            first = replace(person.spans[0], end=left)
            again = replace(person.spans[0], start=left + timedelta(days=35))
            self.people[number] = replace(person, spans=(first, again))

    def _leaver(self) -> None:
        """Somebody who was there all the time leaves, where that story is told."""
        day = self.stories.day(LEAVER)
        stayers = [p for p in self.people if len(p.spans) == 1 and p.gone is None and p.spans[0].start < self.config.start]
        if day is not None and stayers:
            person = stayers[self.dice.number("story leaver") % len(stayers)]
            self.leaver = replace(person, spans=(replace(person.spans[0], end=day),))
            self.people[self.people.index(person)] = self.leaver

    def _make_leads(self) -> dict[str, str]:
        """Team slug -> employee id of its lead, somebody who was there all the time. One team's post is vacant."""
        leads: dict[str, str] = {}
        for person in self.people:
            span = person.spans[0]
            if len(person.spans) == 1 and span.start < self.config.start and span.end is None and person.employment == "employee":
                leads.setdefault(span.team.slug, person.employee_id)
        vacant = self.teams[self.dice.between(0, len(self.teams) - 1, "vacant")].slug
        leads.pop(vacant, None)
        return leads

    def manager_of(self, person: Person, team: Team, day: date) -> str:
        """The team's lead; a lead reports to the lead of the division's first team. Empty at the top and under a vacant post."""
        lead = self.leads.get(team.slug, "")
        if lead != person.employee_id:
            return lead
        top = next(iter(self.leads.values()))
        if person.employee_id == top:
            return ""
        division = team.division_on(day, self.reorg)
        head = next(self.leads[t.slug] for t in self.teams if t.slug in self.leads and t.division_on(day, self.reorg) == division)
        return top if head == person.employee_id else head


def ascii_of(text: str) -> str:
    """A name as it is written in addresses and logins."""
    table = str.maketrans({"ö": "oe", "ü": "ue", "ø": "o", "í": "i", "á": "a", "ë": "e"})
    return text.translate(table)
