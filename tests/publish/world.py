"""A small warehouse with every kind of published table, its dbt manifest and its verdict, made by hand."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.publish.publish import Publication, publish
from spend_assets.publish.verdict import Check, Verdict, write_verdict
from spend_assets.settings import Settings, parse_settings

AS_OF = date(2026, 10, 1)
BUILD = "b" * 64
HOSTILE = "</script><img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://example.invalid","x")'
IDENTIFIERS = ("hr:1001", "1001", "anna-smith", "anna.smith@example.com", "al", "rob[bot]")
TABLES = """
CREATE SCHEMA marts; CREATE SCHEMA ops; CREATE SCHEMA intermediate;
CREATE TABLE marts.spend_by_vendor_daily AS SELECT DATE '2026-08-01' + (i % 60)::INT AS day, 'github_copilot' AS vendor, 'acme' AS account,
    'human_usage' AS series, CASE WHEN i % 3 = 0 THEN '=HYPERLINK("http://example.invalid","x")' ELSE 'model ' || (i % 7) END AS model,
    (i * 1.37)::DECIMAL(28,12) AS consumption_usd, (i * 1.11)::DECIMAL(28,12) AS billed_usd, NULL::DECIMAL(28,12) AS effective_usd,
    CASE WHEN i % 60 = 59 THEN 'provisional' ELSE 'complete' END AS data_status FROM range(600) r(i);
CREATE TABLE marts.spend_per_team_weekly AS SELECT * FROM (VALUES
    (DATE '2026-09-14', '</script><img src=x onerror=alert(1)>', 'github_copilot', 'human_usage',
        10.125::DECIMAL(28,12), 8.5::DECIMAL(28,12), 7::BIGINT),
    (DATE '2026-09-14', '(suppressed)', 'github_copilot', 'human_usage', 1234567.891::DECIMAL(28,12), 2::DECIMAL(28,12), NULL))
    t(week, team, vendor, series, consumption_usd, effective_usd, active_people);
CREATE TABLE marts.data_health AS SELECT * FROM (VALUES ('github_copilot', 'user_days', 'acme', DATE '2026-09-01', 'missing'),
    ('github_copilot', 'user_days', 'acme', DATE '2026-09-02', 'complete')) t(vendor, stream, account, day, data_status);
CREATE TABLE marts.finance_monthly AS SELECT DATE '2026-09-01' AS month, 'github_copilot' AS vendor, 'acme' AS account,
    'human_usage' AS series, 'USD' AS currency, 5::DECIMAL(28,12) AS consumption_usd, 4::DECIMAL(28,12) AS billed_usd,
    4::DECIMAL(28,12) AS effective_usd,
    NULL::DECIMAL(28,12) AS invoiced_usd, 0::DECIMAL(28,12) AS provisional_usd, NULL::DECIMAL(28,12) AS unexplained_usd,
    0.5::DECIMAL(28,12) AS seat_months, 'open' AS close_status;
CREATE TABLE marts.spend_daily AS SELECT DATE '2026-09-01' AS day,
    CASE i % 5 WHEN 0 THEN '(pool)' WHEN 1 THEN 'dependabot[bot]' WHEN 2 THEN 'hr:' || i
    WHEN 3 THEN 'github:' || i ELSE 'login:person' || i END AS principal_key, i::DECIMAL(28,12) AS consumption_usd FROM range(5000) r(i);
CREATE TABLE ops.fetch_log AS SELECT 'github_copilot' AS vendor, 'acme' AS account, 'user_days' AS stream, 'landed' AS outcome,
    TIMESTAMP '2026-09-02 06:00:00' AS attempted_at;
CREATE TABLE ops.build AS SELECT $build AS build_id, DATE '2026-10-01' AS as_of;
"""
META: dict[str, dict[str, Any]] = {
    "marts.spend_by_vendor_daily": {"audience": ["aggregate", "finance"], "order_by": ["day", "model"]},
    "marts.spend_per_team_weekly": {"audience": "aggregate", "order_by": ["week", "team"]},
    "marts.data_health": {"audience": "aggregate"},
    "marts.finance_monthly": {"audience": "finance"},
    "marts.spend_daily": {"audience": "restricted", "pseudonymise": ["principal_key"], "order_by": ["principal_key"]},
    "ops.fetch_log": {"audience": "restricted"},
}
PASSED = Check("grain_spend_daily", "spend_daily", "error", True, True, 0, "")
FAILED = Check("conservation", "int_spend", "error", True, False, 3, "dbt says fail")
WARNED = Check("freshness", "data_health", "warn", False, False, 1, "dbt says warn")


class World:
    def __init__(self, home: Path, **settings: Any):
        self.home, self.warehouse, self.manifest = home, home / "warehouse.duckdb", home / "manifest.json"
        home.mkdir(parents=True, exist_ok=True)
        self.settings: Settings = parse_settings(
            {"platform": {"start_date": "2026-07-01", "kind": settings.pop("kind", "sandbox")}, **settings}, home=home
        )
        self.log: list[str] = []

    def build(
        self, build_id: str = BUILD, extra: str = "", meta: dict[str, dict[str, Any]] | None = None, checks: tuple[Check, ...] = (PASSED,)
    ) -> None:
        """What a dbt build leaves behind: warehouse, manifest, verdict."""
        self.warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(self.warehouse)) as connection:
            for statement in filter(str.strip, (TABLES + extra).replace("$build", f"'{build_id}'").split(";")):
                connection.execute(statement)
            connection.execute("CREATE TABLE intermediate.int_known_identifiers AS SELECT unnest(?) AS identifier", [list(IDENTIFIERS)])
        nodes = {}
        for name, facts in {**META, **(meta or {})}.items():
            schema, table = name.split(".")
            config = {"meta": {"k_rule": "as the test says", **facts}}
            nodes[f"model.spend.{table}"] = {"resource_type": "model", "schema": schema, "name": table, "alias": table, "config": config}
        self.manifest.write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
        write_verdict(self.home, Verdict(build_id, AS_OF, checks))

    def publish(self, build_id: str = BUILD) -> Publication:
        return publish(self.home, self.warehouse, self.manifest, build_id, AS_OF, self.settings, self.log.append)

    def publish_in_child(self, build_id: str = BUILD, crash_at: str = "") -> int:
        """The exit code of a publisher in a process of its own, killed at a named point."""
        env = {**os.environ, **({"SPEND_CRASH_AT": crash_at} if crash_at else {})}
        return subprocess.run([sys.executable, __file__, str(self.home), build_id], env=env, check=False).returncode

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def current(self) -> Path:
        return self.published / "current"

    def bytes_of(self, folder: Path | None = None) -> dict[str, bytes]:
        """Every published file but the manifest, which bears the wall clock."""
        root = (folder or self.current).resolve()
        return {
            p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file() and p.name != "manifest.json"
        }

    def query(self, audience: str, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.current / f"{audience}.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


if __name__ == "__main__":
    World(Path(sys.argv[1])).publish(sys.argv[2])
