"""What one build shows, read from the warehouse and from the stored verdict. Persons become pseudonyms here and stay so."""

import re
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
DATA_FAULTS = frozenset({"missing", "partial", "late", "incomplete", "duplicated", "unit", "unit_error", "wrong_unit", "schema"})
MIRRORED = re.compile(r"anomalies_")
"""Checks that show rows of `anomalies` in Dagster: those are signals by themselves."""
_PARTS = ("volume_usd", "model_mix_usd", "price_usd", "retries_usd", "cache_usd")
_STAGES = ("early_warning", "review", "policy")


@dataclass(frozen=True)
class Seen:
    """All signals of one build, and which sources it could speak for: a build whose integrity failed says nothing of anomalies."""

    build: str
    as_of: date
    signals: tuple[Signal, ...]
    sources: frozenset[str]


def signals_of(connection: duckdb.DuckDBPyConnection | None, verdict: Verdict, settings: Alerts, pseudonyms: Pseudonyms) -> Seen:
    """Every signal of the build that `verdict` judges; `connection` has its warehouse open, None where there is none to trust."""
    found = list(_checks(verdict))
    sources = {"check"}
    if connection is not None and verdict.passed:
        tables = {
            str(name) for (name,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        }
        if "anomalies" in tables:
            sources.add("anomaly")
            found += _anomalies(connection, verdict.as_of, settings, pseudonyms)
        if "budget_status" in tables:
            sources.add("budget")
            found += _budgets(connection, verdict.as_of)
    return Seen(verdict.build_id, verdict.as_of, tuple(sorted(found, key=lambda s: (s.first_day, s.key))), frozenset(sources))


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[Mapping[str, Any]]:
    result = connection.execute(f"select * from marts.{table}")
    names = [column[0] for column in result.description or ()]
    for row in result.fetchall():
        yield dict(zip(names, row, strict=True))


def _anomalies(connection: duckdb.DuckDBPyConnection, as_of: date, settings: Alerts, pseudonyms: Pseudonyms) -> Iterator[Signal]:
    for row in _rows(connection, "anomalies"):
        person = next(
            (str(row[name]) for name in ("owner_person_key", "person_key", "entity") if is_person(str(row.get(name) or ""))), None
        )
        entity = str(row["entity"])
        scope = Scope(str(row["level"]), pseudonyms.of(entity), str(row["vendor"] or ""), str(row["kind"]))
        restated = row["superseded_by"] is not None or row["status"] == "superseded"
        figures = Figures(
            actual=_decimal(row["actual"]),
            expected=_decimal(row["expected"]),
            upper=_decimal(row["upper"]),
            unit=str(row.get("unit") or "usd"),
            excess_usd=_decimal(row["excess_usd"]),
            z=_number(row["z"]),
            p_value=_number(row["p_value"]),
            threshold=_number(row["threshold"]),
            data_complete=row["data_complete"],
            parts={name.removesuffix("_usd"): part for name in _PARTS if (part := _decimal(row.get(name))) is not None},
        )
        yield Signal(
            key=str(row["anomaly_id"]),
            source="anomaly",
            scope=scope,
            first_day=row["first_day"],
            last_day=row["last_day"],
            severity=_severity(scope.kind, row.get("notify"), figures, settings),
            active=not restated and row["last_day"] >= as_of - timedelta(days=QUIET_DAYS),
            restated=restated,
            figures=figures,
            owner_team=row.get("owner_team"),
            person=pseudonyms.of(person) if person else None,
            detail=str(row.get("why") or ""),
        )


def _severity(kind: str, notify: object, figures: Figures, settings: Alerts) -> Severity:
    if kind in settings.digest_kinds:
        return "digest"
    if kind in settings.page_kinds:
        return "page"
    if notify == "digest":
        return "digest"
    small = figures.excess_usd is not None and figures.excess_usd < settings.page_at_least_usd
    return "digest" if small and kind not in DATA_FAULTS else "page"


def _checks(verdict: Verdict) -> Iterator[Signal]:
    for check in verdict.checks:
        if check.passed or check.detail == SKIPPED or MIRRORED.match(check.name):
            continue
        yield Signal(
            key=f"check:{check.name}",
            source="check",
            scope=Scope("check", check.asset or check.name, "", check.name),
            first_day=verdict.as_of,
            last_day=verdict.as_of,
            severity="page" if check.blocking else "digest",
            figures=Figures(actual=Decimal(check.failures), unit="rows"),
            detail=check.remedy or check.detail,
        )


def _budgets(connection: duckdb.DuckDBPyConnection, as_of: date) -> Iterator[Signal]:
    for row in _rows(connection, "budget_status"):
        stage, month = str(row["stage"]), row["month"]
        if stage not in _STAGES:
            continue
        scope = Scope(str(row["scope"]), str(row.get("scope_id") or ""), str(row.get("vendor") or ""), f"budget_{stage}")
        # A stage stays reached; it is over with its month.
        yield Signal(
            key=f"budget:{month}:{scope.level}:{scope.entity}:{scope.vendor}:{stage}",
            source="budget",
            scope=scope,
            first_day=month,
            last_day=as_of - timedelta(days=1),
            severity="page",
            active=(month.year, month.month) == ((as_of - timedelta(days=1)).year, (as_of - timedelta(days=1)).month),
            figures=Figures(actual=_decimal(row.get("percent")), unit="percent"),
            owner_team=scope.entity if scope.level == "team" else row.get("owner_team"),
            detail=str(row.get("action") or ""),
        )


def _decimal(value: object) -> Decimal | None:
    if value is None:
        return None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
