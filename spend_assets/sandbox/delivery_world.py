"""What the teams deliver: repositories, and the pull requests, agent tasks, deployments and incidents in them.

Work begins where usage says so: each of the cloud agent's rows in the usage ledger is an agent task with the same credits. People open pull
requests besides. A pure function of the seed, made per repository when it is first asked for.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from spend_assets.sandbox import names
from spend_assets.sandbox.agent_workflows import agent_workflows
from spend_assets.sandbox.delivery_story import Change, History, Plan, tell
from spend_assets.sandbox.organisation import Team
from spend_assets.sandbox.world import World

OPENS_A_CHANGE = 0.22
"""Chance that a person with an account opens a pull request on a workday [assumed: about one a week]."""
HANDBOOK = "handbook"
"""One archived repository per organisation, without work in it and with its issues switched off."""


@dataclass(frozen=True)
class Repository:
    place: int
    number: int
    """GitHub's id."""
    org: str
    name: str
    team: Team | None
    created: datetime
    flaky: bool = False
    """Its CI fails and is run again and again: the retry storm."""
    says_production: bool = True
    """Whether its deployments carry the flag production_environment."""

    @property
    def full_name(self) -> str:
        return f"{self.org}/{self.name}"


class _Work(NamedTuple):
    plans: dict[str, list[Plan]]
    """By full name of the repository."""
    colleagues: dict[str, list[tuple[int, date, date]]]
    """By full name: (account number, first day, day after the last) of everybody who works there."""


class DeliveryWorld:
    def __init__(self, world: World):
        self.world = world
        self._lock = threading.Lock()
        self._work: _Work | None = None
        self._histories: dict[str, History] = {}
        self.repositories = self._make_repositories()
        self.by_name = {repository.full_name.lower(): repository for repository in self.repositories}

    def history(self, repository: Repository) -> History:
        """Everything that ever happens in a repository, the future of the virtual clock included."""
        with self._lock:
            if repository.full_name not in self._histories:
                if self._work is None:
                    self._work = self._make_work()
                plans = self._work.plans.get(repository.full_name, [])
                colleagues = self._work.colleagues.get(repository.full_name, [])
                self._histories[repository.full_name] = tell(self.world, repository, plans, colleagues)
            return self._histories[repository.full_name]

    def changes(self) -> list[Change]:
        """Every pull request of the company, by repository."""
        return [change for repository in self.repositories for change in self.history(repository).changes]

    def _make_repositories(self) -> list[Repository]:
        dice, organisation = self.world.dice, self.world.organisation
        ids: set[int] = set()
        flaky = dice.between(0, len(organisation.teams) - 1, "flaky repository")
        found = []
        for place, team in enumerate(organisation.teams):
            found.append(
                Repository(
                    place=place,
                    number=dice.distinct(180_000_000, 990_000_000, ids, "repository", place),
                    org=team.org,
                    name=team.slug,
                    team=team,
                    created=self._before_history(place),
                    flaky=place == flaky,
                    says_production=dice.fraction("says production", place) < 0.8,
                )
            )
        for number, org in enumerate(organisation.orgs):
            place = len(organisation.teams) + number
            repository_id = dice.distinct(180_000_000, 990_000_000, ids, "repository", place)
            found.append(Repository(place, repository_id, org, HANDBOOK, None, self._before_history(place)))
        return found

    def _before_history(self, place: int) -> datetime:
        start = self.world.config.start - timedelta(days=self.world.dice.between(100, 1_900, "repository age", place))
        return datetime.combine(start, time(9, place % 60, 7), UTC)

    def _make_work(self) -> _Work:
        """Who begins what, where and when: from the usage ledger, and from everybody's workdays."""
        world = self.world
        plans: dict[str, list[Plan]] = defaultdict(list)
        colleagues: dict[str, list[tuple[int, date, date]]] = defaultdict(list)
        history = world.config.history()
        end = world.config.end + timedelta(days=1)
        for account in world.identities.accounts:
            if account.person is None:
                continue
            for span in account.person.spans:
                first = max(span.start, account.start, world.config.start)
                last = min(span.end or end, account.end or end, end)
                if first < last:
                    colleagues[f"{span.team.org}/{span.team.slug}"].append((account.number, first, last))
        for name, people in colleagues.items():
            for number, first, last in people:
                person = world.identities.accounts[number].person
                for offset in range((last - first).days):
                    day = first + timedelta(days=offset)
                    busy = day.weekday() < 5 and world.dice.fraction("opens", number, day) < OPENS_A_CHANGE
                    if busy and person is not None and person.works_on(day):
                        plans[name].append(Plan(day, "human", number, 0))
        for repository in self.repositories:
            for day in history if repository.team else ():
                if day.weekday() == 0 and world.dice.fraction("bot", repository.place, day) < 0.5:
                    plans[repository.full_name].append(Plan(day, "dependencies", None, 0))
        known = {repository.full_name for repository in self.repositories}
        for day in history:
            for row in world.usage.all_of(day):
                if row.model is names.CODING_AGENT and row.repository in known and row.payer is not None:
                    owner = world.identities.accounts[row.account]
                    if owner.person is not None:
                        automated = world.dice.fraction("automation", row.account, day) < 0.06
                        plans[row.repository].append(Plan(day, "automation" if automated else "agent", row.account, row.credits))
        for workflow in agent_workflows(world.organisation, world.dice):
            for day in history:
                if workflow.proposes_on(day):
                    plans[workflow.repository].append(Plan(day, "workflow", None, 0, workflow.name))
        return _Work(dict(plans), dict(colleagues))
