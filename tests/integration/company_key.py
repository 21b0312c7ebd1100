"""Compares every vendor but GitHub (answer_key.py has that one) with the sandbox's truth, cell by cell and mark by mark."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from spend_assets.sandbox.cells import Cell, WithheldCell
from tests.integration.answer_key import Tally
from tests.integration.lab import Lab

ZERO = Decimal(0)
MEASURES = ("consumption_usd", "billed_usd", "uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
VIEWS = {
    "day": ("day",),
    "principal and day": ("day", "principal"),
    "model and month": ("month", "model"),
    "kind and day": ("day", "kind"),
}
Key = tuple[Any, ...]


def compare_cells(lab: Lab) -> Tally:
    """Money and tokens of every view against the truth; every marked day of a ledger stream against what is withheld."""
    tally = Tally()
    cells = lab.sandbox.cells(lab.sandbox.config.start, lab.last_day())
    withheld = [cell for vendor in lab.sandbox.vendors.values() for cell in vendor.withheld()] + list(_kept_no_longer(lab))
    lost = {(cell.vendor, cell.account, cell.day) for cell in withheld}
    marks = lab.query(
        f"select vendor, account, stream, day from marts.data_health where data_status <> 'complete' and vendor <> 'github_copilot' and "
        f"day between '{lab.sandbox.config.start}' and '{lab.last_day()}' and stream in (select stream from seeds.ledger_streams "
        f"where measure in ('money', 'tokens'))"
    )
    tally.marked = {(f"{vendor} {account} {stream}", day) for vendor, account, stream, day in marks}
    tally.false_marks = [
        f"{vendor} {account} {stream} {day}" for vendor, account, stream, day in marks if (vendor, account, day) not in lost
    ]
    tally.unmarked = [
        f"withheld but not marked: {cell}"
        for cell in withheld
        if (f"{cell.vendor} {cell.account} {cell.stream}", cell.day) not in tally.marked
    ]
    for name, columns in VIEWS.items():
        expected, found = _truth(cells, columns), _marts(lab, columns)
        keys = expected.keys() | found.keys()
        tally.by_view[name] = len(keys)
        tally.compared += len(keys) * len(MEASURES)
        for key in sorted(keys, key=str):
            vendor, account, period = key[:3]
            days = {day for v, a, day in lost if (v, a) == (vendor, account)}
            is_lost = any(period in (day, day.replace(day=1)) for day in days)
            for measure, there, here in zip(MEASURES, expected.get(key, (ZERO,) * 6), found.get(key, (ZERO,) * 6), strict=True):
                if there != here:
                    if is_lost:
                        tally.withheld += 1
                    else:
                        tally.unmarked.append(f"{name} {key} {measure}: truth {there}, marts {here}")
    return tally


def _kept_no_longer(lab: Lab) -> Iterator[WithheldCell]:
    """Days of the history that Codex analytics, which keeps 90, no longer had on the morning of the first run."""
    day, reach = lab.sandbox.config.start, lab.last_day() + timedelta(days=1 - 90)
    while day < reach:
        yield WithheldCell("openai", "platform", "codex_usage", day)
        day += timedelta(days=1)


def _truth(cells: Iterable[Cell], columns: tuple[str, ...]) -> dict[Key, tuple[Decimal, ...]]:
    sums: dict[Key, list[Decimal]] = defaultdict(lambda: [ZERO] * len(MEASURES))
    for cell in cells:
        values = {"day": cell.day, "month": cell.day.replace(day=1), "principal": cell.principal, "model": cell.model, "kind": cell.kind}
        row = sums[(cell.vendor, cell.account, *(values[column] for column in columns))]
        for place, measure in enumerate(MEASURES):
            row[place] += Decimal(getattr(cell, measure) or 0)
    return {key: tuple(row) for key, row in sums.items() if any(row)}


def _marts(lab: Lab, columns: tuple[str, ...]) -> dict[Key, tuple[Decimal, ...]]:
    names = {"month": "cast(date_trunc('month', day) as date)", "kind": "principal_kind"}
    keys = ", ".join(names.get(column, column) for column in columns)
    sums = ", ".join(f"coalesce(sum({measure}), 0)" for measure in MEASURES)
    rows = lab.query(
        f"select vendor, account, {keys}, {sums} from intermediate.int_spend where vendor <> 'github_copilot' and "
        f"day between '{lab.sandbox.config.start}' and '{lab.last_day()}' group by all"
    )
    width = 2 + len(columns)
    return {row[:width]: tuple(Decimal(value) for value in row[width:]) for row in rows if any(row[width:])}
