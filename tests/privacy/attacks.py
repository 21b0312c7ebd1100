"""What somebody tries who reads every published file and page, and knows the roster, the holidays and which team sits behind which cell.

Each attack returns what it learned of fewer than k persons, in words; nothing means that it failed. The attacker is given more than
security-privacy 20 says: the make-up of every merged cell (`Published.structure`), but no figure that is not published.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.privacy.company import Line
from tests.privacy.project import Published

K = 5
Cell = tuple[Any, ...]
Equation = dict[Cell, int]
HUMAN = ("human_usage", "human_seat")


def worth(line: Line) -> Decimal:
    return line.consumption if line.consumption is not None else line.billed or Decimal(0)


def people_of(lines: Iterable[Line]) -> dict[str, Decimal]:
    """What each person adds to a cell; nobody who adds nothing."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.person and worth(line):
            amounts[line.person] += worth(line)
    return {person: amount for person, amount in amounts.items() if amount}


def few(lines: Iterable[Line]) -> bool:
    return 0 < len(people_of(lines)) < K


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# --- what the cells are made of ---


def team_cells(told: Published) -> dict[Cell, list[Cell]]:
    """(week, series, team, vendor) as published -> the (team, vendor, month) in it, by the vendors' own names."""
    rows = told.structure(
        """
        select distinct told.week, told.series, told.published_team, told.published_vendor, spend.team, spend.vendor,
            cast(date_trunc('month', spend.day) as date)
        from intermediate.int_team_told as told
        join intermediate.int_privacy_days as days on told.week = days.week
        join intermediate.int_spend_told as spend
            on spend.day = days.day and spend.series = told.series and spend.team = told.team and spend.published_vendor = told.vendor
            and spend.is_person
        where told.contributor is not null
        """
    )
    cells: dict[Cell, list[Cell]] = defaultdict(list)
    for week, series, team, vendor, *part in rows:
        cells[week, series, team, vendor].append(tuple(part))
    return cells


def team_rows(told: Published) -> dict[Cell, Decimal]:
    rows = told.rows(
        "aggregate",
        "select week, series, team, vendor, coalesce(consumption_usd, billed_usd) from marts.spend_per_team_weekly "
        f"where series in {HUMAN} and coalesce(consumption_usd, billed_usd) is not null",
    )
    return {tuple(cell): amount for *cell, amount in rows}


def by_week(lines: Iterable[Line]) -> dict[Cell, list[Line]]:
    """The base cells of team weeks: (week, series, team, vendor, month)."""
    cells: dict[Cell, list[Line]] = defaultdict(list)
    for line in lines:
        if line.person:
            cells[monday(line.day), line.series, line.team, line.vendor, line.day.replace(day=1)].append(line)
    return cells


def content(cell: Cell, parts: Mapping[Cell, list[Cell]], base: Mapping[Cell, list[Line]]) -> list[Line]:
    week, series = cell[:2]
    return [line for part in parts.get(cell, []) for line in base.get((week, series, *part), [])]


def day_rows(told: Published) -> dict[Cell, tuple[Decimal, list[Cell]]]:
    """(day, vendor, account, series, model) as published -> its figure and the (day, vendor, account) that it holds; rows of persons."""
    behind: dict[Cell, list[Cell]] = defaultdict(list)
    for vendor, account, series, told_on, *base in told.structure(
        "select distinct published_vendor, published_account, series, told_on, day, vendor, account "
        "from intermediate.int_privacy_told_days where told_on is not null"
    ):
        behind[told_on, vendor, account, series].append(tuple(base))
    rows = told.rows(
        "aggregate",
        "select day, vendor, account, series, model, coalesce(consumption_usd, billed_usd) from marts.spend_by_vendor_daily "
        f"where series in {HUMAN} and told_on = day and coalesce(consumption_usd, billed_usd) is not null",
    )
    return {tuple(cell): (amount, behind[tuple(cell[:4])]) for *cell, amount in rows}


def of_days(lines: Iterable[Line]) -> dict[Cell, list[Line]]:
    cells: dict[Cell, list[Line]] = defaultdict(list)
    for line in lines:
        if line.person:
            cells[line.series, line.day, line.vendor, line.account].append(line)
    return cells


# --- reading single cells ---


def small_cells(told: Published, lines: Sequence[Line]) -> Iterator[str]:
    """Cells that hold few people as they stand."""
    base, parts = by_week(lines), team_cells(told)
    for cell in team_rows(told):
        if few(content(cell, parts, base)):
            yield f"team week {cell}"
    days = of_days(lines)
    models = {
        (tuple(key), model): name
        for *key, model, name in told.structure(
            "select told_on, published_vendor, published_account, series, model, published_model from intermediate.int_privacy_models"
        )
    }
    for cell, (_, held) in day_rows(told).items():
        series, name = cell[3], cell[4]
        inside = [
            line for part in held for line in days.get((series, *part), []) if models.get((cell[:4], line.model), "(other models)") == name
        ]
        if few(inside):
            yield f"day {cell}"


def dominated_cells(told: Published, lines: Sequence[Line]) -> Iterator[str]:
    """The second largest subtracts themself and reads the largest, up to 15 %."""
    base, parts = by_week(lines), team_cells(told)
    for cell, amount in team_rows(told).items():
        amounts = sorted(people_of(content(cell, parts, base)).values(), reverse=True)
        if len(amounts) > 1 and sum(amounts) == amount and amount - amounts[0] - amounts[1] < amounts[0] * Decimal("0.15"):
            yield f"team week {cell}"


# --- subtracting cells from each other ---


def known(equations: Iterable[Equation]) -> Iterator[Equation]:
    """Every row of the reduced form of what is told: sums that follow by adding and subtracting. Exact."""
    rows: list[dict[Cell, Fraction]] = []
    for equation in equations:
        row = {cell: Fraction(times) for cell, times in equation.items()}
        for pivot, other in ((next(iter(found)), found) for found in rows):
            if pivot in row:
                _subtract(row, other, row[pivot])
        if not row:
            continue
        pivot = min(row, key=str)
        scale = row[pivot]
        row = {pivot: Fraction(1), **{cell: times / scale for cell, times in row.items() if cell != pivot}}
        for other in rows:
            if pivot in other:
                _subtract(other, row, other[pivot])
        rows.append(row)
    for row in rows:
        if all(times == 1 for times in row.values()):
            yield dict.fromkeys(row, 1)


def _subtract(row: dict[Cell, Fraction], other: dict[Cell, Fraction], times: Fraction) -> None:
    for cell, factor in other.items():
        value = row.get(cell, Fraction(0)) - times * factor
        if value:
            row[cell] = value
        else:
            row.pop(cell, None)


def subtracted_teams(told: Published, lines: Sequence[Line]) -> Iterator[str]:
    """Team cells against each other and against the weeks of each vendor's accounts, which are sums of published days."""
    cells: dict[Cell, list[Line]] = defaultdict(list)
    for line in lines:
        if line.person:
            cells[monday(line.day), line.series, line.team, line.vendor, line.day.replace(day=1), line.account].append(line)
    parts = team_cells(told)
    rows = team_rows(told)
    for week, series in sorted({cell[:2] for cell in rows}):
        here = [cell for cell in cells if cell[:2] == (week, series)]
        equations: list[Equation] = []
        for cell in rows:
            if cell[:2] == (week, series):
                inside = set(parts.get(cell, []))
                equations.append({base: 1 for base in here if base[2:5] in inside})
        for scope in sorted({base[3:] for base in here}):
            equations.append({base: 1 for base in here if base[3:] == scope})
        for sums in known(equations):
            if few([line for base in sums for line in cells[base]]):
                yield f"{week} {series}: {sorted(base[2:] for base in sums)}"


def subtracted_days(publications: Sequence[Published], lines: Sequence[Line]) -> Iterator[str]:
    """Days of every publication against each other, against months, and against the weeks that teams add up to."""
    days = of_days(lines)
    for series in HUMAN:
        equations: list[Equation] = []
        for told in publications:
            seen = {cell: part for cell, part in days.items() if cell[0] == series and cell[1] < told.as_of}
            groups: dict[Cell, set[Cell]] = defaultdict(set)
            for cell, (_, held) in day_rows(told).items():
                if cell[3] == series:
                    groups[cell[:4]] |= {(series, *part) for part in held if (series, *part) in seen}
                    groups["month", cell[0].replace(day=1), *cell[1:3]] |= {(series, *part) for part in held if (series, *part) in seen}
            weeks = {cell[0] for cell in team_rows(told) if cell[1] == series}
            for week in weeks:
                cells = [part for cell, part in team_cells(told).items() if cell[:2] == (week, series) and cell[3].startswith("(")]
                merged = {vendor for part in cells for _, vendor, _ in part}
                for vendor in {cell[2] for cell in seen} - merged:
                    groups["week", week, vendor] = {cell for cell in seen if monday(cell[1]) == week and cell[2] == vendor}
                groups["week", week] = {cell for cell in seen if monday(cell[1]) == week}
            equations += [dict.fromkeys(group, 1) for group in groups.values() if group]
        for sums in known(equations):
            if few([line for cell in sums for line in days[cell]]):
                yield f"{series}: {sorted(sums)}"


def changed_cells(before: Published, old: Sequence[Line], after: Published, new: Sequence[Line]) -> Iterator[str]:
    """What a team's week moved by from one publication to the next, and how many persons are in the move."""
    was, now = team_rows(before), team_rows(after)
    old_base, new_base, old_parts, new_parts = by_week(old), by_week(new), team_cells(before), team_cells(after)
    for cell in sorted(was.keys() & now.keys()):
        if cell[2] == "(suppressed)" or was[cell] == now[cell]:
            continue
        earlier, later = people_of(content(cell, old_parts, old_base)), people_of(content(cell, new_parts, new_base))
        moved = [person for person in earlier.keys() | later.keys() if earlier.get(person) != later.get(person)]
        if len(moved) < K:
            yield f"{cell} moved by {now[cell] - was[cell]}, of {len(moved)} persons"


def running_weeks(told: Published) -> Iterator[str]:
    """Teams of weeks that have not ended and settled."""
    for week in sorted({cell[0] for cell in team_rows(told)}):
        if week + timedelta(days=7 + 5) > told.as_of:
            yield f"teams of the week from {week}"
