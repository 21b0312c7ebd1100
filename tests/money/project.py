"""The SQL of bills and charges alone: compiled once by dbt, in a copied project that parses in a moment, run by DuckDB on small tables."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).parents[2] / "dbt_project"
KEPT = ("macros", "models/intermediate/charges", "models/marts/reconciliation", "models/marts/finance/charges")
MONEY = "DECIMAL(28,12)"
GIVEN = {
    "stg_company__invoices": f"company VARCHAR, vendor VARCHAR, invoice_id VARCHAR, account VARCHAR, kind VARCHAR, entity VARCHAR, "
    f"currency VARCHAR, period_start TIMESTAMP, period_end TIMESTAMP, issued_on DATE, due_on DATE, total {MONEY}, tax {MONEY}, "
    "corrects_invoice_id VARCHAR, billed_via VARCHAR, fx_source VARCHAR",
    "stg_company__invoice_lines": f"company VARCHAR, vendor VARCHAR, invoice_id VARCHAR, line_id VARCHAR, kind VARCHAR, account VARCHAR, "
    f"description VARCHAR, plan VARCHAR, sku VARCHAR, quantity {MONEY}, unit_price {MONEY}, amount {MONEY}, tax {MONEY}, "
    "service_start TIMESTAMP, service_end TIMESTAMP",
    "stg_company__contracts": f"company VARCHAR, vendor VARCHAR, account VARCHAR, contract_id VARCHAR, item VARCHAR, plan VARCHAR, "
    f"sku VARCHAR, amount {MONEY}, unit VARCHAR, currency VARCHAR, quantity {MONEY}, cycle_anchor TIMESTAMP, billing_cycle VARCHAR, "
    "entity VARCHAR, billed_via VARCHAR, valid_from DATE, valid_to DATE",
    "stg_company__fx_rates": f"company VARCHAR, day DATE, from_currency VARCHAR, to_currency VARCHAR, rate {MONEY}, source VARCHAR",
    "stg_company__bill_decisions": f"company VARCHAR, decision_id VARCHAR, vendor VARCHAR, invoice_id VARCHAR, kind VARCHAR, "
    f"amount {MONEY}, decided_on DATE, settled_on DATE",
    "stg_cursor__members": "account VARCHAR, day DATE, user_id VARCHAR, email VARCHAR, role VARCHAR, is_removed BOOLEAN",
    "stg_cursor__audit_logs": "account VARCHAR, day DATE, occurred_at TIMESTAMP, event_type VARCHAR, email VARCHAR",
    "stg_cursor__spend": "account VARCHAR, email VARCHAR, tier VARCHAR",
    "stg_anthropic__analytics_summaries": "account VARCHAR, day DATE, assigned_seats BIGINT",
    "int_anthropic_seats": "account VARCHAR, day DATE, principal VARCHAR, plan VARCHAR, assigned_on DATE",
    "int_spend": f"vendor VARCHAR, account VARCHAR, day DATE, stream VARCHAR, sku VARCHAR, model VARCHAR, principal VARCHAR, "
    f"series VARCHAR, is_pooled BOOLEAN, consumption_usd {MONEY}, billed_usd {MONEY}, seat_months {MONEY}",
    "int_cursor_events": f"account VARCHAR, day DATE, occurred_at TIMESTAMP, billing VARCHAR, model VARCHAR, consumption_usd {MONEY}, "
    f"billed_usd {MONEY}, token_fee_usd {MONEY}",
    "int_github_logins": "login VARCHAR, github_id BIGINT, valid_from DATE, valid_to DATE",
    "int_restatements": f"vendor VARCHAR, stream VARCHAR, account VARCHAR, day DATE, restated_on DATE, billed_usd_moved {MONEY}",
    "int_stream_days": "vendor VARCHAR, stream VARCHAR, account VARCHAR, day DATE, status VARCHAR",
    "int_spend_told": f"vendor VARCHAR, account VARCHAR, day DATE, told_on DATE, published_vendor VARCHAR, published_account VARCHAR, "
    f"consumption_usd {MONEY}, billed_usd {MONEY}",
    "int_calendar": "day DATE, month DATE",
    "vendor_names": "vendor VARCHAR, name VARCHAR, service VARCHAR",
    "accounts": "vendor VARCHAR, account VARCHAR, ledger VARCHAR",
}
Row = Mapping[str, Any]


class Money:
    """`run(tables)` gives a connection in which every model of bills stands, made from these rows."""

    def __init__(self, folder: Path, as_of: date):
        project = folder / "project"
        for path in sorted(PROJECT.rglob("*")):
            name = path.relative_to(PROJECT).as_posix()
            if path.suffix == ".sql" and name.startswith(KEPT):
                _write(project / name, path.read_text(encoding="utf-8"))
        document = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8").replace('on-run-start: ["{{ forget_build() }}"]', "")
        document = document.replace('on-run-end: ["{{ record_build(results) }}"]', "").partition("seeds:\n")
        _write(project / "dbt_project.yml", document[0] + "models:\n  spend: {+schema: money, +materialized: table}\n")
        _write(project / "profiles.yml", (PROJECT / "profiles.yml").read_text(encoding="utf-8"))
        _write(project / "models" / "s.yml", "sources:\n  - name: platform\n    schema: money\n    tables: [{name: accounts}]\n")
        for name in GIVEN:
            if name != "accounts":
                _write(project / "models" / "given" / f"{name}.sql", "select 1 as given")
        command = [sys.executable, "-m", "dbt.cli.main", "compile", "--no-introspect", "--vars", json.dumps({"as_of": str(as_of)})]
        command += ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(folder), "--log-path", str(folder)]
        environment = os.environ | {"SPEND_WAREHOUSE": str(folder / "none.duckdb"), "DO_NOT_TRACK": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
        order = TopologicalSorter({key: [d for d in node["depends_on"]["nodes"] if d in models] for key, node in models.items()})
        nodes = [models[key] for key in order.static_order()]
        self.sql = {node["name"]: _in_one_schema(node["compiled_code"]) for node in nodes if node["name"] not in GIVEN}

    def open(self, tables: Mapping[str, Iterable[Row]]) -> duckdb.DuckDBPyConnection:
        """The given tables, with these rows; the others are empty."""
        connection = duckdb.connect()
        connection.execute("SET threads = 2")
        for name, columns in GIVEN.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute(
            "INSERT INTO int_calendar SELECT day::DATE, date_trunc('month', day)::DATE "
            "FROM generate_series(DATE '2025-01-01', DATE '2027-03-31', INTERVAL 1 DAY) AS days(day)"
        )
        refill(connection, tables)
        return connection

    def build(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Every model of bills, from what is given."""
        for name, sql in self.sql.items():
            connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")


def refill(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Iterable[Row]]) -> None:
    """These tables have these rows and no others."""
    for name, rows in tables.items():
        connection.execute(f"DELETE FROM {name}")
        fill(connection, name, list(rows))


def fill(connection: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> None:
    """Rows as text, cast by DuckDB: no amount passes through a float."""
    if not rows:
        return
    columns = list(rows[0])
    values = ", ".join("(" + ", ".join(_literal(row[column]) for column in columns) + ")" for row in rows)
    connection.execute(f"INSERT INTO {name} ({', '.join(columns)}) VALUES {values}")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return "'" + text.replace("'", "''") + "'"


def _in_one_schema(sql: str) -> str:
    for schema in ("money", "main_money", "main"):
        sql = sql.replace(f'"none"."{schema}".', "").replace(f"none.{schema}.", "")
    return sql


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
