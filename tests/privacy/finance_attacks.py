"""What finance could read off its own tables: stages of budgets and cost centres, beside the totals that are told of everybody."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from tests.privacy.attacks import Cell, K
from tests.privacy.company import Line
from tests.privacy.project import DIVISIONS, Published

SHARE = Decimal("0.15")


def of_few(lines: Iterable[Line]) -> bool:
    """Whether use or cost of these lines is that of fewer than k, or the largest can be read by the second largest, up to 15 %."""
    used: dict[str, Decimal] = defaultdict(Decimal)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.person:
            used[line.person] += line.consumption or 0
            cost[line.person] += line.billed or 0
    for figure in (used, cost):
        amounts = sorted((abs(amount) for amount in figure.values() if amount), reverse=True)
        if 0 < len(amounts) < K or sum(amounts[2:], Decimal(0)) < SHARE * max(amounts, default=Decimal(0)):
            return True
    return False


def read_by_stages(told: Published, lines: Sequence[Line]) -> Iterator[str]:
    """A stage and its morning tell about how much a scope had spent by then; all told scopes from the total of all leave the rest."""
    stages: dict[Cell, set[str]] = defaultdict(set)
    for month, scope, name, vendor, stage in told.rows(
        "finance", "select month, scope, scope_id, vendor, stage from marts.budget_status where scope in ('team', 'cost_center')"
    ):
        stages[month, scope, vendor] |= set() if stage == "(suppressed)" else {name}
    for (month, scope, vendor), names in stages.items():
        groups: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.person and line.day < told.as_of and line.day.replace(day=1) == month and vendor in (line.vendor, "(all)"):
                group = line.team if scope == "team" else DIVISIONS[line.team]
                groups[group if group in names else "the rest"].append(line)
        for name, inside in groups.items():
            if of_few(inside):
                yield f"{scope} {month} {vendor}: {name}"


def charged_beside_teams(told: Published) -> Iterator[str]:
    """What cost centres are charged that is no sum of team weeks which everybody may read: only that could tell more."""
    sums: dict[Cell, Decimal] = defaultdict(Decimal)
    for month, team, vendor, series, amount in told.rows(
        "aggregate",
        "select cast(date_trunc('month', week + interval 6 day) as date), team, vendor, series, effective_usd "
        "from marts.spend_per_team_weekly where effective_usd is not null",
    ):
        sums[month, DIVISIONS.get(team, team if team.startswith("(") else "(no cost centre)"), vendor, series] += amount
    charged = {
        (month, center, vendor, series): amount
        for month, center, vendor, series, amount in told.rows(
            "finance",
            "select month, cost_center, vendor, series, effective_usd from marts.chargeback_monthly where effective_usd is not null",
        )
    }
    for cell in sorted(sums.keys() | charged.keys(), key=str):
        if sums.get(cell, Decimal(0)) != charged.get(cell, Decimal(0)):
            yield f"{cell}: {charged.get(cell)} charged, {sums.get(cell)} told"


def budgets_beside_days(told: Published) -> Iterator[str]:
    """What budgets say was spent that is no sum of the days of all, which everybody may read."""
    days = told.rows(
        "aggregate",
        "select cast(date_trunc('month', day) as date), vendor, sum(effective_usd) from marts.spend_by_vendor_daily group by all",
    )
    sums: dict[Cell, Decimal] = defaultdict(Decimal)
    for month, vendor, amount in days:
        for scope in (("vendor", vendor), ("organisation", "(all)")):
            sums[month, *scope] += amount or 0
    for month, scope, name, spent in told.rows(
        "finance", "select month, scope, scope_id, spent_usd from marts.budget_status where spent_usd is not null"
    ):
        if sums.get((month, scope, name)) != spent:
            yield f"{scope} {name} {month}: {spent}, told {sums.get((month, scope, name))}"
