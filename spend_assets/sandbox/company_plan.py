"""What the company says of itself in files: owners of keys, who is who at a vendor, workflows, goals, budgets, holidays."""

from collections.abc import Iterator
from datetime import date, timedelta

from spend_assets.sandbox import names
from spend_assets.sandbox.agent_workflows import agent_workflows
from spend_assets.sandbox.anthropic_people import CONSOLE, AnthropicPeople
from spend_assets.sandbox.company_terms import API, COPILOT, CURSOR, LONG_AGO
from spend_assets.sandbox.cursor_team import CursorTeam
from spend_assets.sandbox.ledger import months_of
from spend_assets.sandbox.organisation import Team
from spend_assets.sandbox.world import World

Row = dict[str, str]
_MEASURES = (
    ("cost_per_completed_task_usd", "at_most", 3, 19),
    ("lead_time_hours", "at_most", 18, 70),
    ("merged_changes", "at_least", 12, 60),
    ("change_fail_rate", "at_most", 0, 1),
)


class CompanyPlan:
    """Rows by file, each a text by column, as the company knows things on `day`."""

    def __init__(self, world: World):
        self._world, self._dice = world, world.dice
        self._organisation = world.organisation
        self._claude, self._cursor = AnthropicPeople(world.organisation), CursorTeam(world)

    def identity_map(self, day: date) -> Iterator[Row]:
        """Whom HR's addresses and logins do not show: logins that HR never noted, accounts that contractors bring along, addresses with a
        tag or of before the merger."""
        for account in self._world.identities.accounts:
            person = account.person
            if person is None or account.start > day:
                continue
            if person.employment == "contractor" or self._dice.fraction("login unknown to HR", person.employee_id) < 0.02:
                yield _identity(person.employee_id, COPILOT, "vendor_id", str(account.user_id), account.start)
        for member in self._cursor.members:
            if member.joined.date() <= day and member.principal not in {span.email.lower() for span in member.person.spans}:
                yield _identity(member.person.employee_id, CURSOR, "email", member.email, member.joined.date())
        for claude in self._claude.members[CONSOLE]:
            if claude.tag and claude.added <= day:
                yield _identity(claude.person.employee_id, API, "vendor_id", claude.user_id, claude.added)

    def key_owners(self, day: date) -> Iterator[Row]:
        """Keys by name, which stays when a key is rotated. Nobody owns those that nobody made."""
        made = {key.name: key for key in reversed(self._claude.keys) if key.owner and key.created <= day}
        for name, key in sorted(made.items()):
            team = self._team(key.workspace.tags.get("team", ""))
            owner = key.owner.person.employee_id if key.owner and not team else ""
            environment = "ci" if "eval" in name else key.workspace.tags.get("env", "prod")
            center = team.cost_center if team and "cost_center" not in key.workspace.tags else ""
            yield _key(API, "name", name, owner, team, center, environment, min(k.created for k in self._claude.keys if k.name == name))
        for service in self._cursor.service_accounts:
            team = self._organisation.teams[self._dice.number("service account team", service.id) % len(self._organisation.teams)]
            yield _key(CURSOR, "id", service.id, "", team, "", "ci", LONG_AGO)

    def workflows(self, day: date) -> Iterator[Row]:
        """Some belong to another team from the reorganisation on."""
        teams, reorg = self._organisation.teams, self._organisation.reorg
        for number, workflow in enumerate(agent_workflows(self._organisation, self._dice)):
            row = {
                "workflow_id": workflow.id,
                "name": f"{workflow.title} of {workflow.team.name}",
                "service": workflow.team.slug,
                "repository": workflow.repository,
                "owner_team": workflow.team.name,
                "task_class": workflow.task_class,
                "delivery_window": workflow.window,
                "baseline_manual_minutes": str(workflow.minutes) if workflow.minutes else "",
                "playbook_url": f"https://wiki.acme.example/agents/{workflow.name}",
                "valid_from": LONG_AGO.isoformat(),
                "valid_to": "",
            }
            moves = number % 3 == 1 and reorg <= day
            yield {**row, "valid_to": reorg.isoformat() if moves else ""}
            if moves:
                yield {**row, "owner_team": teams[(teams.index(workflow.team) + 1) % len(teams)].name, "valid_from": reorg.isoformat()}

    def goals(self, day: date) -> Iterator[Row]:
        for number, (measure, direction, low, high) in enumerate(_MEASURES):
            team = self._organisation.teams[self._dice.number("goal team", number) % len(self._organisation.teams)]
            target = (
                f"0.{self._dice.between(5, 19, 'goal', number):02d}" if high == 1 else str(self._dice.between(low, high, "goal", number))
            )
            yield {
                "goal_id": f"{day.year}-{number + 1}",
                "scope": "team",
                "scope_id": team.name,
                "measure": measure,
                "direction": direction,
                "target": target,
                "valid_from": date(day.year, 1, 1).isoformat(),
                "valid_to": date(day.year + 1, 1, 1).isoformat(),
            }

    def budgets(self, day: date) -> Iterator[Row]:
        """Per month of the history and the one after it: of all, of each vendor, and of some teams, cost centres, workflows and keys."""
        config, dice = self._world.config, self._dice
        teams = self._organisation.teams[: max(2, len(self._organisation.teams) // 4)]
        scopes = [("organisation", "", 150), *(("vendor", vendor, 60) for vendor in ("github_copilot", "anthropic", "cursor", "openai"))]
        scopes += [("team", team.name, 6) for team in teams] + [("cost_center", team.cost_center, 9) for team in teams[::2]]
        # A workflow that changed its owner has two rows, teams share cost centres: each has one budget.
        scopes = list(dict.fromkeys([*scopes, *(("workflow", row["workflow_id"], 1) for row in self.workflows(config.start))]))
        for month in months_of(config.start, day + timedelta(days=31)):
            for scope, name, dollars in scopes:
                amount = dollars * config.people * dice.between(83, 117, "budget", scope, name, month)
                yield {
                    "scope": scope,
                    "scope_id": name,
                    "vendor": "",
                    "month": month.isoformat(),
                    "amount": f"{amount // 100}.{amount % 100:02d}",
                }

    def holidays(self, day: date) -> Iterator[Row]:
        for entity, days in names.HOLIDAYS.items():
            for year in range(self._world.config.start.year, day.year + 1):
                for month, number in sorted(days):
                    yield {"entity": entity, "day": date(year, month, number).isoformat(), "name": f"Public holiday {number}/{month}"}

    def _team(self, slug: str) -> Team | None:
        return next((team for team in self._organisation.teams if team.slug == slug), None)


def _identity(employee_id: str, bill: tuple[str, str], kind: str, identifier: str, start: date) -> Row:
    return {
        "employee_id": employee_id,
        "vendor": bill[0],
        "account": bill[1],
        "identifier_kind": kind,
        "identifier": identifier,
        "valid_from": start.isoformat(),
        "valid_to": "",
    }


def _key(bill: tuple[str, str], kind: str, key: str, owner: str, team: Team | None, center: str, environment: str, start: date) -> Row:
    return {
        "vendor": bill[0],
        "account": bill[1],
        "key_kind": kind,
        "key": key,
        "owner_employee_id": owner,
        "owner_team": team.name if team else "",
        "cost_center": center,
        "environment": environment,
        "workflow_id": "",
        "valid_from": start.isoformat(),
        "valid_to": "",
    }
