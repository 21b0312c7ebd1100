"""`dbt build` as the platform calls it: a process of its own, its results read from what it wrote."""

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.dbt_build import DBT, dbt_environment, ensure_manifest

PROJECT = Path(__file__).parents[2] / "dbt_project"


@dataclass(frozen=True)
class Build:
    """What one `dbt build` left: the warehouse, and the status of each node by its name."""

    warehouse: Path
    statuses: dict[str, str]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def one(self, query: str) -> tuple[Any, ...]:
        (row,) = self.rows(query)
        return row

    @property
    def failed(self) -> set[str]:
        return {name for name, status in self.statuses.items() if status in ("fail", "error")}

    @property
    def warned(self) -> set[str]:
        return {name for name, status in self.statuses.items() if status == "warn"}


def node_name(unique_id: str) -> str:
    kind, *parts = unique_id.split(".")
    return f"unit_test.{parts[-1]}" if kind == "unit_test" else parts[1]


def run_dbt(
    home: Path,
    warehouse: Path,
    work: Path,
    *,
    as_of: date,
    start: date,
    units: bool = False,
    build_id: str = "test",
    select: tuple[str, ...] = (),
) -> Build:
    variables = {"home": str(home), "as_of": str(as_of), "start_date": str(start), "k": 5, "build_id": build_id}
    ensure_manifest()
    command = [str(DBT), "build", "--vars", json.dumps(variables)]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(work), "--log-path", str(work)]
    command += [] if units else ["--exclude-resource-type", "unit_test"]
    # Of some models only these, without tests that need others.
    command += ["--select", *select, "--indirect-selection", "buildable"] if select else []
    environment = os.environ | dbt_environment(warehouse)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    results = work / "run_results.json"
    assert results.exists(), done.stdout + done.stderr
    document = json.loads(results.read_text(encoding="utf-8"))
    statuses = {node_name(result["unique_id"]): result["status"] for result in document["results"]}
    return Build(warehouse, statuses)
