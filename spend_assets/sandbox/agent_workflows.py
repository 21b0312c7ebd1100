"""The workflows that agents run by themselves: what each is for, whose it is, when it proposes a change, and on which keys it runs.

One story is in them: the bot of dependency updates runs on a small model until its team takes the largest one, and does the same with it.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from spend_assets.sandbox.anthropic_people import Key
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
SWAPPED = "dependency-updates"
SMALL, LARGE = "claude-haiku-5-5", ("claude-opus-4-8", "claude-opus-5-5")
DEARER = 45
"""From $4 to $180 for the same work."""
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


def workflows_of_keys(workflows: list[AgentWorkflow], keys: Iterable[Key], dice: Dice) -> dict[str, AgentWorkflow]:
    """Which workflow each key serves, by the key's name. Those that telemetry tells of come first, so that the first workflows have one."""
    products = {key.name: key.product for key in keys}
    names = sorted(products, key=lambda name: (products[name] != "messages_api", dice.number("workflow of", name)))
    return {name: workflows[place % len(workflows)] for place, name in enumerate(names)}


def swap_day(end: date) -> date:
    """The Monday on which the bot's model is another one: some three weeks before the history ends."""
    day = end - timedelta(days=17)
    return day - timedelta(days=day.weekday())
