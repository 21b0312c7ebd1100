"""The privacy models and the marts that are published, in a copy of the dbt project that reads a written company instead of a ledger."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.publish.publish import Publication, publish
from spend_assets.publish.verdict import verdict_from_artifacts, write_verdict
from spend_assets.settings import Settings, parse_settings
from tests.privacy.company import FIRST, Line, people

PROJECT = Path(__file__).parents[2] / "dbt_project"
KEPT = (
    "macros", "tests/generic", "tests/integrity/told_", "models/intermediate/privacy", "models/intermediate/quality/int_calendar.sql", "models/intermediate/people/int_team_weekly.sql",
    "models/marts/finance/spend_by_vendor_daily", "models/marts/finance/finance_monthly", "models/marts/people/spend_per_team_weekly",
)  # fmt: skip
"""Paths below the project, or how they begin. All else is left out of the copy, which then parses in a moment."""
TABLES = {
    "int_spend_people": "spend_key VARCHAR, day DATE, vendor VARCHAR, account VARCHAR, stream VARCHAR, series VARCHAR, model VARCHAR, "
    "team VARCHAR, is_person BOOLEAN, principal_key VARCHAR, basis VARCHAR, data_status VARCHAR, consumption_usd DECIMAL(28,12), "
    "billed_usd DECIMAL(28,12), effective_usd DECIMAL(28,12), credits DECIMAL(28,12), requests DECIMAL(28,12), "
    "seat_months DECIMAL(28,12), uncached_input_tokens BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT, "
    "cache_write_1h_tokens BIGINT, output_tokens BIGINT, reasoning_tokens BIGINT",
    "int_person_days": "vendor VARCHAR, account VARCHAR, day DATE, principal VARCHAR, person_id VARCHAR, team VARCHAR, division VARCHAR",
    "int_vendor_weeks": "vendor VARCHAR, week DATE, data_status VARCHAR, activity_status VARCHAR, is_settled BOOLEAN",
    "int_stream_days": "vendor VARCHAR, stream VARCHAR, account VARCHAR, day DATE, status VARCHAR",
    "int_person_activity": "vendor VARCHAR, account VARCHAR, day DATE, person_id VARCHAR, team VARCHAR, interactions BIGINT",
    "int_known_identifiers": "identifier VARCHAR",
}
SETTLE_DAYS = 5
NOTHING = "(null)"


@dataclass
class Lab:
    """A home, and the copied project that builds in it. `patches`: file below the project -> (old text, new text), to switch a rule off."""

    folder: Path
    k: int = 5
    patches: Mapping[str, tuple[str, str]] | None = None

    def __post_init__(self) -> None:
        self.home, self.project = self.folder / "home", self.folder / "project"
        self.home.mkdir(parents=True)
        self.settings: Settings = parse_settings({"platform": {"start_date": FIRST, "kind": "sandbox", "k": self.k}}, home=self.home)
        for path in sorted(PROJECT.rglob("*")):
            name = path.relative_to(PROJECT).as_posix()
            if path.suffix in (".sql", ".yml") and not name.endswith("_unit.yml") and name.startswith(KEPT):
                self._write(name, path.read_text(encoding="utf-8"))
        for name, (old, new) in (self.patches or {}).items():
            text = (self.project / name).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{name} has no single place with {old!r}"
            self._write(name, text.replace(old, new))
        document = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8").replace('on-run-start: ["{{ forget_build() }}"]', "")
        self._write("dbt_project.yml", document.replace('on-run-end: ["{{ record_build(results) }}"]', "").partition("data_tests:")[0])
        self._write("profiles.yml", (PROJECT / "profiles.yml").read_text(encoding="utf-8"))
        for table in TABLES:
            self._write(f"models/given/{table}.sql", f"select * from read_parquet('{self.home}/{table}.parquet')")

    def _write(self, name: str, text: str) -> None:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def build(self, lines: Iterable[Line], as_of: date, activity: Iterable[tuple[Any, ...]] = ()) -> None:
        """dbt's run over `lines` as known on `as_of`: everything up to the day before."""
        told = [line for line in lines if line.day < as_of]
        division = {person.team: person.division for person in people()}
        scopes = sorted({(line.vendor, line.account) for line in told})
        span = [FIRST + timedelta(days=n) for n in range((as_of - FIRST).days)]
        weeks = sorted({day - timedelta(days=day.weekday()) for day in span})
        tables: dict[str, list[tuple[Any, ...]]] = {
            "int_spend_people": [self._spend(number, line) for number, line in enumerate(told)],
            "int_person_days": sorted(
                {(x.vendor, x.account, x.day, x.person, x.person, x.team, division.get(x.team, "(none)")) for x in told if x.person}
            ),
            "int_vendor_weeks": [
                (vendor, week, "complete", "complete", week + timedelta(days=7 + SETTLE_DAYS) <= as_of)
                for vendor in sorted({vendor for vendor, _ in scopes})
                for week in weeks
            ],
            "int_stream_days": [(vendor, "usage", account, day, "complete") for vendor, account in scopes for day in span],
            "int_person_activity": list(activity),
            "int_known_identifiers": [(word,) for person in people() for word in (person.key, person.mail)],
        }
        with duckdb.connect() as connection:
            for name, rows in tables.items():
                text = self.home / f"{name}.csv"
                with text.open("w", newline="", encoding="utf-8") as file:
                    csv.writer(file).writerows([NOTHING if value is None else value for value in row] for row in rows)
                connection.execute(f"CREATE TABLE {name} ({TABLES[name]})")
                if rows:
                    connection.execute(f"INSERT INTO {name} SELECT * FROM read_csv('{text}', header=false, all_varchar=true, nullstr='{NOTHING}')")
                text.unlink()
                connection.execute(f"COPY {name} TO '{self.home}/{name}.parquet' (FORMAT parquet)")
        self.target = self.folder / "target"
        (self.home / "warehouse.duckdb").unlink(missing_ok=True)
        variables = {"home": str(self.home), "as_of": str(as_of), "start_date": str(FIRST), "k": self.k, "build_id": str(as_of)}
        command = [sys.executable, "-m", "dbt.cli.main", "build", "--vars", json.dumps(variables), "--project-dir", str(self.project)]
        command += ["--profiles-dir", str(self.project), "--target-path", str(self.target), "--log-path", str(self.target)]
        environment = os.environ | {"SPEND_WAREHOUSE": str(self.home / "warehouse.duckdb"), "DO_NOT_TRACK": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-6000:]
        self.as_of = as_of

    @staticmethod
    def _spend(number: int, line: Line) -> tuple[Any, ...]:
        tokens = None if line.consumption is None else int(line.consumption * 1000)
        return (
            f"k{number}", line.day, line.vendor, line.account, "usage", line.series, line.model, line.team, line.person is not None,
            line.person or "ci-runner", "ledger", "complete", line.consumption, line.billed, line.billed, None, None, None,
            tokens, None, None, None, tokens, None,
        )  # fmt: skip

    def publish(self) -> Publication:
        with duckdb.connect(str(self.home / "warehouse.duckdb")) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
            connection.execute("CREATE OR REPLACE TABLE ops.build AS SELECT ? AS build_id, ?::DATE AS as_of", [str(self.as_of), self.as_of])
        verdict = verdict_from_artifacts(self.target, str(self.as_of), self.as_of)
        write_verdict(self.home, verdict)
        manifest = self.target / "manifest.json"
        return publish(self.home, self.home / "warehouse.duckdb", manifest, str(self.as_of), self.as_of, self.settings, lambda _: None)

    def warehouse(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def clear(self) -> None:
        shutil.rmtree(self.folder)
