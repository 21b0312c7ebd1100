"""What GitHub knows of the company: accounts with numeric ids and logins, seats with plans, teams with members."""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from statistics import NormalDist

from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.faults import Faults
from spend_assets.sandbox.organisation import Organisation, Person, Team, ascii_of

BOT_ID = 41898282
"""The real numeric id of github-actions[bot]."""
PERSONAS = (("occasional", 0.30, 0.28), ("regular", 0.48, 0.68), ("heavy", 0.22, 0.92))


@dataclass(frozen=True)
class Account:
    """A GitHub account. `person` is None for second accounts, shared accounts and bots: the roster does not know them."""

    number: int
    user_id: int
    logins: tuple[tuple[date, str], ...]
    kind: str
    person: Person | None
    team: Team | None
    start: date
    end: date | None
    activity: float
    daily_micro_credits: int
    seated: bool
    idle: bool

    def login_on(self, day: date) -> str:
        login = self.logins[0][1]
        for start, name in self.logins:
            if start <= day:
                login = name
        return login

    def team_on(self, day: date) -> Team | None:
        if self.person is None:
            return self.team
        span = self.person.span_on(day)
        return span.team if span else None

    def exists_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Seat:
    account: Account
    org: str
    plan: str
    created: datetime
    revoked: date | None
    """The day on which the grant was withdrawn; it is billed, and shown as pending, to the end of that month."""
    team: Team | None

    @property
    def billed_until(self) -> date | None:
        return None if self.revoked is None else next_month(self.revoked)

    def billed_on(self, day: date) -> bool:
        return self.created.date() <= day and (self.billed_until is None or day < self.billed_until)


@dataclass
class Identities:
    organisation: Organisation
    faults: Faults
    dice: Dice = field(init=False)
    accounts: list[Account] = field(init=False)
    seats: list[Seat] = field(init=False)
    seats_of: dict[int, list[Seat]] = field(init=False)
    bot: Account = field(init=False)

    def __post_init__(self) -> None:
        self.dice = self.organisation.dice
        self.accounts = self._make_accounts()
        self.bot = self.accounts[-1]
        self.seats = [seat for account in self.accounts for seat in self._make_seats(account)]
        self.seats_of = {}
        for seat in self.seats:
            self.seats_of.setdefault(seat.account.number, []).append(seat)

    def _make_accounts(self) -> list[Account]:
        """One account per person, second and shared accounts, one bot; the last one is the bot."""
        config, dice, people = self.organisation.config, self.dice, self.organisation.people
        second = [person for person in people if dice.fraction("second", person.employee_id) < 0.06]
        shared = self.organisation.teams[:3] if config.people >= 100 else []
        total = len(people) + len(second) + len(shared)
        order = list(range(total))
        dice.random("adoption").shuffle(order)
        unseated = {number for number in order[: round(total * 0.1)] if number < len(people)}
        seated = [number for number in order if number not in unseated]
        idle = set(seated[: round(len(seated) * config.idle_seats)])
        means = self._means(total, [number for number in seated if number not in idle])
        renamed = self._renamed(people)
        accounts: list[Account] = []
        ids = {BOT_ID}
        for number in range(total):
            chance = dice.random("account", number)
            activity = chance.choices([p[2] for p in PERSONAS], [p[1] for p in PERSONAS])[0]
            user_id = dice.distinct(1_200_000, 219_000_000, ids, "user id", number)
            person: Person | None = None
            team: Team | None = None
            end: date | None = None
            if number < len(people):
                person = people[number]
                kind, start, end = "person", person.spans[0].start, person.gone
                base = _login(person, number)
                logins: tuple[tuple[date, str], ...] = ((start, base),)
                if number in renamed:
                    logins = (
                        (start, base),
                        (renamed[number], f"{ascii_of(person.last).lower()}-{chance.choice('abcdefgh')}{number}{_suffix(person)}"),
                    )
            elif number < len(people) + len(second):
                owner = second[number - len(people)]
                kind, start = "second", max(owner.spans[0].start, config.start + timedelta(days=chance.randint(0, config.days // 2)))
                end = owner.gone
                logins = ((start, f"{ascii_of(owner.first).lower()}codes{chance.randint(10, 99)}{number}"),)
            else:
                team = shared[number - len(people) - len(second)]
                kind, start = "shared", config.start - timedelta(days=200)
                logins = ((start, f"build-{team.slug}_acme"),)
            accounts.append(
                Account(
                    number, user_id, logins, kind, person, team, start, end, activity, means[number], number not in unseated, number in idle
                )
            )
        self._reuse_old_logins(accounts, renamed)
        bot_login = ((date(2019, 1, 1), "github-actions[bot]"),)
        accounts.append(Account(total, BOT_ID, bot_login, "bot", None, None, date(2019, 1, 1), None, 1.0, 900_000_000, False, False))
        return accounts

    def _means(self, total: int, spenders: list[int]) -> list[int]:
        """Stratified lognormal means of the accounts that spend: a small company has the same concentration as a large one."""
        config, normal = self.organisation.config, NormalDist()
        sigma = config.sigma_between_users
        scale = config.mean_daily_credits * 1_000_000 / math.exp(sigma * sigma / 2)
        means = [int(scale)] * total
        order = list(spenders)
        self.dice.random("means").shuffle(order)
        for rank, number in enumerate(order):
            means[number] = int(scale * math.exp(sigma * normal.inv_cdf((rank + 0.5) / len(order))))
        return means

    def _renamed(self, people: list[Person]) -> dict[int, date]:
        """Person number -> first day of the new login."""
        config = self.organisation.config
        there = [n for n, person in enumerate(people) if person.spans[0].start < config.start and person.gone is None]
        self.dice.random("renamed").shuffle(there)
        count = math.ceil(len(people) * self.faults.rate("renamed_login"))
        return {
            number: config.start + timedelta(days=self.dice.between(config.days // 4, config.days // 2, "rename day", number))
            for number in there[:count]
        }

    def _reuse_old_logins(self, accounts: list[Account], renamed: dict[int, date]) -> None:
        """Two old logins are registered again, by second accounts that the company does not know, three weeks after the rename."""
        strangers = [account for account in accounts if account.kind == "second" and account.end is None][:2]
        for (number, day), stranger in zip(renamed.items(), strangers, strict=False):
            start = day + timedelta(days=21)
            old_login = accounts[number].logins[0][1]
            accounts[stranger.number] = replace(stranger, start=start, logins=((start, old_login),), idle=False, seated=True)
            self.faults.note("renamed_login", "login_reused", start, f"{old_login} now belongs to user id {stranger.user_id}")
        for number, day in renamed.items():
            account = accounts[number]
            self.faults.note(
                "renamed_login", "renamed", day, f"user id {account.user_id}: {account.logins[0][1]} becomes {account.logins[1][1]}"
            )

    def _make_seats(self, account: Account) -> list[Seat]:
        if not account.seated:
            return []
        config, dice, orgs = self.organisation.config, self.dice, self.organisation.orgs
        chance = dice.random("seat", account.number)
        earliest = max(account.start, date(2025, 11, 3))
        granted = earliest + timedelta(days=chance.randint(0, 6))
        if chance.random() < 0.3 and account.start < config.start:
            granted = max(earliest, config.start + timedelta(days=chance.randint(-30, max(config.days - 5, 1))))
        team = account.team_on(max(granted, account.start))
        home = team.org if team else orgs[account.number % len(orgs)]
        revoked = account.end
        if revoked is None and account.idle and chance.random() < 0.08:
            revoked = config.start + timedelta(days=chance.randint(10, max(config.days, 11)))
        if revoked is not None and revoked <= granted:
            return []
        created = datetime.combine(granted, time(chance.randint(6, 17), chance.randint(0, 59), chance.randint(0, 59)), UTC)
        grants = [Seat(account, home, self.plan_of(home), created, revoked, team)]
        if len(orgs) > 1 and chance.random() < self.faults.rate("duplicate_seats"):
            other = chance.choice([org for org in orgs if org != home])
            again = created + timedelta(days=chance.randint(0, 20), minutes=chance.randint(0, 600))
            if revoked is None or again.date() < revoked:
                grants.append(Seat(account, other, self.plan_of(other), again, revoked, None))
                self.faults.note("duplicate_seats", "seats", again.date(), f"user id {account.user_id} has seats in {home} and {other}")
        return grants

    def plan_of(self, org: str) -> str:
        """The data organisation pays the Enterprise plan, all others Business."""
        return "enterprise" if org == "acme-data" else "business"

    def home_org(self, account: Account, day: date) -> str:
        """The organisation in which the account works on `day`."""
        team = account.team_on(day)
        return team.org if team else self.organisation.orgs[account.number % len(self.organisation.orgs)]

    def orgs_of(self, account: Account, day: date) -> set[str]:
        """Every organisation that the account is a member of: where it works, and where it has a seat."""
        return {self.home_org(account, day)} | {seat.org for seat in self.seats_of.get(account.number, []) if seat.billed_on(day)}

    def billed_seat(self, account: Account, day: date) -> Seat | None:
        """The one grant that is billed on `day`: of several organisations one is picked per month."""
        grants = [seat for seat in self.seats_of.get(account.number, []) if seat.billed_on(day)]
        if not grants:
            return None
        return grants[self.dice.number("billed org", account.number, day.year, day.month) % len(grants)]

    def team_members(self, team: Team, day: date) -> list[Account]:
        return [account for account in self.accounts if account.exists_on(day) and account.team_on(day) is team]


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _suffix(person: Person) -> str:
    return "" if person.employment == "contractor" else "_acme"


def _login(person: Person, number: int) -> str:
    """Managed users bear the company's short code, contractors bring their own account. No two are alike."""
    return f"{ascii_of(person.first[0] + person.last).lower()}-{number * 7919 % 100_003}{_suffix(person)}"
