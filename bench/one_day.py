"""`python -m bench.one_day`: how long the newest day of a large company takes to judge, and how much memory.

The history is as long as the judged day needs: 13 weeks of baseline and 5 weeks of scores that its threshold comes from. DuckDB gets 1,200
MB where SPEND_DUCKDB_MEMORY says nothing else: with the 700 MB of small machines it spends most of its time on disk.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench.memory import MemoryWatch
from spend_assets.detect import detect

DAYS = 130

USAGE = """
    copy (
        with used as (
            select person, vendor, day, hash(person, vendor) as who, hash(person, vendor, day) as chance
            from range({people}) as people(person), range({days}) as days(day),
                (values ('copilot', 90), ('cursor', 46), ('claude', 57), ('agentapi', 16)) as vendors(vendor, share)
            where hash(person, vendor, 1) % 100 < share
        )
        select
            cast(day as smallint) as day, vendor, 'u' || person as user_id, 't' || (person // 8) as team_id,
            round(exp((who % 1000) / 250.0 - 1 + ((chance >> 8) % 1000 + (chance >> 20) % 1000 + (chance >> 32) % 1000 - 1500.0) / 700), 4)
                as amount_usd,
            cast(day + 1 as smallint) as loaded_day
        from used where chance % 100 < case when day % 7 in (1, 2) then 5 else 15 + who % 60 end
    ) to '{path}' (format parquet)
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.one_day", description=__doc__)
    parser.add_argument("--people", type=int, default=50_000)
    given = parser.parse_args()
    os.environ.setdefault("SPEND_DUCKDB_MEMORY", "1200MB")
    with tempfile.TemporaryDirectory(prefix="spend-bench-") as folder:
        usage, users, workflows, found = (Path(folder) / f"{name}.parquet" for name in ("usage", "users", "workflows", "found"))
        with duckdb.connect() as connection:
            connection.execute(USAGE.format(people=given.people, days=DAYS, path=usage))
            connection.execute(
                f"copy (select '' as user_id, '' as team_id, 0 as start_day, 0 as end_day limit 0) to '{users}' (format parquet)"
            )
            connection.execute(
                "copy (select 0 as day, '' as workflow_id, '' as team_id, '' as model, 1 as runs, 1 as tasks_ok, 1.0 as cost_usd limit 0) "
                f"to '{workflows}' (format parquet)"
            )
            (rows,) = connection.execute(f"select count(*) from '{usage}'").fetchall()[0]
        begin, used = time.monotonic(), _processor_seconds()
        with MemoryWatch(frozenset()) as watch:
            detect(usage, users, workflows, found)
        seconds, used = time.monotonic() - begin, _processor_seconds() - used
    # On a machine that does other work, too, the processor's seconds on two cores say more than the clock's.
    print("| people | rows | seconds, dbt's start included | processor seconds | most memory at once, MiB |\n|---|---|---|---|---|")
    print(f"| {given.people} | {rows} | {seconds:.0f} | {used:.0f} | {watch.together // 2**20} |")
    return 0


def _processor_seconds() -> float:
    return sum(spent.ru_utime + spent.ru_stime for spent in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


if __name__ == "__main__":
    sys.exit(main())
