"""The privacy models and the marts that are published, in a copy of the dbt project that reads a written company instead of a ledger."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.publish.memory import memory_path
from spend_assets.publish.publish import publish
from spend_assets.publish.verdict import verdict_from_artifacts, write_verdict
from spend_assets.settings import parse_settings
from tests.privacy.company import FIRST, Line, people

PROJECT = Path(__file__).parents[2] / "dbt_project"
KEPT = (
    "macros",
    "tests/generic",
    "tests/integrity/told_",
    "models/intermediate/privacy",
    "models/intermediate/quality/int_calendar.sql",
    "models/intermediate/people/int_team_weekly.sql",
    "models/marts/finance/finance_monthly",
    "models/marts/finance/budget_status",
    "models/marts/finance/chargeback_monthly",
    "models/marts/finance/spend_by_vendor_daily",
    "models/marts/finance/spend_daily",
    "models/marts/people/spend_bands_weekly",
    "models/marts/people/spend_per_team_weekly",
    "models/marts/quality/suppression_cost",
    "models/marts/dims/dim_team",
    "models/marts/dims/dim_model",
)
"""Paths below the project, or how they begin. All else is left out of the copy, which then parses in a moment."""
TABLES = {
    "int_spend_people": "spend_key VARCHAR, day DATE, vendor VARCHAR, account VARCHAR, stream VARCHAR, series VARCHAR, model VARCHAR, "
    "team VARCHAR, owner_team VARCHAR, is_person BOOLEAN, principal_key VARCHAR, contributor VARCHAR, basis VARCHAR, data_status VARCHAR, "
    "consumption_usd DECIMAL(28,12), billed_usd DECIMAL(28,12), effective_usd DECIMAL(28,12), credits DECIMAL(28,12), "
    "requests DECIMAL(28,12), seat_months DECIMAL(28,12), cost_center VARCHAR, surface VARCHAR, principal_kind VARCHAR, auth_kind VARCHAR, "
    "uncached_input_tokens BIGINT, cache_read_tokens BIGINT, cache_write_tokens BIGINT, cache_write_1h_tokens BIGINT, "
    "output_tokens BIGINT, reasoning_tokens BIGINT",
    "int_person_days": "vendor VARCHAR, account VARCHAR, day DATE, principal VARCHAR, person_id VARCHAR, team VARCHAR, "
    "division VARCHAR, team_method VARCHAR",
    "int_vendor_weeks": "vendor VARCHAR, week DATE, data_status VARCHAR, activity_status VARCHAR, is_settled BOOLEAN",
    "int_stream_days": "vendor VARCHAR, stream VARCHAR, account VARCHAR, day DATE, status VARCHAR",
    "int_person_activity": "vendor VARCHAR, account VARCHAR, day DATE, person_id VARCHAR, team VARCHAR, interactions BIGINT",
    "int_known_identifiers": "identifier VARCHAR",
    "int_budget_use": "scope VARCHAR, scope_id VARCHAR, scope_vendor VARCHAR, day DATE, contributor VARCHAR, "
    "consumption_usd DECIMAL(28,12), effective_usd DECIMAL(28,12)",
    "int_budget_status": "month DATE, scope VARCHAR, scope_id VARCHAR, vendor VARCHAR, is_running BOOLEAN, budget_usd DECIMAL(28,12), "
    "spent_usd DECIMAL(28,12), forecast_usd DECIMAL(28,12), forecast_low_usd DECIMAL(28,12), forecast_high_usd DECIMAL(28,12), "
    "forecast_error_p50 DECIMAL(18,6), forecast_error_p90 DECIMAL(18,6), known_days BIGINT, exhausted_on DATE, exhausted_first_on DATE, "
    "exhausted_last_on DATE, stage VARCHAR, early_warning_on DATE, review_on DATE, policy_on DATE, is_restated BOOLEAN",
    "int_close_blockers": "month DATE",
    "stg_hr__roster": "team VARCHAR, valid_from DATE, valid_to DATE, cost_center VARCHAR",
}
NO_BILLS = (
    "cast(null as date) as month, cast(null as varchar) as vendor, cast(null as varchar) as account, cast(null as varchar) as series, "
    "cast(null as varchar) as currency, cast(null as varchar) as data_status, "
    + ", ".join(f"cast(null as decimal(28, 12)) as {name}" for name in ("invoiced_amount", "invoiced_usd", "unexplained_usd", "cutoff_usd"))
)
SETTLE_DAYS = 5
DIVISIONS = {person.team: person.division for person in people()}
"""Of each team; a division is a cost centre."""
NOTHING = "(null)"
CSV = f"header=false, all_varchar=true, nullstr='{NOTHING}'"


class Lab:
    """A home, and the copied project that builds in it."""

    def __init__(self, folder: Path, k: int = 5):
        self.folder, self.k = folder, k
        self.home, self.project = folder / "home", folder / "project"
        self.home.mkdir(parents=True)
        for path in sorted(PROJECT.rglob("*")):
            name = path.relative_to(PROJECT).as_posix()
            if path.suffix in (".sql", ".yml") and not name.endswith("_unit.yml") and name.startswith(KEPT):
                self._write(name, path.read_text(encoding="utf-8"))
        document = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8").replace('on-run-start: ["{{ forget_build() }}"]', "")
        self._write("dbt_project.yml", document.replace('on-run-end: ["{{ record_build(results) }}"]', "").partition("data_tests:")[0])
        self._write("profiles.yml", (PROJECT / "profiles.yml").read_text(encoding="utf-8"))
        for table in TABLES:
            self._write(f"models/intermediate/given/{table}.sql", f"select * from read_parquet('{{{{ var('home') }}}}/{table}.parquet')")
        self._write("models/intermediate/given/int_spend_effective.sql", "select * from {{ ref('int_spend_people') }}")
        self._write("models/intermediate/given/int_bill_months.sql", f"select {NO_BILLS} where false")

    def _write(self, name: str, text: str) -> None:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def build(self, lines: Iterable[Line], as_of: date) -> "Published":
        """dbt's run over `lines` as known on `as_of`, everything up to the day before, and its publication."""
        given(self.home, [line for line in lines if line.day < as_of], as_of)
        target = self.folder / f"target-{as_of}"
        (self.home / "warehouse.duckdb").unlink(missing_ok=True)
        memory = memory_path(self.home)
        variables = {"home": str(self.home), "as_of": str(as_of), "start_date": str(FIRST), "k": self.k, "build_id": str(as_of)}
        variables["told_before"] = str(memory) if memory.exists() else ""
        command = [sys.executable, "-m", "dbt.cli.main", "build", "--vars", json.dumps(variables), "--project-dir", str(self.project)]
        command += ["--profiles-dir", str(self.project), "--target-path", str(target), "--log-path", str(target)]
        environment = os.environ | {"SPEND_WAREHOUSE": str(self.home / "warehouse.duckdb"), "DO_NOT_TRACK": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-6000:]
        return publish_home(self.home, target, as_of)


def variant(like: "Published", folder: Path, patches: Mapping[str, tuple[str, str]], lines: Iterable[Line] | None = None) -> "Published":
    """What `like` would be with a rule switched off, or of another ledger: the SQL that dbt ran for it, run again and published.

    `patches`: model -> (what stands in its SQL, what shall). The memory of an earlier publication is the one that `like` wrote or had.
    """
    manifest = json.loads((like.target / "manifest.json").read_text(encoding="utf-8"))
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    home = folder / "home"
    home.mkdir(parents=True)
    if lines is not None:
        given(home, [line for line in lines if line.day < like.as_of], like.as_of)
    order = TopologicalSorter({key: [d for d in node["depends_on"]["nodes"] if d in models] for key, node in models.items()}).static_order()
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        for node in (models[key] for key in order):
            sql = node["compiled_code"]
            if lines is not None:
                sql = sql.replace(f"'{like.warehouse.parent}/int_", f"'{home}/int_")
            if node["name"] in patches:
                old, new = patches[node["name"]]
                assert old in sql, f"{node['name']} does not say {old!r}"
                sql = sql.replace(old, new)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {node['schema']}")
            connection.execute(f"CREATE TABLE {node['schema']}.{node['name']} AS {sql}")
    return publish_home(home, like.target, like.as_of)


def given(home: Path, told: list[Line], as_of: date) -> None:
    """The tables that the copied project reads in place of the ledger."""
    division = DIVISIONS
    scopes = sorted({(line.vendor, line.account) for line in told})
    span = [FIRST + timedelta(days=n) for n in range((as_of - FIRST).days)]
    weeks = sorted({day - timedelta(days=day.weekday()) for day in span})
    used = [(scope, line) for line in told for scope in scopes_of(line)]
    tables: dict[str, list[tuple[Any, ...]]] = {
        "int_spend_people": [_spend(number, line) for number, line in enumerate(told)],
        "int_person_days": sorted(
            {(x.vendor, x.account, x.day, x.person, x.person, x.team, division.get(x.team, "(none)"), "hr") for x in told if x.person}
        ),
        "int_vendor_weeks": [
            (vendor, week, "complete", "complete", week + timedelta(days=7 + SETTLE_DAYS) <= as_of)
            for vendor in sorted({vendor for vendor, _ in scopes})
            for week in weeks
        ],
        "int_stream_days": [(vendor, "usage", account, day, "complete") for vendor, account in scopes for day in span],
        "int_person_activity": [],
        "int_budget_use": [
            (scope, name, vendor, line.day, line.person, line.consumption, line.billed) for (scope, name, vendor), line in used
        ],
        "int_budget_status": list(_budgets(told, used)),
        "int_close_blockers": [],
        "stg_hr__roster": [(team, FIRST, date.max, division[team]) for team in division],
        "int_known_identifiers": [(word,) for person in people() for word in (person.key, person.mail)],
    }
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            text = home / f"{name}.csv"
            with text.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([NOTHING if value is None else value for value in row] for row in rows)
            connection.execute(f"CREATE TABLE {name} ({TABLES[name]})")
            if rows:
                connection.execute(
                    f"INSERT INTO {name} SELECT * FROM read_csv('{text}', header=false, all_varchar=true, nullstr='{NOTHING}')"
                )
            connection.execute(f"COPY {name} TO '{home}/{name}.parquet' (FORMAT parquet)")
            text.unlink()


def scopes_of(line: Line) -> list[tuple[str, str, str]]:
    """Budgets that use counts for: scope, its id, its vendor. Every team and division has one for all vendors, and one for Cursor."""
    if not line.person:
        return []
    vendors = ["(all)", "cursor"] if line.vendor == "cursor" else ["(all)"]
    return [(scope, name, vendor) for scope, name in (("team", line.team), ("cost_center", DIVISIONS[line.team])) for vendor in vendors]


def _budgets(told: Iterable[Line], used: Iterable[tuple[tuple[str, str, str], Line]]) -> Iterator[tuple[Any, ...]]:
    """Every scope in every month, each at the stage of review."""
    sums: dict[tuple[Any, ...], Decimal] = {}
    everywhere = [(("organisation", "(all)", "(all)"), line) for line in told] + [(("vendor", line.vendor, "(all)"), line) for line in told]
    for scope, line in [*used, *everywhere]:
        key = (line.day.replace(day=1), *scope)
        sums[key] = sums.get(key, Decimal(0)) + (line.billed or 0)
    for (month, scope, name, vendor), spent in sorted(sums.items()):
        day = month + timedelta(days=20)
        rest = (None,) * 5 + (31, None, None, None, "review", day, day, None, False)
        yield (month, scope, name, vendor, False, spent + 1, spent, *rest)


def _spend(number: int, line: Line) -> tuple[Any, ...]:
    tokens = None if line.consumption is None else int(line.consumption * 1000)
    return (
        f"k{number}", line.day, line.vendor, line.account, "usage", line.series, line.model, line.team, None, line.person is not None,
        line.person or "ci-runner", line.person or f"machine:{line.vendor}:ci-runner",
        "ledger", "complete", line.consumption, line.billed, line.billed, None, None, None,
        DIVISIONS.get(line.team, "(none)"),
        "(not split)", "person" if line.person else "machine", "seat", tokens, None, None, None, tokens, None,
    )  # fmt: skip


@dataclass(frozen=True)
class Published:
    """One publication, and the warehouse and dbt target that it was made from. Rows are read from the published files."""

    folder: Path
    warehouse: Path
    target: Path
    as_of: date

    def rows(self, audience: str, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / f"{audience}.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def structure(self, sql: str) -> list[tuple[Any, ...]]:
        """What lies behind the names of cells: an attacker is given it for nothing."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def publish_home(home: Path, target: Path, as_of: date) -> Published:
    settings = parse_settings({"platform": {"start_date": FIRST, "kind": "sandbox"}, "publish": {"keep": 9}}, home=home)
    warehouse, build = home / "warehouse.duckdb", str(as_of)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS ops")
        connection.execute("CREATE OR REPLACE TABLE ops.build AS SELECT ? AS build_id, ?::DATE AS as_of", [build, as_of])
    write_verdict(home, verdict_from_artifacts(target, build, as_of))
    done = publish(home, warehouse, target / "manifest.json", build, as_of, settings, lambda _: None)
    kept = home / f"warehouse-{as_of}.duckdb"
    shutil.copyfile(warehouse, kept)
    return Published(done.path, kept, target, as_of)
