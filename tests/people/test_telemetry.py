"""Telemetry of old months goes out of landing and raw, whole months at once, once what was told of them is kept."""

import multiprocessing
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.people.telemetry import POINTS, forget_telemetry
from spend_assets.publish.audiences import PublishedTable
from spend_assets.publish.kept import kept_file
from tests.otlp.conftest import Telemetry, make_telemetry, telemetry
from tests.otlp.messages import claude_call, logs

__all__ = ["make_telemetry", "telemetry"]
TABLE = PublishedTable("marts", "spend_per_workflow_daily", ("aggregate",), "none", follows_from="telemetry")
OTHER = PublishedTable("marts", "spend_by_vendor_daily", ("aggregate",), "none")
DAY = 86_400
JULY, AUGUST, OCTOBER = (date(2026, 7, 30), date(2026, 8, 2), date(2026, 10, 10))


@pytest.fixture
def used(telemetry: Telemetry) -> Telemetry:
    """Calls of three days, the first of which is in a month whose first day is more than 90 days ago."""
    for day in (JULY, AUGUST, OCTOBER):
        at = (day - OCTOBER).days * DAY + 3600
        telemetry.drop(
            f"{day}.jsonl", logs({"service.name": "claude-code", "user.email": f"on-{day}@acme.example"}, claude_call(at, f"s-{day}"))
        )
    telemetry.collect()
    assert days(telemetry) == {JULY, AUGUST, OCTOBER}
    return telemetry


def days(telemetry: Telemetry) -> set[date]:
    return set(telemetry.raw.days("otlp", "model_calls", "agents"))


def publish(home: Path, as_of: date) -> None:
    folder = home / "published" / "current" / "parquet" / "aggregate"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for table in (TABLE, OTHER):
            rows = (
                f"select unnest([date '{JULY}', date '{AUGUST}', date '2026-09-01']) as day, 'deps' as workflow_id, 'p' as publication_id"
            )
            connection.execute(
                f"copy (select *, date '{as_of}' as as_of from ({rows})) to '{folder / table.name}.parquet' (format parquet)"
            )


def forget(telemetry: Telemetry, say: Callable[[str], None] = lambda _: None) -> int:
    home = telemetry.path / "data"
    gone = forget_telemetry(home, telemetry.clock, telemetry.raw.contracts, lambda: (TABLE, OTHER), 90, say)
    telemetry.reopen()
    return gone


def test_old_months_go_and_what_was_told_of_them_stays(used: Telemetry) -> None:
    home = used.path / "data"
    publish(home, date(2026, 10, 1))
    (home / "warehouse.duckdb").write_bytes(b"of all days")
    assert forget(used) == 2  # calls and contexts of one day
    assert days(used) == {AUGUST, OCTOBER}
    left = b"".join([*used.files("landing").values(), *used.files("raw").values()])
    assert not any(f"{JULY}" in name for name in [*used.files("landing"), *used.files("raw")]) and b"on-2026-07-30" not in left
    assert not (home / "warehouse.duckdb").exists()
    found = kept_file(home, TABLE.name)
    assert found is not None and found[1] == date(2026, 9, 1) and kept_file(home, OTHER.name) is None
    with duckdb.connect() as connection:
        assert connection.execute(f"select day from '{found[0]}' order by day").fetchall() == [(JULY,), (AUGUST,)]
    assert forget(used) == 0
    # A late file for such a day is read, and goes with the next run: the figures told are those that are kept.
    used.drop("late.jsonl", logs({"service.name": "claude-code"}, claude_call((JULY - OCTOBER).days * DAY + 7200, "late")))
    used.collect()
    assert JULY in days(used) and forget(used) == 2 and days(used) == {AUGUST, OCTOBER}


def test_nothing_goes_before_it_was_told_when_it_had_settled(used: Telemetry) -> None:
    said: list[str] = []
    publish(used.path / "data", date(2026, 9, 29))
    assert forget(used, said.append) == 0
    assert days(used) == {JULY, AUGUST, OCTOBER}
    assert said == [
        "telemetry of days before 2026-08-01 is still kept: no publication told these days since they settled; the next run does it"
    ]
    used.clock.instant = datetime(2026, 9, 28, tzinfo=UTC)
    assert forget(used, said.append) == 0 and len(said) == 1


def killed(home: Path, now: datetime, point: str) -> None:
    """In a process of its own, which ends at the point."""
    os.environ["SPEND_CRASH_AT"] = point
    forget_telemetry(home, FixedClock(now), {"otlp": load_contracts()["otlp"]}, lambda: (TABLE, OTHER), 90, lambda _: None)


@pytest.mark.long
def test_a_kill_in_between_leaves_the_rest_to_the_next_run(used: Telemetry) -> None:
    home = used.path / "data"
    publish(home, date(2026, 10, 1))
    for point in POINTS:
        process = multiprocessing.get_context("spawn").Process(target=killed, args=(home, used.clock.now(), point))
        process.start()
        process.join()
        assert process.exitcode == 137, point
        # What a killed run left of it may be typed again: it is the same, and goes.
        used.reopen()
        used.collect()
        assert JULY in days(used)
    assert forget(used) == 2 and days(used) == {AUGUST, OCTOBER}
    assert kept_file(home, TABLE.name) is not None
