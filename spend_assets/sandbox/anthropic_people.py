"""Who and what uses Claude: members of the Enterprise organisation, people, keys, service accounts and workspaces of the Console one."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from spend_assets.sandbox.dice import Dice, Part
from spend_assets.sandbox.identities import PERSONAS
from spend_assets.sandbox.organisation import Organisation, Person

CONSOLE, ENTERPRISE = "console", "claude"
"""The two organisations: a company with both has a key for each, and neither knows the other's people."""

ADOPTION = 0.45
CONSOLE_SHARE = 0.14
IDLE_SHARE = 0.15
PEOPLE_PER_KEY = 12
UNOWNED_KEYS, UNOWNED_PERCENT = 4, 8
"""Nobody created them, and they spend this share of what all keys spend."""
_SERVICES = ("api", "batch", "eval", "ingest", "search", "summaries", "triage", "webhooks", "worker")


@dataclass(frozen=True)
class Member:
    """A person in one of the organisations. `mean` is the mean of an active day in US cents; `activity` the chance of one."""

    user_id: str
    person: Person
    added: date
    activity: float
    mean: int
    idle: bool
    tag: str

    def there_on(self, day: date) -> bool:
        return day >= self.added and self.person.span_on(day) is not None

    def email(self, day: date) -> str:
        """As the vendor has it: the address of the day, for some with a tag or with the domain of before the merger."""
        span = self.person.span_on(day) or self.person.spans[-1]
        local, _, domain = span.email.partition("@")
        if self.tag == "+":
            return f"{local}+claude@{domain}"
        return f"{local}@old-acme.example" if self.tag == "old" else span.email


@dataclass(frozen=True)
class Workspace:
    """`listed` is False for the default workspace, which usage names and the directory does not."""

    id: str
    name: str
    tags: dict[str, str]
    created: date
    archived: date | None
    listed: bool = True


@dataclass(frozen=True)
class Key:
    """One generation of a key: rotated each quarter, the id changes and the name stays. `owner` is who created it, None for the unowned."""

    id: str
    name: str
    workspace: Workspace
    owner: Member | None
    service_account: str | None
    created: date
    retired: date | None
    mean: int
    product: str


@dataclass
class AnthropicPeople:
    organisation: Organisation
    dice: Dice = field(init=False)
    members: dict[str, list[Member]] = field(init=False)
    workspaces: list[Workspace] = field(init=False)
    keys: list[Key] = field(init=False)
    service_accounts: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.dice = self.organisation.dice
        people = self.organisation.people
        self.members = {
            ENTERPRISE: [self._member(ENTERPRISE, p, 17_00) for p in people if self._share(ENTERPRISE, p) < ADOPTION],
            CONSOLE: [self._member(CONSOLE, p, 12_00) for p in people if self._share(CONSOLE, p) < CONSOLE_SHARE],
        }
        leaver = self.organisation.leaver
        if leaver and not any(member.person is leaver for member in self.members[CONSOLE]):
            self.members[CONSOLE].append(self._member(CONSOLE, leaver, 12_00))
        self.service_accounts = [self.id("svac", number) for number in range(2)]
        self.workspaces = self._make_workspaces()
        self.default_workspace, self.code_workspace = self.workspaces[0], self.workspaces[1]
        self.keys = self._make_keys()

    def id(self, kind: str, *parts: Part) -> str:
        """An id as the vendor writes it: a word for the kind, and what nobody can count."""
        return f"{kind}_01{self.dice.token(22, 'anthropic', kind, *parts)}"

    def _share(self, account: str, person: Person) -> float:
        return self.dice.fraction("claude adoption", account, person.employee_id)

    def _member(self, account: str, person: Person, mean: int) -> Member:
        config = self.organisation.config
        chance = self.dice.random("claude member", account, person.employee_id)
        joined = person.spans[0].start
        if chance.random() < 0.25:
            joined = max(joined, config.start + timedelta(days=chance.randint(0, max(config.days - 5, 1))))
        quirk = chance.random()
        return Member(
            user_id=self.id("user", account, person.employee_id),
            person=person,
            added=max(joined, date(2025, 3, 3)),
            activity=chance.choices([persona[2] for persona in PERSONAS], [persona[1] for persona in PERSONAS])[0],
            mean=max(int(mean * chance.lognormvariate(-0.78, 1.25)), 15),
            idle=chance.random() < IDLE_SHARE,
            tag="+" if quirk < 0.02 else "old" if quirk < 0.035 else "",
        )

    def _make_workspaces(self) -> list[Workspace]:
        config = self.organisation.config
        long_ago = config.start - timedelta(days=300)
        made = [
            Workspace(self.id("wrkspc", "default"), "Default", {}, long_ago, None, listed=False),
            Workspace(self.id("wrkspc", "code"), "Claude Code", {}, long_ago, None),
        ]
        for number, team in enumerate(self.organisation.teams[: max(3, len(self.organisation.teams) // 3)]):
            tags = {"team": team.slug, "env": "prod" if number % 3 else "dev"}
            if number % 4 != 3:
                tags["cost_center"] = team.cost_center
            archived = config.start + timedelta(days=max(config.days // 2, 1)) if number == 2 else None
            made.append(Workspace(self.id("wrkspc", team.slug), f"{team.slug}-{tags['env']}", tags, long_ago, archived))
        return made

    def _make_keys(self) -> list[Key]:
        config, people = self.organisation.config, self.organisation.people
        owners: list[Member | None] = [*self.members[CONSOLE]] or [None]
        count = max(5, len(people) // PEOPLE_PER_KEY)
        keys: list[Key] = []
        owned = 0
        for number in range(count + UNOWNED_KEYS):
            chance = self.dice.random("claude key", number)
            unowned = number >= count
            team = self.organisation.teams[number % len(self.organisation.teams)]
            name = f"key-{chance.randint(2, 60)}" if unowned else f"{team.slug}-{chance.choice(_SERVICES)}"
            workspace = chance.choice(self.workspaces[:1] if unowned or number == 0 else self.workspaces[2:])
            owner = None if unowned else chance.choice(owners)
            if number == 0 and self.organisation.leaver:
                owner = next(member for member in self.members[CONSOLE] if member.person is self.organisation.leaver)
            service = self.service_accounts[number - 1] if 1 <= number <= len(self.service_accounts) else None
            product = "message_batches_api" if number % 5 == 3 else "managed_agents_api" if number % 7 == 4 else "messages_api"
            mean = int(30_00 * chance.lognormvariate(-0.4, 0.9))
            if unowned:
                mean = owned * UNOWNED_PERCENT * chance.randint(80, 120) // (100 - UNOWNED_PERCENT) // UNOWNED_KEYS // 100
            else:
                owned += mean
            created = config.start - timedelta(days=chance.randint(20, 110))
            generation = 0
            while created <= config.end:
                rotated = None if unowned else created + timedelta(days=91)
                end = workspace.archived
                retired = min([day for day in (rotated, end) if day is not None], default=None)
                keys.append(Key(self.id("apikey", number, generation), name, workspace, owner, service, created, retired, mean, product))
                if retired is None or retired == end:
                    break
                created, generation = retired, generation + 1
        return keys
