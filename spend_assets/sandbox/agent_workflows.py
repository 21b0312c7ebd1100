"""The company's workflows that agents run by themselves: what each is for, whose it is, and on which days it proposes a change."""

from datetime import date
from typing import NamedTuple

from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.organisation import Organisation, Team


class AgentWorkflow(NamedTuple):
    name: str
    title: str
    task_class: str
    window: str
    """When it is meant to run; empty is always."""
    minutes: int
    """What a task takes by hand; 0 where nobody measured it."""
    weekdays: tuple[int, ...]
    """Days on which it opens a pull request; without any it never does."""
    team: Team

    @property
    def id(self) -> str:
        return f"{self.name}-{self.team.slug}"

    @property
    def repository(self) -> str:
        return f"{self.team.org}/{self.team.slug}"

    def proposes_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays


READ = 4
_CATALOG = (
    ("dependency-updates", "Weekly dependency updates", "automation", "Mon-Fri 04:00-08:00", 115, (0, 2)),
    ("docs-refresh", "Docs refresh", "docs", "", 25, (1, 4)),
    ("test-backfill", "Test backfill", "tests", "", 90, (0, 1, 3)),
    ("flaky-tests", "Flaky test repair", "tests", "Mon-Fri 06:00-18:00", 50, (2, 4)),
    ("security-patches", "Security patches", "code_change", "", 70, (1, 3)),
    ("api-migrations", "API migrations", "code_change", "Mon-Fri 06:00-18:00", 0, (0, 3)),
    ("release-notes", "Release notes", "docs", "Fri", 20, (4,)),
    ("nightly-triage", "Nightly triage", "automation", "Mon-Sun 00:00-05:00", 0, ()),
)


def agent_workflows(organisation: Organisation, dice: Dice) -> list[AgentWorkflow]:
    """Every workflow, in the order of workflows.csv."""
    found = []
    # Delivery is read of the first repositories; one workflow may work where nobody sees what became of it.
    first = organisation.teams[:READ]
    for name, title, task_class, window, minutes, weekdays in _CATALOG:
        teams = organisation.teams if name == "api-migrations" else first
        team = teams[dice.number("workflow team", name) % len(teams)]
        by_hand = minutes + dice.between(0, 9, "baseline", name) if minutes else 0
        found.append(AgentWorkflow(name, title, task_class, window, by_hand, weekdays, team))
    return found
