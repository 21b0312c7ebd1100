"""What agents did, call by call: the Claude part of the hidden ledger as sessions with prompts, model calls, tools and approvals.

The calls of a session add up to uses of the ledger exactly, so that telemetry explains the bill of whoever sends any. Which work a session
was for comes from delivery_world: a pull request of the person, a branch that nobody opened one for, or for a machine a company's workflow
and the pull request that it opens next.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from spend_assets.sandbox.agent_workflows import AgentWorkflow, agent_workflows, workflows_of_keys
from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_usage import AnthropicUsage, Model, Use
from spend_assets.sandbox.delivery_story import TOPICS, Change
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.stories import LOOP
from spend_assets.sandbox.world import World

LOSSY, LOST = 0.3, 0.2
"""Share of the machines whose collector loses sessions, and how many of them it loses."""
RESUMES, SKEWED, WITH_SPANS, RETRIES = 0.05, 0.04, 0.25, 0.02
REREADERS = 0.12
"""Share of the repositories that have no map: agents read the same few files there again and again."""
COMMANDS = ("pytest -q", "npm test", "make build", "git commit -am wip", "npm ci", "ls -la", "rg TODO", "cargo test")


class Tokens(NamedTuple):
    """In disjoint classes; `written` holds both lives of the cache."""

    uncached: int
    written: int
    read: int
    output: int


class Call(NamedTuple):
    at: datetime
    turn: int
    model: Model
    tokens: Tokens
    request_id: str
    attempts: int
    milliseconds: int
    list_amount: int
    """In 1e-12 USD, at the price of the day: what the vendor's ledger says of these tokens."""


Dealt = tuple[Model, Tokens, int]
"""Model, tokens and list amount of a call that has no time yet."""
Decision = Literal["", "user_temporary", "user_reject", "config"]
_DECISIONS: tuple[Decision, ...] = ("", "user_temporary", "config", "user_reject")


class Tool(NamedTuple):
    at: datetime
    turn: int
    id: str
    name: str
    command: str
    """Empty for a tool that is no shell."""
    succeeded: bool
    commit: str
    decision: Decision
    """Who decided; empty where nobody was asked."""


@dataclass(frozen=True)
class Session:
    """One session on one day. A resumed one has the id of an earlier day's."""

    id: str
    day: date
    account: str
    """The vendor's organisation that it is billed to."""
    principal: str
    """The vendor's id of who worked: user_..., apikey_..., svac_..."""
    email: str
    employee_id: str | None
    emitter: Literal["claude_code", "genai"]
    service: str
    repository: str
    branch: str
    change: Change | None
    """The pull request that it was for; None where there never is one."""
    task_id: str
    workflow_id: str
    """The company's; machines only."""
    run_id: str
    """Of the workflow; the sessions of a run are its attempts."""
    attempt: int
    skew: timedelta
    """How far the sender's clock is off; the times below are true."""
    has_spans: bool
    rereads: bool
    """It reads few files over and over."""
    told: bool
    """False where its telemetry never arrived; its cost is on the bill all the same."""
    calls: tuple[Call, ...]
    tools: tuple[Tool, ...]

    @property
    def list_amount(self) -> int:
        """In 1e-12 USD."""
        return sum(call.list_amount for call in self.calls)

    @property
    def turns(self) -> int:
        return max(call.turn for call in self.calls) + 1


class Traces:
    """`sessions(day)` is a pure function of the seed and the day."""

    def __init__(self, world: World, usage: AnthropicUsage, delivery: DeliveryWorld):
        self.world, self._usage, self._delivery = world, usage, delivery
        self.workflows = agent_workflows(world.organisation, world.dice)
        self._workflow_of_key = workflows_of_keys(self.workflows, usage.people.keys, world.dice)
        self._lock = threading.Lock()
        self._changes: dict[int, list[Change]] | None = None
        self._by_repository: dict[str, list[Change]] = {}
        self._numbers = {a.person.employee_id: a.number for a in world.identities.accounts if a.kind == "person" and a.person}

    def sessions(self, day: date) -> list[Session]:
        """Every session of whoever sends telemetry, by vendor account, principal and start."""
        found: list[Session] = []
        for account in (CONSOLE, ENTERPRISE):
            by_actor: dict[str, list[Use]] = defaultdict(list)
            for use in self._usage.all_of(account, day):
                if self._is_told(use):
                    by_actor[use.actor.id].append(use)
            for uses in by_actor.values():
                found += self._of_actor(account, day, uses)
        return found

    def final_millionths(self, session: Session) -> int:
        """Of what a session used at first, what the vendor's final ledger has of it: days are restated."""
        return self._usage.final_millionths(session.account, session.day, session.principal)

    def _is_told(self, use: Use) -> bool:
        if use.actor.member:
            return use.product == "claude_code" and self.world.dice.fraction("telemetry", use.actor.id) < self.world.config.telemetry
        return use.product == "messages_api" and use.tier == "standard"

    def _of_actor(self, account: str, day: date, uses: Sequence[Use]) -> list[Session]:
        chance = self.world.dice.random("sessions", account, day, uses[0].actor.id)
        key = uses[0].key
        is_steady = self.world.organisation.stories.day(LOOP) is not None and key is not None and key.name == self._usage.looping_key()
        count = min(chance.choice((3,) if is_steady else (1, 1, 2, 3)), max(1, sum(use.requests for use in uses) // 3))
        parts: list[list[Dealt]] = [[] for _ in range(count)]
        for use in uses:
            if use.model is not None:
                self._deal(use, use.model, parts, chance)
        return [self._session(account, day, uses[0], place, part, chance) for place, part in enumerate(parts) if part]

    def _deal(self, use: Use, model: Model, parts: list[list[Dealt]], chance: random.Random) -> None:
        """Split a use into calls, and deal these to the sessions: every token lands once."""
        calls = min(use.requests, self.world.config.most_calls)
        uncached, short, long, read, output = use.tokens
        shares = [chance.randint(5, 60) for _ in range(calls)]
        classes = zip(*(_split(total, shares) for total in (uncached, short, long, read, output)), strict=True)
        prices = use._replace(searches=0)
        for place, tokens in enumerate(classes):
            amount = sum(cost for _, _, _, cost in prices._replace(tokens=tokens).costs())
            told = Tokens(tokens[0], tokens[1] + tokens[2], tokens[3], tokens[4])
            parts[place * len(parts) // calls].append((model, told, amount))

    def _session(self, account: str, day: date, use: Use, place: int, part: list[Dealt], chance: random.Random) -> Session:
        dice, member = self.world.dice, use.actor.member
        resumed = place == 0 and chance.random() < RESUMES
        id = dice.token(32, "session", account, use.actor.id, day - timedelta(days=1) if resumed else day, place)
        change, repository, branch, task, workflow = self._work(day, use, place, chance)
        at = datetime.combine(day, time(6 + place * 4, chance.randint(0, 59), chance.randint(0, 59), chance.randint(0, 999) * 1000), UTC)
        # A session takes at most four hours, so that it ends on its day.
        step = min(90_000, 13_500_000 // len(part))
        calls, tools = [], []
        for number, (model, tokens, amount) in enumerate(part):
            turn = number * (1 + len(part) // 8) // len(part)
            at += timedelta(milliseconds=chance.randint(step // 8, step))
            request = f"req_01{dice.token(22, 'request', id, day, number)}"
            attempts = chance.randint(2, 4) if chance.random() < RETRIES else 1
            calls.append(Call(at, turn, model, tokens, request, attempts, chance.randint(600, max(step // 2, 601)), amount))
            if chance.random() < 0.6:
                tools.append(self._tool(at, turn, f"toolu_01{dice.token(22, 'tool', id, day, number)}", change, chance))
        return Session(
            id=id,
            day=day,
            account=account,
            principal=use.actor.id,
            email=member.email(day) if member else "",
            employee_id=member.person.employee_id if member else None,
            emitter="claude_code" if member else "genai",
            service="claude-code" if member else (use.key.name if use.key else "worker"),
            repository=repository,
            branch=branch,
            change=change,
            task_id=task,
            workflow_id=workflow,
            run_id=dice.token(10, "workflow run", use.actor.id, day) if workflow else "",
            attempt=1 + place,
            skew=timedelta(seconds=chance.randint(-900, 900)) if member and dice.fraction("skew", use.actor.id) < SKEWED else timedelta(),
            has_spans=member is None or chance.random() < WITH_SPANS,
            rereads=dice.fraction("rereads", repository) < REREADERS,
            told=member is not None
            or self.world.organisation.stories.day(LOOP) is not None
            or dice.fraction("lossy", use.actor.id) >= LOSSY
            or dice.fraction("lost", use.actor.id, day, place) >= LOST,
            calls=tuple(calls),
            tools=tuple(tools),
        )

    def _tool(self, at: datetime, turn: int, id: str, change: Change | None, chance: random.Random) -> Tool:
        command = chance.choice(COMMANDS) if chance.random() < 0.6 else ""
        succeeded = chance.random() < 0.85
        commit = change.repository_sha(chance.randint(0, 1)) if change and command.startswith("git") and succeeded else ""
        decided = chance.choices(_DECISIONS, (0.4, 0.3, 0.25, 0.05))[0]
        name = "Bash" if command else chance.choice(("Read", "Edit", "Grep"))
        return Tool(at + timedelta(seconds=2), turn, id, name, command, succeeded and decided != "user_reject", commit, decided)

    def _work(self, day: date, use: Use, place: int, chance: random.Random) -> tuple[Change | None, str, str, str, str]:
        """(pull request, repository, branch, task, workflow) that a session is for."""
        if use.actor.member is None:
            workflow = self._workflow(use)
            change = self._next(workflow, day)
            return change, workflow.repository, change.branch if change else "main", "", workflow.id
        person = use.actor.member.person
        team = (person.span_on(day) or person.spans[-1]).team
        number = self._numbers.get(person.employee_id)
        own = self._of_people().get(number, []) if number is not None else []
        change = self._near(own, day, chance) if chance.random() < 0.8 else None
        if change:
            return change, change.repository.full_name, change.branch, _issue(change.branch), ""
        branch = f"try/{chance.choice(TOPICS)}-{chance.randint(100, 999)}" if chance.random() < 0.7 else "main"
        return None, f"{team.org}/{team.slug}", branch, "", ""

    def _near(self, changes: list[Change], day: date, chance: random.Random) -> Change | None:
        """One that is opened soon, or is open."""
        there = [
            change
            for change in changes
            if change.created.date() - timedelta(days=1) <= day
            and (change.closed is None or day <= change.closed.date())
            and day <= change.created.date() + timedelta(days=10)
        ]
        return chance.choice(there) if there else None

    def _of_people(self) -> dict[int, list[Change]]:
        with self._lock:
            if self._changes is None:
                by_person: dict[int, list[Change]] = defaultdict(list)
                for change in self._delivery.changes():
                    self._by_repository.setdefault(change.repository.full_name, []).append(change)
                    if change.kind == "human" and change.account is not None:
                        by_person[change.account].append(change)
                self._changes = dict(by_person)
            return self._changes

    def workflow_of_key(self, name: str) -> AgentWorkflow:
        """The one that the key of this name serves."""
        return self._workflow_of_key[name]

    def _workflow(self, use: Use) -> AgentWorkflow:
        """A key serves one; what runs without a key does by its name."""
        if use.key is not None:
            return self.workflow_of_key(use.key.name)
        return self.workflows[self.world.dice.number("workflow of", use.actor.id) % len(self.workflows)]

    def _next(self, workflow: AgentWorkflow, day: date) -> Change | None:
        """The pull request that the work of a day is for: one that is opened on it or within three days."""
        self._of_people()
        soon = [
            change
            for change in self._by_repository.get(workflow.repository, [])
            if change.workflow == workflow.name and day <= change.created.date() <= day + timedelta(days=3)
        ]
        return min(soon, key=lambda change: (change.created, change.number), default=None)


def _issue(branch: str) -> str:
    """The tracker's key in a branch's name, which the person's wrapper sends along."""
    key, _, number = branch.partition("-")
    number = number.partition("-")[0]
    return f"{key}-{number}" if key.isupper() and number.isdigit() else ""


def _split(total: int, shares: Sequence[int]) -> list[int]:
    """Whole numbers by share that add up to the total; the last one takes what is left."""
    whole = sum(shares)
    parts = [total * share // whole for share in shares]
    parts[-1] += total - sum(parts)
    return parts
