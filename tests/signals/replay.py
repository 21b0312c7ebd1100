"""The SQL of detection as dbt compiled it for `spend detect`, run over other histories without dbt's start time."""

import csv
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.dbt_build import run_dbt

NAMES = ("usage", "reach", "vendor_days", "user_days", "team_moves", "team_days", "user_scores", "workflow_days", "workflow_findings")
MODELS = [*(f"int_signal_{name}" for name in NAMES), "int_signals", "int_anomalies"]
USAGE = "day: smallint, vendor: varchar, user_id: varchar, team_id: varchar, amount_usd: double, loaded_day: smallint"
USERS = "user_id: varchar, team_id: varchar, region: varchar, role: varchar, start_day: bigint, end_day: bigint"
WORKFLOWS = "day: smallint, workflow_id: varchar, team_id: varchar, model: varchar, runs: bigint, tasks_ok: bigint, cost_usd: double"

Usage = tuple[int, str, str, str, float, int]
Run = tuple[int, str, str, str, int, int, float]
Finding = tuple[int, str, str, str, str]
"""day, level, entity, vendor, kind"""


def write(path: Path, columns: str, rows: Iterable[tuple[object, ...]]) -> None:
    text = path.with_suffix(".csv")
    with text.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in (column.split(": ") for column in columns.split(", ")))
    source = f"read_csv('{text}', header = false, auto_detect = false, columns = {{{types}}})"
    with duckdb.connect() as connection:
        connection.execute(f"copy (select * from {source}) to '{path}' (format parquet)")


class Detection:
    """One compile by dbt, any number of histories."""

    def __init__(self, folder: Path):
        self.files = {name: folder / f"{name}.parquet" for name in ("usage", "users", "workflows")}
        write(self.files["users"], USERS, [])
        self.history([], [])
        variables = {"history": {name: str(path) for name, path in self.files.items()}}
        selection = ["--select", "path:models/intermediate/signals", "--vars", str(variables).replace("'", '"')]
        run_dbt(["compile", *selection], folder / "compile.duckdb", folder / "target")
        compiled = folder / "target" / "compiled" / "spend" / "models" / "intermediate" / "signals"
        self.sql = {name: (compiled / f"{name}.sql").read_text() for name in MODELS}

    def history(self, usage: Iterable[Usage], runs: Iterable[Run]) -> None:
        write(self.files["usage"], USAGE, usage)
        write(self.files["workflows"], WORKFLOWS, runs)

    def findings(self, usage: Iterable[Usage], runs: Iterable[Run] = ()) -> set[Finding]:
        rows = self.rows(usage, runs, "select day_number, level, entity, vendor, kind from intermediate.int_signals")
        assert len(rows) == len(set(rows))
        return set(rows)

    def rows(self, usage: Iterable[Usage], runs: Iterable[Run], query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the models of this history."""
        self.history(usage, runs)
        with duckdb.connect() as connection:
            connection.execute("create schema intermediate")
            for name in MODELS:
                text = self.sql[name].replace('"compile"."intermediate".', "intermediate.")
                connection.execute(f"create table intermediate.{name} as {text}")
            return connection.execute(query).fetchall()


def calm_usage(seed: int, people: int, days: int, *, team_size: int = 8, vendors: tuple[str, ...] = ("north", "south")) -> list[Usage]:
    """People who use each vendor on most weekdays, with the scatter that people have; nothing is wrong. Day 0 is a Monday."""
    dice, rows = random.Random(seed), []
    for number in range(people):
        for vendor in vendors:
            scale = dice.lognormvariate(0.7, 1.0)
            for day in range(days):
                if day % 7 < 5 and dice.random() < 0.7:
                    rows.append(
                        (day, vendor, f"u{number}", f"t{number // team_size}", round(scale * dice.lognormvariate(0, 0.6), 4), day + 1)
                    )
    return rows
