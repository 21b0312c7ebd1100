"""The Claude part of the hidden ledger: who used how much of which model on which day, and what the vendor knows of it when.

Tokens and requests are integers, money is in 1e-12 USD (amounts.PICO). Days are generated on demand from seed and day alone.
"""

import math
import random
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from spend_assets.sandbox.agent_workflows import DEARER, LARGE, SMALL, SWAPPED, agent_workflows, swap_day, workflows_of_keys
from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE, AnthropicPeople, Key, Member, Workspace
from spend_assets.sandbox.faults import Faults
from spend_assets.sandbox.stories import LOOP, LOOP_FACTOR

_KEPT_DAYS = 200
FIRST_USE = date(2026, 1, 1)
"""The first day that the vendor's reports serve; before it the company has no Claude."""
TOKEN_TYPES = (
    "uncached_input_tokens",
    "cache_creation.ephemeral_5m_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
)
WEB_SEARCH, CODE_SECOND, SESSION_SECOND = 10**10, 5 * 10**10 // 3600, 8 * 10**10 // 3600
"""$10 per 1,000 searches; $0.05 per container-hour; $0.08 per session-hour: each in 1e-12 USD."""


class Model(NamedTuple):
    """List prices per token in 1e-12 USD, in the order of TOKEN_TYPES ($1 per million tokens is 10^6)."""

    name: str
    start: date
    end: date
    weight: float
    prices: tuple[int, int, int, int, int]


_OLD, _OPEN = date(2025, 1, 1), date(2999, 1, 1)
MODELS = (
    Model("claude-opus-4-8", _OLD, date(2026, 9, 22), 2.0, (5_000_000, 6_250_000, 10_000_000, 500_000, 25_000_000)),
    Model("claude-opus-5-5", date(2026, 9, 22), _OPEN, 2.4, (4_000_000, 5_000_000, 8_000_000, 200_000, 20_000_000)),
    Model("claude-sonnet-5", _OLD, date(2026, 10, 12), 2.2, (2_000_000, 2_500_000, 4_000_000, 200_000, 10_000_000)),
    Model("claude-sonnet-5-5", date(2026, 8, 3), _OPEN, 2.6, (2_000_000, 2_500_000, 4_000_000, 200_000, 10_000_000)),
    Model("claude-haiku-5-5", _OLD, _OPEN, 1.0, (100_000, 125_000, 200_000, 10_000, 500_000)),
    Model("claude-fable-5-2", date(2026, 10, 19), _OPEN, 0.5, (8_000_000, 10_000_000, 16_000_000, 200_000, 40_000_000)),
)
_CHEAPER_READS = ("claude-sonnet-5-5", date(2026, 10, 7), 100_000)
DISCOUNT_PERCENT = {CONSOLE: 8, ENTERPRISE: 0}
_MIXES = {"claude_code": (12, 25, 3, 460), "chat": (30, 8, 0, 60), "cowork": (25, 12, 2, 120)}
"""Tokens per ten tokens of output: uncached, 5-minute writes, 1-hour writes, reads."""
_API_MIX = (80, 12, 6, 150)


class Actor(NamedTuple):
    """To whom the vendor attributes use: exactly one field is set."""

    member: Member | None = None
    service_account: str | None = None
    subject: str | None = None
    key: Key | None = None

    @property
    def id(self) -> str:
        """The stable id that a reader tells actors apart by."""
        if self.member:
            return self.member.user_id
        return self.service_account or self.subject or (self.key.id if self.key else "")


class Use(NamedTuple):
    """What one actor did with one model, key, product and workspace on one day. `model` None: code execution or session runtime."""

    account: str
    day: date
    actor: Actor
    key: Key | None
    model: Model | None
    product: str
    workspace: Workspace | None
    tokens: tuple[int, int, int, int, int]
    requests: int
    searches: int
    seconds: int
    tier: str

    def costs(self) -> list[tuple[str | None, str, str | None, int]]:
        """(model, cost type, token type, list amount in 1e-12 USD) of everything that costs something."""
        if self.model is None:
            kind, price = ("code_execution", CODE_SECOND) if self.product != "managed_agents_api" else ("session_usage", SESSION_SECOND)
            return [(None, kind, None, self.seconds * price)]
        prices = list(self.model.prices)
        if self.model.name == _CHEAPER_READS[0] and self.day >= _CHEAPER_READS[1]:
            prices[3] = _CHEAPER_READS[2]
        half = 2 if self.tier == "batch" else 1
        found: list[tuple[str | None, str, str | None, int]] = [
            (self.model.name, "tokens", name, tokens * price // half)
            for name, tokens, price in zip(TOKEN_TYPES, self.tokens, prices, strict=True)
            if tokens
        ]
        if self.searches:
            found.append((None, "web_search", None, self.searches * WEB_SEARCH))
        return found


def charged(account: str, list_amount: int) -> int:
    """What is billed after the account's discount, before credits and tax."""
    return list_amount - list_amount * DISCOUNT_PERCENT[account] // 100


@dataclass(frozen=True)
class Change:
    """A restatement of one day: all quantities move by `parts_per_million`, and one actor's day may be taken back."""

    instant: datetime
    parts_per_million: int
    deleted: str | None


class AnthropicUsage:
    def __init__(self, people: AnthropicPeople, faults: Faults):
        self.people, self._faults = people, faults
        self._organisation = people.organisation
        self._config, self._dice = people.organisation.config, people.organisation.dice
        self._lock = threading.Lock()
        self._days: OrderedDict[tuple[str, date], list[Use]] = OrderedDict()
        self._changes: dict[tuple[str, date], Change] = {}
        self._late: dict[tuple[str, date], tuple[int, int]] = {}
        self._stuck: set[tuple[str, date]] = set()
        served = workflows_of_keys(agent_workflows(people.organisation, self._dice), people.keys, self._dice)
        self._swapping = {name for name, workflow in served.items() if workflow.name == SWAPPED}
        self._swap_day = swap_day(self._config.end)
        for account in (CONSOLE, ENTERPRISE):
            self._decide(account)

    def looping_key(self) -> str:
        """Name of the key that the story of a loop is about: the largest of those that a team's workflow uses to the end."""
        lasting = [
            key
            for key in self.people.keys
            if key.product == "messages_api" and key.owner and "team" in key.workspace.tags and key.name not in self._swapping
        ]
        lasting = [key for key in lasting if key.retired is None or key.retired > self._config.end]
        return min(lasting, key=lambda key: (-key.mean, key.name)).name if lasting else ""

    # --- what happened ---

    def all_of(self, account: str, day: date) -> list[Use]:
        """Everything of `day` as first recorded, whether the vendor shows it yet or not."""
        with self._lock:
            rows = self._days.get((account, day))
            if rows is not None:
                self._days.move_to_end((account, day))
                return rows
        rows = self._generate(account, day)
        with self._lock:
            self._days[account, day] = rows
            while len(self._days) > _KEPT_DAYS:
                self._days.popitem(last=False)
        return rows

    def _generate(self, account: str, day: date) -> list[Use]:
        if not max(self._config.start, FIRST_USE) <= day <= self._config.end:
            return []
        chance = self._dice.random("claude usage", account, day)
        growth = min(max(math.exp((day - date(2026, 9, 1)).days * 0.002), 0.4), 1.8)
        rows: list[Use] = []
        for member in self.people.members[account]:
            if self.is_active(account, member, day):
                rows += self._member_use(account, member, day, chance, growth)
        if account == CONSOLE:
            for key in self.people.keys:
                if key.created <= day and (key.retired is None or day < key.retired):
                    rows += self._key_use(key, day, chance, growth)
        return rows

    def is_active(self, account: str, member: Member, day: date) -> bool:
        if member.idle or not max(self._config.start, FIRST_USE) <= day <= self._config.end:
            return False
        if not member.there_on(day) or not member.person.works_on(day):
            return False
        reach = member.activity * (0.12 if day.weekday() >= 5 else 1.0)
        return self._dice.fraction("claude active", account, member.user_id, day) < reach

    def _member_use(self, account: str, member: Member, day: date, chance: random.Random, growth: float) -> list[Use]:
        total = int(member.mean * growth * chance.lognormvariate(-0.21, 0.65) * 10**10)
        actor = Actor(member=member)
        parts: list[tuple[str, Workspace | None, float]]
        if account == CONSOLE:
            parts = [("claude_code", self.people.code_workspace, 0.85)]
            if chance.random() < 0.3:
                parts.append(("claude_console", self.people.default_workspace, 0.15))
        else:
            parts = [("claude_code", None, 0.7)]
            if chance.random() < 0.6:
                parts.append(("chat", None, 0.2))
            if chance.random() < 0.15:
                parts.append((chance.choice(("cowork", "office_agent", "claude_design")), None, 0.2))
            if chance.random() < 0.02:
                parts.append((chance.choice(("claude_tag", "cc_security_autopatch")), None, 0.1))
        rows = []
        for product, workspace, share in parts:
            models = self._models(day, chance, 2 if product == "claude_code" else 1)
            for model in models:
                budget = int(total * share * chance.uniform(0.5, 1.2)) // len(models)
                mix = _MIXES.get(product, _MIXES["chat"])
                rows.append(self._use(account, day, actor, None, model, product, workspace, budget, mix, "standard", chance))
        return rows

    def _key_use(self, key: Key, day: date, chance: random.Random, growth: float) -> list[Use]:
        # The workflow of that story works the same every day but for one: what a run costs is known well.
        story = self._organisation.stories.day(LOOP)
        is_steady = story is not None and key.name == self.looping_key()
        if chance.random() < 0.06 and not is_steady:
            return []
        weekend = 0.45 if day.weekday() >= 5 else 1.0
        total = int(key.mean * growth * weekend * chance.lognormvariate(-0.1, 0.15 if is_steady else 0.45) * 10**10)
        actor = Actor(service_account=key.service_account) if key.service_account else Actor(key=key)
        if key.name.endswith("-worker"):
            actor = Actor(subject=f"repo:{key.workspace.name}:ref:refs/heads/main")
        tier = "batch" if key.product == "message_batches_api" else "standard"
        own = None if actor.subject else key
        models = self._models(day, chance, 2)
        if key.name in self._swapping:
            is_small = day < self._swap_day
            models = [m for m in MODELS if m.name in ((SMALL,) if is_small else LARGE) and m.start <= day < m.end]
            total //= DEARER if is_small else 1
        total *= LOOP_FACTOR if is_steady and day == story else 1
        rows = [
            self._use(CONSOLE, day, actor, own, m, key.product, key.workspace, total // len(models), _API_MIX, tier, chance) for m in models
        ]
        if key.product == "managed_agents_api" or chance.random() < 0.15:
            runs = chance.randint(1, 40)
            product = key.product if key.product == "managed_agents_api" else "messages_api"
            zero = (0, 0, 0, 0, 0)
            rows.append(Use(CONSOLE, day, actor, own, None, product, key.workspace, zero, runs, 0, runs * chance.randint(40, 900), tier))
        return rows

    def _models(self, day: date, chance: random.Random, most: int) -> list[Model]:
        there = [model for model in MODELS if model.start <= day < model.end]
        return list(dict.fromkeys(chance.choices(there, [model.weight for model in there], k=chance.randint(1, most))))

    def _use(
        self,
        account: str,
        day: date,
        actor: Actor,
        key: Key | None,
        model: Model,
        product: str,
        workspace: Workspace | None,
        budget: int,
        mix: tuple[int, int, int, int],
        tier: str,
        chance: random.Random,
    ) -> Use:
        """Tokens that cost about `budget` 1e-12 USD."""
        per_ten = sum(share * price for share, price in zip(mix, model.prices, strict=False)) + 10 * model.prices[4]
        output = max(budget * 10 // per_ten, 20) * (2 if tier == "batch" else 1)
        uncached, short, long, read = (output * share * chance.randint(85, 115) // 1000 for share in mix)
        requests = max(1, output // chance.randint(350, 900))
        searches = chance.randint(1, 9) if product in ("chat", "cowork") and chance.random() < 0.2 else 0
        return Use(account, day, actor, key, model, product, workspace, (uncached, short, long, read, output), requests, searches, 0, tier)

    # --- what the vendor knows of it, and when ---

    def _decide(self, account: str) -> None:
        dice, faults = self._dice, self._faults
        deletion_done = False
        for day in self._config.history():
            if dice.fraction("claude late", account, day) < faults.rate("late_day"):
                self._late[account, day] = (
                    dice.between(1, 3, "claude late by", account, day),
                    dice.between(50, 100, "cl share", account, day),
                )
                by, share = self._late[account, day]
                faults.note("late_day", f"anthropic/{account}", day, f"{share} % of actors {by} days late")
            if dice.fraction("claude not ready", account, day) < faults.rate("not_ready"):
                self._stuck.add((account, day))
                faults.note("not_ready", f"anthropic/{account}", day, "refreshes of the day after are delayed by a day")
            if dice.fraction("claude restated", account, day) < faults.rate("restated_day"):
                sign = 1 if dice.number("claude sign", account, day) % 2 else -1
                size = sign * dice.between(1_000, 50_000, "claude restated by", account, day)
                at = _midnight(day) + timedelta(days=dice.between(5, 28, "claude restated at", account, day), hours=2)
                actors = sorted({use.actor.id for use in self.all_of(account, day)})
                deleted = None if deletion_done or not actors else actors[dice.number("claude deleted", account, day) % len(actors)]
                deletion_done = deletion_done or bool(deleted)
                self._changes[account, day] = Change(at, size, deleted)
                faults.note("restated_day", f"anthropic/{account}", day, f"{size} millionths on {at:%Y-%m-%d}, deleted: {deleted}")

    def refreshed_at(self, account: str, now: datetime) -> datetime:
        """The last refresh of the vendor's data before `now`: every four hours, on some days not before the next."""
        instant = _midnight(now.date()) + timedelta(hours=(now.hour // 4) * 4)
        if (account, instant.date() - timedelta(days=1)) in self._stuck:
            instant = _midnight(instant.date()) - timedelta(hours=4)
        return instant

    def known(self, account: str, day: date, as_of: datetime) -> list[Use]:
        """What the vendor's data of `as_of` holds of `day`: half of a day that is not over, later arrivals and restatements in force."""
        over = _midnight(day + timedelta(days=1))
        if as_of <= _midnight(day):
            return []
        change = self._changes.get((account, day))
        millionths = change.parts_per_million if change and change.instant <= as_of else 0
        gone = change.deleted if change and change.instant <= as_of else None
        rows = []
        for use in self.all_of(account, day):
            if use.actor.id == gone or self._arrives(account, day, use.actor, over) > max(as_of, over):
                continue
            part = 500_000 if as_of < over else 1_000_000 + millionths
            rows.append(use if part == 1_000_000 else _scaled(use, part))
        return rows

    def final_millionths(self, account: str, day: date, actor: str) -> int:
        """What the vendor's last word on a day makes of an actor's use as first recorded, in millionths; 0 where it took it back."""
        change = self._changes.get((account, day))
        if change is None:
            return 1_000_000
        return 0 if change.deleted == actor else 1_000_000 + change.parts_per_million

    def _arrives(self, account: str, day: date, actor: Actor, over: datetime) -> datetime:
        late = self._late.get((account, day))
        if late and self._dice.number("claude is late", account, day, actor.id) % 100 < late[1]:
            return over + timedelta(days=late[0])
        rate = self._faults.rate("straggler")
        if rate and self._dice.fraction("claude straggler", account, day, actor.id) < rate:
            return over + timedelta(days=1)
        return over


def _scaled(use: Use, millionths: int) -> Use:
    tokens = [max(count * millionths // 1_000_000, 1) if count else 0 for count in use.tokens]
    scaled = (tokens[0], tokens[1], tokens[2], tokens[3], tokens[4])
    return use._replace(
        tokens=scaled, requests=max(use.requests * millionths // 1_000_000, 1), seconds=use.seconds * millionths // 1_000_000
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
