"""How well `spend detect` finds what was put into simulated histories, beside rules of thumb; writes the table of README.md.

The histories come from the sandbox (spend_assets/sandbox/histories.py), of seeds with which nothing was tuned, and the detector is the
command itself. A finding is right where it is about the same level, entity and vendor, within the anomaly's days or the few days after in
which its trace lasts. Wrong findings about one entity within three days are one false alarm.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from spend_assets.detect import detect
from spend_assets.sandbox.histories import History

FIRST_SEED, SEEDS = 9101, 2
WARM_UP = 60
"""Days at the start that are not judged."""
README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- make score: detection -->", "<!-- end of detection -->"

RULES = {
    "3x the day before": """
        select day, 'user' as level, user_id as entity, vendor from (
            select *, lag(amount_usd) over w as before, lag(day) over w as day_before
            from usage window w as (partition by vendor, user_id order by day)
        ) where day_before = day - 1 and amount_usd >= 3 * before
        union all
        select day, 'workflow', workflow_id, '*' from (
            select *, cost_usd / nullif(tasks_ok, 0) as unit, lag(cost_usd / nullif(tasks_ok, 0)) over w as before
            from runs window w as (partition by workflow_id order by day)
        ) where unit >= 2 * before
    """,
    "z-score, 30 days": """
        select day, 'user' as level, user_id as entity, vendor from (
            select *, avg(amount_usd) over w as mean, stddev_samp(amount_usd) over w as spread, count(*) over w as days from usage
            window w as (partition by vendor, user_id order by day range between 30 preceding and 1 preceding)
        ) where days >= 5 and amount_usd > mean + 3 * spread
    """,
    "z-score, same weekday": """
        select day, 'user' as level, user_id as entity, vendor from (
            select *, avg(amount_usd) over w as mean, stddev_samp(amount_usd) over w as spread, count(*) over w as days from usage
            window w as (partition by vendor, user_id, day % 7 order by day range between 56 preceding and 1 preceding)
        ) where days >= 4 and amount_usd > mean + 3 * spread
    """,
}


@dataclass(frozen=True)
class Tally:
    """What one method did on one level of one history; money in USD, alarms as episodes."""

    method: str
    level: str
    events: int
    found: int
    false_alarms: int
    usd: float
    usd_found: float
    delay_days: float | None
    per_1000_weeks: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.score_detection", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--write", action=argparse.BooleanOptionalAction, default=True, help="write the table into README.md")
    given = parser.parse_args()
    tallies: list[Tally] = []
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        print(f"seed {seed}, {given.people} people, {given.days} days", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="spend-score-") as folder:
            tallies += judge(Path(folder), seed, given.people, given.days)
    lines = table(tallies)
    print("\n".join(lines))
    if given.write:
        write_readme(lines)
    return 0


def judge(folder: Path, seed: int, people: int, days: int) -> list[Tally]:
    """Make one history, let the detector and the rules of thumb judge it, and compare with what was put in."""
    History(seed, people, days).write(folder)
    files = {name: folder / f"{name}.parquet" for name in ("usage", "users", "workflow", "labels", "found")}
    detect(files["usage"], files["users"], files["workflow"], files["found"])
    tallies = []
    with duckdb.connect() as connection:
        for name, file in (("usage", "usage"), ("runs", "workflow"), ("labels", "labels"), ("found", "found")):
            connection.execute(f"create table {name} as select * from '{files[file]}'")
        weeks = people / 1000 * (days - WARM_UP) / 7
        for method, rule in {"detection": "select day, level, entity, vendor from found", **RULES}.items():
            tallies += compare(connection, method, rule, weeks)
    return tallies


def compare(connection: duckdb.DuckDBPyConnection, method: str, rule: str, weeks: float) -> list[Tally]:
    connection.execute("create or replace temp table numbered as select row_number() over () as label, * from labels")
    connection.execute(
        f"create or replace temp table said as select row_number() over () as finding, * from ({rule}) where day >= {WARM_UP}"
    )
    connection.execute("""
        create or replace temp table hits as
        select finding, label, greatest(day - first_day, 0) as delay
        from said inner join numbered on said.level = numbered.level and said.entity = numbered.entity
            and (said.vendor = numbered.vendor or '*' in (said.vendor, numbered.vendor))
            and day between first_day and last_day + case kind when 'no_delivery' then 2 when 'spike' then 1 when 'surge' then 1 else 0 end
                + case when kind in ('slow_change', 'model_swap', 'cost_shift', 'drift') then 7 else 0 end
    """)
    rows = connection.execute(f"""
        with wrong as (
            select level, day - lag(day) over (partition by level, entity, vendor order by day) as gap
            from said where finding not in (select finding from hits)
        ),
        alarms as (select level, count(*) as alarms from wrong where gap is null or gap > 3 or level = 'vendor' group by level),
        first_hits as (select label, min(delay) as delay from hits group by label)
        select numbered.level, count(*), count(delay), coalesce(any_value(alarms), 0), sum(excess_usd),
            coalesce(sum(excess_usd) filter (delay is not null), 0), median(delay), coalesce(any_value(alarms), 0) / {weeks}
        from numbered left join first_hits using (label) left join alarms on numbered.level = alarms.level
        where numbered.level in (select level from said)
        group by numbered.level
    """).fetchall()
    return [Tally(method, *row) for row in rows]


def table(tallies: list[Tally]) -> list[str]:
    """The score card as Markdown: counts summed over the seeds, rates averaged."""
    lines = [
        "| level | method | precision | recall | F1 | dollars caught | false alarms per 1,000 people and week | days until found |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for level in ("vendor", "workflow", "team", "user"):
        for method in ("detection", *RULES):
            rows = [tally for tally in tallies if (tally.method, tally.level) == (method, level)]
            if not rows:
                continue
            events, found = sum(row.events for row in rows), sum(row.found for row in rows)
            alarms, usd = sum(row.false_alarms for row in rows), sum(row.usd for row in rows)
            precision, recall = found / max(found + alarms, 1), found / events
            caught = f"{sum(row.usd_found for row in rows) / usd:.0%}" if usd else ""
            delays = [row.delay_days for row in rows if row.delay_days is not None]
            lines.append(
                f"| {level} | {method} | {precision:.3f} | {recall:.3f} | {2 * found / (events + found + alarms):.3f} | {caught} "
                f"| {sum(row.per_1000_weeks for row in rows) / len(rows):.2f} | {sum(delays) / max(len(delays), 1):.1f} |"
            )
    return lines


def write_readme(lines: list[str]) -> None:
    text = README.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"README.md has no place for the table: it needs the lines {BEGIN} and {END}")
    before, rest = text.split(BEGIN, 1)
    README.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END, 1)[1], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
