"""How far off the forecast of a month is, beside naive run-rate, on companies that nobody tuned it with.

The SQL is the product's own (model int_forecast_paths); only its inputs come from simulated companies, as known on each morning.
"""

import argparse
import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.forecast_history import History, actual, history
from spend_assets.dbt_build import run_dbt
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.ledger import months_of

END = date(2026, 12, 31)
MONTHS = months_of(date(2026, 7, 1), END)
WARM_UP = 92
"""Days of history before the first month."""
MORNINGS = (5, 10, 15, 20, 25)
FIRST_SEED = 9001
SIZES = (30, 45, 60, 80)
"""People of the simulated companies, in turn."""
ORGANISATION = "(organisation)"


@dataclass(frozen=True)
class Judged:
    """One forecast: amounts in USD, and what came of it."""

    seed: int
    month: date
    morning: int
    scope: str
    forecast: float
    run_rate: float
    actual: float

    @property
    def error(self) -> float:
        return abs(self.forecast - self.actual) / self.actual

    @property
    def naive_error(self) -> float:
        return abs(self.run_rate - self.actual) / self.actual


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.score_forecast", description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spend-score-") as folder:
        judged = list(judge(Path(folder), range(given.first_seed, given.first_seed + given.seeds)))
    return report(judged, given.seeds)


def judge(folder: Path, seeds: range) -> Iterator[Judged]:
    """Every forecast of every seed; ends with an error of dbt where the SQL cannot be compiled."""
    sql = product_sql(folder)
    for number, seed in enumerate(seeds):
        people = SIZES[number % len(SIZES)]
        print(f"seed {seed}, {people} people", file=sys.stderr, flush=True)
        config = SandboxConfig(people=people, days=(END - MONTHS[0]).days + 1 + WARM_UP, seed=seed, end=END, faults="default")
        mornings = [month + timedelta(days=morning - 1) for month in MONTHS for morning in MORNINGS]
        yield from forecasts(folder / "score.duckdb", sql, seed, history(config, mornings), mornings)


def product_sql(folder: Path) -> str:
    """The model's SQL as dbt compiles it, in a warehouse that has the calendar."""
    arguments = ["--vars", f"{{as_of: '{END}', forecast_mornings: {(END - MONTHS[0]).days + 1}}}"]
    run_dbt(["run", "--select", "int_calendar", *arguments], folder / "score.duckdb", folder / "target")
    run_dbt(["compile", "--select", "int_forecast_paths", *arguments], folder / "score.duckdb", folder / "target")
    [compiled] = (folder / "target" / "compiled").rglob("int_forecast_paths.sql")
    return compiled.read_text(encoding="utf-8")


def forecasts(warehouse: Path, sql: str, seed: int, found: History, mornings: list[date]) -> Iterator[Judged]:
    with duckdb.connect(str(warehouse)) as connection:
        _load(connection, found)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE paths AS {sql}")
        rows = connection.execute(
            """
            SELECT as_of, vendor, account, component,
                cast(sum(coalesce(billed_usd, 0) + expected_usd) AS double) AS forecast,
                cast(sum(billed_usd) AS double) AS known, count(billed_usd) AS known_days, count(*) AS all_days
            FROM paths WHERE as_of IN (SELECT unnest(?)) AND month = date_trunc('month', as_of) GROUP BY ALL ORDER BY ALL
            """,
            [mornings],
        ).fetchall()
    final = actual(found)
    sums: dict[tuple[date, str], list[float]] = {}
    for as_of, vendor, account, component, forecast, known, known_days, all_days in rows:
        outcome = float(final[vendor, account, component, as_of.replace(day=1)])
        for scope in (ORGANISATION, vendor):
            total = sums.setdefault((as_of, scope), [0.0, 0.0, 0.0])
            for place, value in enumerate((forecast, (known or 0.0) / max(known_days, 1) * all_days, outcome)):
                total[place] += value
    for (as_of, scope), (forecast, run_rate, outcome) in sums.items():
        if outcome > 0:
            yield Judged(seed, as_of.replace(day=1), as_of.day, scope, forecast, run_rate, outcome)


def _load(connection: duckdb.DuckDBPyConnection, found: History) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS intermediate")
    tables: dict[str, tuple[str, list[Any]]] = {
        "int_forecast_days": (
            "vendor varchar, account varchar, component varchar, day date, known_from date, known_until date, is_whole boolean, "
            "consumption_usd decimal(28,12), billed_usd decimal(28,12), cycle_anchor_day bigint",
            found.days,
        ),
        "int_forecast_pools": ("vendor varchar, account varchar, day date, pool_usd decimal(28,12)", found.pools),
        "int_holiday_shares": ("day date, holiday_share decimal(9,6)", found.holidays),
    }
    for name, (columns, rows) in tables.items():
        connection.execute(f"CREATE OR REPLACE TABLE intermediate.{name} ({columns})")
        # A list per column: row by row takes longer than the forecast.
        values = ", ".join("unnest(?)" for _ in columns.split(", "))
        connection.execute(f"INSERT INTO intermediate.{name} SELECT {values}", [list(column) for column in zip(*rows, strict=True)])


def report(judged: list[Judged], seeds: int) -> int:
    """Print the table; 0 where the organisation's forecast is as good as it must be."""
    print(f"Forecast of a month's spend against naive run-rate, {seeds} unseen companies x {len(MONTHS)} months, in percent of the month:")
    print(f"{'scope':<16}{'day':>4}{'forecast':>10}{'run-rate':>10}{'difference, 95 %':>22}{'forecasts':>11}")
    good = True
    for scope in sorted({item.scope for item in judged}):
        for morning in MORNINGS:
            items = [item for item in judged if item.scope == scope and item.morning == morning]
            low, high = interval([(item.seed, item.error - item.naive_error) for item in items])
            ours, naive = mean(items, lambda item: item.error), mean(items, lambda item: item.naive_error)
            print(f"{scope:<16}{morning:>4}{ours:>10.1%}{naive:>10.1%}{f'{low:+.1%} to {high:+.1%}':>22}{len(items):>11}")
            if scope == ORGANISATION:
                good = good and (high < 0 if morning < MORNINGS[-1] else ours <= naive)
    print("The forecast is better than run-rate on days 5 to 20 and no worse on day 25." if good else "FAILED: no better than run-rate.")
    return 0 if good else 1


def mean(items: list[Judged], of: Callable[[Judged], float]) -> float:
    return statistics.fmean(of(item) for item in items)


def interval(differences: list[tuple[int, float]]) -> tuple[float, float]:
    """95 % interval of the mean of paired differences; a company is one observation, as its months resemble each other."""
    by_seed: dict[int, list[float]] = {}
    for seed, value in differences:
        by_seed.setdefault(seed, []).append(value)
    means = [statistics.fmean(values) for values in by_seed.values()]
    middle = statistics.fmean(means)
    if len(means) < 2:
        return middle, middle
    # Student's t at 97.5 %, by its expansion around the normal's 1.96; good to 0.1 % from 10 degrees of freedom.
    freedom = len(means) - 1
    t = 1.959964 + 2.372273 / freedom + 2.822500 / freedom**2 + 2.555852 / freedom**3
    half = t * statistics.stdev(means) / math.sqrt(len(means))
    return middle - half, middle + half


if __name__ == "__main__":
    sys.exit(main())
