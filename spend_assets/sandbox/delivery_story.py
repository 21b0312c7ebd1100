"""How one repository's work goes: each plan becomes a pull request with commits, reviews and an end, or a branch that nobody opens one for.

Rates and times are sandbox.md 6.5: merged by kind of work, a median of 14 hours to the merge, 3 % reverted, incidents after merges.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from spend_assets.sandbox.delivery_world import Repository
    from spend_assets.sandbox.world import World

Kind = Literal["human", "agent", "automation", "dependencies", "workflow"]
"""agent: the cloud agent is the author. automation: it worked, but the person who set the automation up is the author. workflow: one of the
company's own agents, which send telemetry."""
MERGED = {"human": 0.80, "agent": 0.66, "automation": 0.66, "dependencies": 0.72, "workflow": 0.76}
REWRITTEN = 0.22
"""Share of the workflows' pull requests that a person has to commit to before they are fit."""
ENDLESS = 0.04
REVERTED = 0.03
MEDIAN_HOURS, SIGMA_HOURS = 14.0, 1.6
FIRST_ID = 1_900_000_000
TOPICS = ("retries", "cache", "paging", "timeouts", "login", "totals", "export", "limits", "alerts", "search", "rounding", "locks")


class Plan(NamedTuple):
    day: date
    kind: Kind
    account: int | None
    micro_credits: int
    """Of the agent's row in the usage ledger; 0 where no agent works."""
    workflow: str = ""
    """Name of the company's workflow that it comes from."""


class Review(NamedTuple):
    at: datetime
    account: int | None
    """None: Copilot's code review."""
    state: str


class Session(NamedTuple):
    id: str
    created: datetime
    completed: datetime
    state: str
    nano_credits: int


@dataclass(frozen=True)
class Change:
    """A pull request with all that will ever happen to it."""

    repository: "Repository"
    key: int
    """Its plan's place; random decisions hang on it."""
    kind: Kind
    account: int | None
    branch: str
    created: datetime
    ready: datetime | None
    """Until then a draft; None: never one."""
    closed: datetime | None
    merged: bool
    commits: tuple[datetime, ...]
    helped: bool
    """One commit of a person's pull request is Copilot's."""
    reviews: tuple[Review, ...]
    force_pushed: datetime | None
    lines: tuple[int, int, int]
    """Added, deleted, files."""
    id: int = 0
    number: int = 0
    reverts: int | None = None
    """Number of the pull request that this one takes back."""
    workflow: str = ""
    """Name of the company's workflow that opened it."""
    rewritten_by: int | None = None
    """Account of the person whose the last commit is."""

    @property
    def sha(self) -> str:
        """Of the merge; a merge has its own commit."""
        return self.repository_sha("merge")

    def repository_sha(self, what: str | int) -> str:
        mixed = random.Random(f"{self.repository.number} {self.key} {what}")  # noqa: S311  simulation, not security
        return f"{mixed.getrandbits(160):040x}"

    def touches(self) -> list[datetime]:
        """Every instant at which `updated_at` moves."""
        found = [self.created, *self.commits, *(review.at for review in self.reviews)]
        return found + [at for at in (self.ready, self.closed, self.force_pushed) if at is not None]

    def updated_at(self, now: datetime) -> datetime:
        return max(at for at in (self.created, *self.touches()) if at <= now)


@dataclass(frozen=True)
class Task:
    """A task of the cloud agent: several sessions, and one pull request, several or none."""

    id: str
    account: int
    automation: bool
    created: datetime
    sessions: tuple[Session, ...]
    changes: tuple[int, ...]
    """Keys of the changes that it worked on."""
    branch: str
    archived: datetime | None

    def updated_at(self, now: datetime) -> datetime:
        ends = [at for session in self.sessions for at in (session.created, session.completed)]
        return max(at for at in (self.created, *ends, *([self.archived] if self.archived else [])) if at <= now)


@dataclass(frozen=True)
class Deployment:
    change: Change
    id: int
    environment: str
    created: datetime
    outcome: str
    finished: datetime
    inactive: datetime | None = None
    """When a later deployment to the same environment took its place."""


@dataclass(frozen=True)
class Incident:
    id: int
    number: int
    created: datetime
    closed: datetime | None
    account: int
    deployment: int

    def updated_at(self, now: datetime) -> datetime:
        return self.closed if self.closed and self.closed <= now else self.created


@dataclass
class History:
    changes: list[Change] = field(default_factory=list)
    """By number."""
    tasks: list[Task] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    """By creation."""
    incidents: list[Incident] = field(default_factory=list)


def tell(world: "World", repository: "Repository", plans: Sequence[Plan], colleagues: Sequence[tuple[int, date, date]]) -> History:
    """Everything that happens in a repository, numbered in the order of creation as GitHub does, issues among pull requests."""
    changes: list[Change] = []
    tasks: list[Task] = []
    for key, plan in enumerate(plans):
        chance = world.dice.random("change", repository.number, key)
        there = [number for number, first, last in colleagues if first <= plan.day < last and number != plan.account]
        created = at_work(plan.day, chance)
        if plan.account is not None and plan.kind in ("agent", "automation"):
            task, opens = _task(world, repository, key, plan, plan.account, created - timedelta(minutes=3), chance, changes)
            tasks.append(task)
            if not opens:
                continue
        change = _change(repository, key, plan, created, chance, there)
        changes.append(change)
        if change.merged and change.closed and chance.random() < REVERTED and there:
            changes.append(_revert(change, change.closed, key + len(plans), chance, there))
    by_key = _numbered(repository, changes)
    history = History(sorted(by_key.values(), key=lambda change: change.number), tasks)
    history.deployments = _deployments(world, repository, history.changes)
    history.incidents = _incidents(world, repository, history, colleagues)
    return history


def _change(repository: "Repository", key: int, plan: Plan, created: datetime, chance: random.Random, there: list[int]) -> Change:
    agent = plan.kind in ("agent", "automation")
    topic = chance.choice(TOPICS)
    issue = f"{repository.name[:3].upper()}-{chance.randint(100, 9_999)}"
    branch = {
        "human": f"{issue}-{topic}" if chance.random() < 0.6 else f"feature/{topic}-{key}",
        "agent": f"copilot/fix-{topic}-{key}",
        "automation": f"copilot/nightly-{topic}-{key}",
        "dependencies": f"dependabot/pip/{topic}-{chance.randint(1, 9)}.{chance.randint(0, 30)}.{key}",
        "workflow": f"agents/{plan.workflow}-{plan.day:%m%d}-{key}",
    }[plan.kind]
    count = chance.choice((1, 1, 2, 3, 4, 6)) if plan.kind != "dependencies" else 1
    rewritten = plan.kind == "workflow" and bool(there) and chance.random() < REWRITTEN
    count += int(rewritten)
    hours = MEDIAN_HOURS * math.exp(chance.gauss(0, SIGMA_HOURS))
    closed = None if chance.random() < ENDLESS else created + timedelta(hours=min(max(hours, 0.2), 24 * 45))
    huge = repository.place % 11 == 3 and chance.random() < 0.04  # five thousand lines that nobody merges
    merged = closed is not None and not huge and chance.random() < MERGED[plan.kind]
    until = closed or created + timedelta(days=6)
    commits = [created - timedelta(minutes=chance.randint(1, 30))]
    commits += [created + (until - created) * (chance.random() * 0.8) for _ in range(count - 1)]
    ready = created + (until - created) * (chance.random() * 0.5) if agent or chance.random() < 0.15 else None
    reviews = _reviews(chance, ready or created, until, merged, there)
    added = 5_000 + chance.randint(1, 4_000) if huge else max(1, int(40 * math.exp(chance.gauss(0, 1.3))))
    return Change(
        repository=repository,
        key=key,
        kind=plan.kind,
        account=plan.account,
        branch=branch,
        created=created,
        ready=_second(ready) if ready else None,
        closed=_second(closed) if closed else None,
        merged=merged,
        commits=tuple(sorted(_second(at) for at in commits)),
        helped=plan.kind == "human" and count > 1 and chance.random() < 0.08,
        reviews=tuple(reviews),
        force_pushed=_second(created + (until - created) * 0.3) if chance.random() < 0.06 else None,
        lines=(added, int(added * chance.random() * 0.8), 1 + int(added**0.5 * chance.random())),
        workflow=plan.workflow,
        rewritten_by=chance.choice(there) if rewritten else None,
    )


def _reviews(chance: random.Random, start: datetime, until: datetime, merged: bool, there: list[int]) -> list[Review]:
    found = []
    if chance.random() < 0.25:
        found.append(Review(_second(start + (until - start) * 0.02), None, "COMMENTED"))
    if there:
        for _ in range(chance.choice((0, 0, 1, 2))):
            state = chance.choice(("COMMENTED", "CHANGES_REQUESTED"))
            found.append(Review(_second(start + (until - start) * (0.05 + chance.random() * 0.7)), chance.choice(there), state))
        if merged and chance.random() < 0.92:
            found.append(Review(_second(start + (until - start) * (0.8 + chance.random() * 0.19)), chance.choice(there), "APPROVED"))
    return sorted(found, key=lambda review: review.at)


def _revert(change: Change, merged: datetime, key: int, chance: random.Random, there: list[int]) -> Change:
    created = _second(merged + timedelta(hours=1 + chance.random() * 24 * 13))
    closed = created + timedelta(minutes=chance.randint(6, 90))
    return replace(
        change,
        key=key,
        kind="human",
        workflow="",
        rewritten_by=None,
        account=chance.choice(there),
        created=created,
        ready=None,
        closed=closed,
        commits=(created - timedelta(seconds=40),),
        helped=False,
        reviews=(Review(created + timedelta(minutes=4), chance.choice(there), "APPROVED"),),
        force_pushed=None,
        lines=(change.lines[1], change.lines[0], change.lines[2]),
        reverts=change.key,
    )


def _task(
    world: "World",
    repository: "Repository",
    key: int,
    plan: Plan,
    account: int,
    created: datetime,
    chance: random.Random,
    earlier: list[Change],
) -> tuple[Task, bool]:
    """(task, whether it opens a pull request). Credits are those of the usage row, split over the sessions to the nano-credit."""
    count = chance.choice((1, 1, 1, 2, 3))
    left = plan.micro_credits * 1_000
    sessions: list[Session] = []
    begins = created + timedelta(seconds=20)
    for place in range(count):
        nano = left if place == count - 1 else left * chance.randint(20, 60) // 100
        left -= nano
        ends = begins + timedelta(minutes=chance.randint(3, 55), seconds=chance.randint(0, 59))
        session_id = world.dice.token(32, "session", repository.number, key, place)
        state = chance.choices(("completed", "failed", "timed_out", "cancelled"), (0.9, 0.06, 0.02, 0.02))[0]
        sessions.append(Session(_uuid(session_id), begins, ends, state, nano))
        begins = ends + timedelta(minutes=chance.randint(5, 300))
    opens = sessions[-1].state == "completed" or chance.random() < 0.3
    changes = (key,) if opens else ()
    before = [change for change in earlier if change.kind == plan.kind and change.account == account]
    if before and chance.random() < 0.12:
        changes = (before[-1].key, *changes)  # one session that works on two pull requests
    archived = begins + timedelta(days=2) if chance.random() < 0.06 else None
    task_id = _uuid(world.dice.token(32, "task", repository.number, key))
    branch = f"copilot/task-{key}"
    return Task(task_id, account, plan.kind == "automation", created, tuple(sessions), changes, branch, archived), opens


def _numbered(repository: "Repository", changes: list[Change]) -> dict[int, Change]:
    """By key. Every fifth number is an issue's; ids grow, never one by one, and no two repositories share one."""
    found: dict[int, Change] = {}
    step = 1_009 * 131
    for place, change in enumerate(sorted(changes, key=lambda change: (change.created, change.key))):
        number = 100 + place + place // 4
        mixed = random.Random(f"{repository.number} {place}").randint(0, 1_008)  # noqa: S311  simulation, not security
        found[change.key] = replace(
            change, number=number, id=FIRST_ID + place * step * 17 + (repository.place % (131 * 17)) * 1_009 + mixed, reverts=None
        )
    for change in changes:
        if change.reverts is not None:
            original = found[change.reverts]
            branch = f"revert-{original.number}-{original.branch}"
            found[change.key] = replace(found[change.key], reverts=original.number, branch=branch)
    return found


def _deployments(world: "World", repository: "Repository", changes: list[Change]) -> list[Deployment]:
    found: list[Deployment] = []
    for change in changes:
        if not change.merged or change.closed is None:
            continue
        chance = world.dice.random("deployment", repository.number, change.key)
        staged = change.closed + timedelta(minutes=chance.randint(3, 9), seconds=chance.randint(0, 59))
        failed = chance.random() < 0.03
        found.append(_deployment(change, 0, "staging", staged, "failure" if failed else "success", chance))
        if not failed and chance.random() < 0.85:
            outcome = chance.choices(("success", "failure", "error"), (0.94, 0.045, 0.015))[0]
            released = staged + timedelta(minutes=chance.randint(12, 400))
            found.append(_deployment(change, 1, "production", released, outcome, chance))
    found.sort(key=lambda deployment: (deployment.created, deployment.id))
    following: dict[str, datetime] = {}
    for place in range(len(found) - 1, -1, -1):
        deployment = found[place]
        if deployment.outcome == "success":
            later = following.get(deployment.environment)
            found[place] = replace(deployment, inactive=max(later, deployment.finished) if later else None)
            following[deployment.environment] = deployment.finished
    return found


def _deployment(change: Change, place: int, environment: str, created: datetime, outcome: str, chance: random.Random) -> Deployment:
    finished = created + timedelta(minutes=chance.randint(2, 14), seconds=chance.randint(0, 59))
    return Deployment(change, change.id // 2 + 400_000_000 + place * 3, environment, created, outcome, finished)


def _incidents(world: "World", repository: "Repository", history: History, colleagues: Sequence[tuple[int, date, date]]) -> list[Incident]:
    """Issues after production deployments; their numbers lie between those of the pull requests."""
    found: list[Incident] = []
    taken = {change.number for change in history.changes}
    for deployment in history.deployments:
        if deployment.environment != "production":
            continue
        chance = world.dice.random("incident", repository.number, deployment.change.key)
        if chance.random() >= (0.012 if deployment.outcome == "success" else 0.18):
            continue
        created = deployment.finished + timedelta(minutes=chance.randint(8, 1_100), seconds=chance.randint(0, 59))
        there = [number for number, first, last in colleagues if first <= created.date() < last] or [colleagues[0][0]]
        closed = created + timedelta(hours=min(1.8 * math.exp(chance.gauss(0, 1.1)), 24 * 9))
        number = next(number for number in range(deployment.change.number + 1, deployment.change.number + 9_999) if number not in taken)
        taken.add(number)
        ended = None if chance.random() < 0.03 else _second(closed)
        found.append(Incident(deployment.change.id + 500, number, _second(created), ended, chance.choice(there), deployment.id))
    return found


def at_work(day: date, chance: random.Random) -> datetime:
    return datetime.combine(day, time(chance.randint(7, 18), chance.randint(0, 59), chance.randint(0, 59)), UTC)


def _second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _uuid(token: str) -> str:
    return f"{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:32]}"
