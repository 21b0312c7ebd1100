"""What detection found, counted by kind: for Dagster's checks, without names."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from spend_assets.home import exclusive
from spend_assets.pipeline import Pipeline, Say

SHOWN_DAYS = 35
"""Anomalies that ended longer ago are no longer red."""


@dataclass(frozen=True)
class Level:
    """Where anomalies of a level stand: `concerns` is the table that they are about, `rows` the mart that lists them."""

    concerns: str
    rows: str
    kinds: Sequence[str]


LEVELS: Mapping[str, Level] = {
    "vendor": Level("data_health", "anomalies", ("missing", "partial", "late", "duplicated", "unit_error")),
    "workflow": Level("spend_per_workflow_daily", "anomalies", ("loop", "model_swap", "cost_shift", "drift", "no_delivery")),
    "team": Level("spend_per_team_weekly", "person_anomalies", ("surge",)),
    "user": Level("spend_per_user_daily", "person_anomalies", ("spike", "slow_change")),
}
"""Every kind that docs/detection.md lists; the rule of thumb rule_3x is a line of the digest and no check."""


@dataclass
class Found:
    """Anomalies of one kind; money is a statistic in US dollars, 0 for faults of reports."""

    anomalies: int = 0
    open: int = 0
    last_day: date | None = None
    excess_usd: Decimal = Decimal(0)


def kinds_found(pipeline: Pipeline, say: Say) -> Mapping[tuple[str, str], Found]:
    """By level and kind, of the build in the warehouse and the last five weeks before its day."""
    found: dict[tuple[str, str], Found] = defaultdict(Found)
    with exclusive(pipeline.home, "counting anomalies", say), pipeline.warehouse.connect() as connection:
        for (as_of,) in connection.execute("select as_of from ops.build").fetchall():
            for table in ("anomalies", "person_anomalies"):
                rows = connection.execute(f"select level, kind, status, last_day, excess_usd from marts.{table}").fetchall()
                for level, kind, status, last_day, excess in rows:
                    if last_day < as_of - timedelta(days=SHOWN_DAYS):
                        continue
                    one = found[level, kind]
                    one.anomalies += 1
                    one.open += status == "open"
                    one.last_day = max(one.last_day or last_day, last_day)
                    one.excess_usd += excess or 0
    return found
