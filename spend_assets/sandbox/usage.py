"""The hidden ledger of use: who consumed how much of which model on which day. Everything GitHub shows is a view of this."""

import math
import random
import threading
from collections import OrderedDict
from datetime import date, datetime, timedelta
from typing import NamedTuple

from spend_assets.sandbox import names
from spend_assets.sandbox.identities import Account, Identities
from spend_assets.sandbox.names import Model
from spend_assets.sandbox.schedule import Schedule, View

CREDITS_START = date(2026, 6, 1)
"""Before this day Copilot billed premium requests."""
CREDIT_SKU, AGENT_SKU, REQUEST_SKU = "copilot_ai_credit", "coding_agent_ai_credit", "copilot_premium_request"
_MULTIPLIER = {"Claude Opus 4.7": 10_000_000, "Claude Opus 5": 10_000_000, "GPT-5.5": 3_000_000, "GPT-5.4 mini": 330_000}
_KEPT_DAYS = 64


class Usage(NamedTuple):
    """One account's use of one model on one day, as the ledger keeps it. Credits and requests in millionths."""

    account: int
    payer: int | None
    """Account number that the billing file names; None where nobody is charged (a reviewer without seat)."""
    sku: str
    model: Model
    auto: bool
    organization: str
    repository: str
    cost_center: str
    credits: int
    requests: int
    output_tokens: int


class UsageLedger:
    """`day(...)` is generated on demand, from the seed and the day alone, and kept for two months of days."""

    def __init__(self, identities: Identities, schedule: Schedule):
        self.identities, self.schedule = identities, schedule
        self.organisation = identities.organisation
        self._config, self._dice = self.organisation.config, self.organisation.dice
        self._lock = threading.Lock()
        self._days: OrderedDict[date, list[Usage]] = OrderedDict()
        self._models: dict[date, tuple[list[Model], list[float]]] = {}
        chance = self._dice.random("budgeted")
        numbers = [account.number for account in identities.accounts if account.kind == "person" and not account.idle]
        chance.shuffle(numbers)
        self._budgeted = set(numbers[: max(1, round(len(numbers) * 0.03))])
        self._unseated_reviewers = [account.number for account in identities.accounts if account.kind == "person" and not account.seated]

    def is_active(self, account: Account, day: date) -> bool:
        """Whether the account used Copilot on `day` at all."""
        if not self._config.start <= day <= self._config.end or not account.exists_on(day):
            return False
        if account.kind == "bot":
            return day.weekday() < 5
        fraction = self._dice.fraction("active", account.number, day)
        if not account.seated:
            return account.kind == "person" and day.weekday() < 5 and fraction < 0.06
        if account.idle or fraction >= account.activity:
            return False
        if account.person is not None and not account.person.works_on(day):
            return False
        if day.weekday() >= 5 and fraction >= account.activity * 0.12:
            return False
        return self.identities.billed_seat(account, day) is not None

    def all_of(self, day: date) -> list[Usage]:
        """Every usage row of `day` as first recorded: before restatements, whether visible or not."""
        with self._lock:
            rows = self._days.get(day)
            if rows is not None:
                self._days.move_to_end(day)
                return rows
        rows = self._generate(day)
        with self._lock:
            self._days[day] = rows
            while len(self._days) > _KEPT_DAYS:
                self._days.popitem(last=False)
        return rows

    def day(self, day: date, view: View, as_of: datetime) -> list[Usage]:
        """What `view` shows of `day` at `as_of`: visible rows only, restated where a restatement is in force."""
        if as_of < self.schedule.ready(day, view):
            return []
        change = self.schedule.restatement(day, as_of)
        visible: dict[int, bool] = {}
        rows = []
        for row in self.all_of(day):
            seen = visible.get(row.account)
            if seen is None:
                seen = visible[row.account] = self.schedule.visible_from(day, row.account, view) <= as_of
            if not seen:
                continue
            if change is not None:
                if change.deleted == row.account:
                    continue
                row = row._replace(
                    credits=self.schedule.restated_units(row.credits, change), requests=self.schedule.restated_units(row.requests, change)
                )
            rows.append(row)
        return rows

    def _choices(self, day: date) -> tuple[list[Model], list[float]]:
        found = self._models.get(day)
        if found is None:
            models = [model for model in names.MODELS if model.start <= day < model.end]
            found = self._models[day] = (models, [model.weight for model in models])
        return found

    def _growth(self, day: date) -> float:
        """Use grows by a third per quarter around 2026-09-01, with two launch weeks."""
        growth = math.exp((day - date(2026, 9, 1)).days * 0.0031)
        return min(max(growth, 0.35), 2.2) * (1.25 if day.isocalendar().week in (37, 42) else 1.0)

    def _generate(self, day: date) -> list[Usage]:
        if not self._config.start <= day <= self._config.end:
            return []
        chance = self._dice.random("usage", day)
        growth = self._growth(day)
        rows: list[Usage] = []
        for account in self.identities.accounts:
            if self.is_active(account, day):
                rows.extend(self._use(account, day, chance, growth))
        return rows

    def _use(self, account: Account, day: date, chance: random.Random, growth: float) -> list[Usage]:
        organisation = self.organisation
        sigma = self._config.sigma_within_user
        if account.number in self._budgeted and day.day >= 23:
            return []
        if account.seated and chance.random() < 0.07:
            return []  # only completions: active, no credits
        total = account.daily_micro_credits * growth * math.exp(chance.gauss(0, sigma) - sigma * sigma / 2)
        if chance.random() < 0.10:
            total *= 0.15
        team = account.team_on(day)
        organization = "" if account.kind == "second" else self.identities.home_org(account, day)
        cost_center = team.cost_center if team and account.kind != "second" else ""
        payer: int | None = account.number
        parts: list[tuple[str, Model, bool, str, float]] = []
        if not account.seated and account.kind == "person":
            payer, organization, cost_center = None, "", ""
            parts.append((CREDIT_SKU, names.CODE_REVIEW, False, "", min(total, 9_000_000.0)))
        elif account.kind == "bot":
            cost_center = ""
            repository = f"{organization}/{organisation.teams[chance.randrange(len(organisation.teams))].slug}"
            parts.append((AGENT_SKU, names.CODING_AGENT, False, repository, total * 0.02))
        else:
            models, weights = self._choices(day)
            for model in dict.fromkeys(chance.choices(models, weights, k=chance.choice((1, 1, 2, 2, 3)))):
                parts.append((CREDIT_SKU, model, model.billed.startswith("Auto: "), "", total * chance.uniform(0.2, 1.0)))
            if chance.random() < 0.09:
                repository = f"{organization}/{team.slug}" if team and organization else ""
                parts.append((AGENT_SKU, names.CODING_AGENT, False, repository, total * chance.uniform(0.3, 1.2)))
            if chance.random() < 0.10:
                parts.append((CREDIT_SKU, names.CODE_REVIEW, False, "", total * chance.uniform(0.02, 0.2)))
        rows = [self._row(account, payer, part, organization, cost_center, day, chance) for part in parts]
        return self._split_cost_centre(rows, account, day)

    def _row(
        self,
        account: Account,
        payer: int | None,
        part: tuple[str, Model, bool, str, float],
        organization: str,
        cost_center: str,
        day: date,
        chance: random.Random,
    ) -> Usage:
        sku, model, auto, repository, micro_credits = part
        credits = max(int(micro_credits), 10_000)
        multiplier = _MULTIPLIER.get(model.billed, 1_000_000)
        turns = max(1, credits // 12_000_000 + chance.randint(0, 2))
        requests = turns * (multiplier * 9 // 10 if auto else multiplier)
        output_tokens = credits * 32 // (model.out_usd_per_mtok * 100) + 40
        sku = REQUEST_SKU if day < CREDITS_START else sku
        return Usage(account.number, payer, sku, model, auto, organization, repository, cost_center, credits, requests, output_tokens)

    def _split_cost_centre(self, rows: list[Usage], account: Account, day: date) -> list[Usage]:
        """On the day of a move, and now and then besides, a person's day is charged to two cost centres."""
        person = account.person
        if person is None or not rows or not rows[0].cost_center:
            return rows
        before = account.team_on(day - timedelta(days=1))
        moved = before is not None and before is not account.team_on(day)
        if not moved and self._dice.fraction("two cost centres", account.number, day) >= 0.003:
            return rows
        other = (
            before if moved else self.organisation.teams[self._dice.number("other cc", account.number, day) % len(self.organisation.teams)]
        )
        first = rows[0]
        if other is None or other.cost_center == first.cost_center or first.credits < 40_000 or first.requests < 40_000:
            return rows
        half = first._replace(
            cost_center=other.cost_center, credits=first.credits // 3, requests=first.requests // 2, output_tokens=first.output_tokens // 2
        )
        rest = first._replace(
            credits=first.credits - half.credits,
            requests=first.requests - half.requests,
            output_tokens=first.output_tokens - half.output_tokens,
        )
        return [half, rest, *rows[1:]]
