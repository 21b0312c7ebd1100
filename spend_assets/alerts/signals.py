"""What one build shows, read from the warehouse and from the stored verdict. Persons become pseudonyms here and stay so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from spend_assets.alerts.model import Figures, Scope, Severity, Signal
from spend_assets.alerts.settings import Alerts
from spend_assets.publish.pseudonyms import Pseudonyms, is_person
from spend_assets.publish.verdict import SKIPPED, Verdict

QUIET_DAYS = 4
"""An anomaly without a new day for so long has passed; vendors report up to three days late."""
DATA_FAULTS = frozenset({"missing", "partial", "late", "duplicated", "unit_error"})
LINES = frozenset({"rule_3x"})
"""Kinds that are right too rarely to interrupt anybody (docs/detection.md has the rate): a line of the digest."""
PAGED_CHECKS = frozenset({"leavers_do_not_spend"})
"""Checks that stop nothing and cannot wait for a digest."""
STAGES = ("early_warning", "review", "policy")
PARTS = ("volume_usd", "model_mix_usd", "price_usd", "retries_usd", "cache_usd")
_ANOMALIES = """
    select anomalies.*, workflows.owner_team
    from marts.anomalies as anomalies
    left join (select workflow_id, max(owner_team) as owner_team from marts.dim_workflow where is_current group by workflow_id) as workflows
        on anomalies.level = 'workflow' and anomalies.entity = workflows.workflow_id"""
_PERSONS = "select *, coalesce(person_key, team) as entity, team as owner_team from marts.person_anomalies"
_BUDGETS = """
    select told.*, in_full.spent_share
    from marts.budget_status as told
    left join marts.budgets_in_full as in_full using (month, scope, scope_id, vendor)"""


@dataclass(frozen=True)
class Seen:
    """All signals of one build, and which sources it could speak for: a build whose integrity failed says nothing of anomalies."""

    build: str
    as_of: date
    signals: tuple[Signal, ...]
    sources: frozenset[str]


def signals_of(connection: duckdb.DuckDBPyConnection | None, verdict: Verdict, settings: Alerts, pseudonyms: Pseudonyms) -> Seen:
    """Every signal of the build that `verdict` judges; `connection` has its warehouse open, None where there is none to trust."""
    found = list(_checks(verdict, settings))
    sources = {"check"}
    if connection is not None and verdict.passed:
        listed = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        tables = {str(name) for (name,) in listed}
        if {"anomalies", "person_anomalies", "dim_workflow"} <= tables:
            sources.add("anomaly")
            for query in (_ANOMALIES, _PERSONS):
                found += (_anomaly(row, verdict.as_of, settings, pseudonyms) for row in _rows(connection, query))
        if {"budget_status", "budgets_in_full"} <= tables:
            sources.add("budget")
            for row in _rows(connection, _BUDGETS):
                found += _stages(row, verdict.as_of)
    return Seen(verdict.build_id, verdict.as_of, tuple(sorted(found, key=lambda s: (s.first_day, s.key))), frozenset(sources))


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[Mapping[str, Any]]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or ()]
    for row in result.fetchall():
        yield dict(zip(names, row, strict=True))


def _anomaly(row: Mapping[str, Any], as_of: date, settings: Alerts, pseudonyms: Pseudonyms) -> Signal:
    """One row of `anomalies` or `person_anomalies`; an entity that is a person makes it that person's."""
    entity = str(row["entity"])
    vendor = "" if row["vendor"] in (None, "*") else str(row["vendor"])
    scope = Scope(str(row["level"]), pseudonyms.of(entity), vendor, str(row["kind"]))
    # A row that newer data takes back is gone; one that says so is read, too.
    restated = row.get("superseded_by") is not None or row["status"] == "superseded"
    figures = Figures(
        actual=_decimal(row["actual"]),
        expected=_decimal(row["expected"]),
        upper=_decimal(row["upper"]),
        unit=str(row["unit"]),
        excess_usd=_decimal(row["excess_usd"]),
        data_complete=row.get("data_complete"),
        parts={name.removesuffix("_usd"): part for name in row if name in PARTS and (part := _decimal(row[name])) is not None},
    )
    return Signal(
        # The id of a person's anomaly begins with that person.
        key=pseudonyms.of(str(row["anomaly_id"])),
        source="anomaly",
        scope=scope,
        first_day=row["first_day"],
        last_day=row["last_day"],
        severity=_severity(scope.kind, figures, settings),
        active=not restated and row["last_day"] >= as_of - timedelta(days=QUIET_DAYS),
        restated=restated,
        figures=figures,
        owner_team=row["owner_team"],
        person=scope.entity if is_person(entity) else None,
        detail=str(row["reason"] or ""),
    )


def _severity(kind: str, figures: Figures, settings: Alerts) -> Severity:
    if kind in settings.digest_kinds:
        return "digest"
    if kind in settings.page_kinds:
        return "page"
    if kind in LINES:
        return "digest"
    small = figures.excess_usd is not None and figures.excess_usd < settings.page_at_least_usd
    return "digest" if small and kind not in DATA_FAULTS else "page"


def _checks(verdict: Verdict, settings: Alerts) -> Iterator[Signal]:
    for check in verdict.checks:
        if check.passed or check.detail == SKIPPED:
            continue
        yield Signal(
            key=f"check:{check.name}",
            source="check",
            scope=Scope("check", check.asset or check.name, "", check.name),
            first_day=verdict.as_of,
            last_day=verdict.as_of,
            severity="page" if check.blocking or check.name in PAGED_CHECKS | set(settings.page_kinds) else "digest",
            figures=Figures(actual=Decimal(check.failures), unit="rows"),
            detail=check.remedy or check.detail,
        )


def _stages(row: Mapping[str, Any], as_of: date) -> Iterator[Signal]:
    """Each stage that a month's budget reached, on the morning on which it did. Several on one morning are the highest of them."""
    month, reached = row["month"], [(row[f"{stage}_on"], stage) for stage in STAGES if row[f"{stage}_on"] is not None]
    if row["stage"] not in STAGES:
        return  # ok, without a budget, or of too few people to be told
    newest = dict(reached)
    vendor = "" if row["vendor"] == "(all)" else str(row["vendor"])
    scope_id = "" if row["scope_id"] == "(all)" else str(row["scope_id"])
    yesterday = as_of - timedelta(days=1)
    for day, stage in newest.items():
        share = _decimal(row["spent_share"])
        yield Signal(
            key=f"budget:{month}:{row['scope']}:{scope_id}:{vendor}:{stage}",
            source="budget",
            scope=Scope(str(row["scope"]), scope_id, vendor, f"budget_{stage}"),
            first_day=month,
            last_day=day,
            # A stage that was passed already is told only by whoever saw it on its day.
            severity="page" if row["stage"] == stage else "digest",
            # A stage stays reached; it is over with its month.
            active=(month.year, month.month) == (yesterday.year, yesterday.month),
            figures=Figures(actual=share * 100 if share is not None else None, unit="percent"),
            owner_team=scope_id if row["scope"] == "team" else None,
            detail=str(row["action"] or "") if row["stage"] == stage else "",
        )


def _decimal(value: object) -> Decimal | None:
    if value is None:
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))
