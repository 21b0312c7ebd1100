"""Actions minutes and sandboxes: those that agents caused (AI spend) and ordinary CI beside them (not AI spend)."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from spend_assets.sandbox import names
from spend_assets.sandbox.identities import next_month
from spend_assets.sandbox.ledger import MeteredDay
from spend_assets.sandbox.usage import UsageLedger

AGENT_PATH = "dynamic/copilot-swe-agent/copilot"
REVIEW_PATH = "dynamic/agents/copilot-pull-request-reviewer"
_CI_PATHS = (".github/workflows/ci.yml", ".github/workflows/release.yml", ".github/workflows/nightly.yml")
_MINUTE_PRICE = 6_000
"""$0.006 a minute, in millionths."""
_SANDBOX = (("sandbox_linux", "vcpu-hours", 90_000), ("sandbox_memory", "gib-hours", 12_000), ("sandbox_snapshot", "gib-months", 70_000))
_INCLUDED_MINUTES_PER_PERSON = 40


class _Key(NamedTuple):
    """What tells two rows of a day apart; use with the same key is one row."""

    product: str
    sku: str
    unit_type: str
    price: int
    account: int | None
    organization: str
    repository: str
    cost_center: str
    workflow_path: str


class Metered:
    """Metered use follows the agents' work of the day as first recorded; it is not restated."""

    def __init__(self, usage: UsageLedger):
        self._usage = usage
        self._organisation = usage.organisation
        self._dice = usage.organisation.dice
        self._lock = threading.Lock()
        self._months: dict[date, dict[date, list[MeteredDay]]] = {}

    def day(self, day: date, as_of: datetime) -> list[MeteredDay]:
        """Rows of `day`, empty until billing shows it."""
        if as_of < self._usage.schedule.ready(day, "billing"):
            return []
        first = day.replace(day=1)
        with self._lock:
            month = self._months.get(first)
        if month is None:
            month = self._month(first)
            with self._lock:
                self._months[first] = month
        return month[day]

    def _month(self, first: date) -> dict[date, list[MeteredDay]]:
        left = len(self._organisation.people) * _INCLUDED_MINUTES_PER_PERSON * 1_000_000
        month: dict[date, list[MeteredDay]] = {}
        for number in range((next_month(first) - first).days):
            day = first + timedelta(days=number)
            rows = []
            for row in self._agents(day) + self._ci(day):
                discount = 0
                if row.product == "actions":
                    free = min(left, row.quantity)
                    left -= free
                    discount = free * row.price
                rows.append(replace(row, discount=discount))
            month[day] = rows
        return month

    def _agents(self, day: date) -> list[MeteredDay]:
        rows: dict[_Key, int] = {}
        for use in self._usage.all_of(day):
            review = use.model is names.CODE_REVIEW
            if use.model is not names.CODING_AGENT and not review:
                continue
            number = self._dice.number("agent minutes", day, use.account, use.model.billed)
            team = self._organisation.teams[use.account % len(self._organisation.teams)]
            repository = use.repository or f"{team.org}/{team.slug}"
            organization = repository.split("/")[0]
            path = REVIEW_PATH if review else AGENT_PATH
            minutes = 2 + number % 9 if review else 6 + number % 70
            key = _Key("actions", "actions_linux", "minutes", _MINUTE_PRICE, use.payer, organization, repository, use.cost_center, path)
            rows[key] = rows.get(key, 0) + minutes * 1_000_000
            if not review:
                for place, (sku, unit, price) in enumerate(_SANDBOX):
                    quantity = (number >> (8 * place)) % 4_000_000 + 12_500
                    key = _Key("copilot", sku, unit, price, use.payer, organization, repository, use.cost_center, "")
                    rows[key] = rows.get(key, 0) + quantity
        return [_metered(day, key, quantity) for key, quantity in rows.items()]

    def _ci(self, day: date) -> list[MeteredDay]:
        config = self._organisation.config
        if not config.start <= day <= config.end:
            return []
        rows = []
        for number, team in enumerate(self._organisation.teams):
            path = _CI_PATHS[number % len(_CI_PATHS)]
            minutes = self._dice.between(15, 160, "ci", day, number) // (6 if day.weekday() >= 5 else 1)
            key = _Key(
                "actions", "actions_linux", "minutes", _MINUTE_PRICE, None, team.org, f"{team.org}/{team.slug}", team.cost_center, path
            )
            rows.append(_metered(day, key, minutes * 1_000_000))
        return rows


def _metered(day: date, key: _Key, quantity: int) -> MeteredDay:
    return MeteredDay(day=day, quantity=quantity, gross=quantity * key.price, discount=0, **key._asdict())
