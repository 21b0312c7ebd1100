"""Persons of old days out of landing and raw: whole months; machines and numbers stay; the roster in force names who is there."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spend_assets.answers import Outcome, Window
from spend_assets.clock import FixedClock
from spend_assets.landing.inbox import import_inbox
from spend_assets.people.ageing import Aged, Ageing, persons_from
from spend_assets.publish.audiences import PublishedTable
from tests.landing.conftest import Home, home

from .test_forget import everything
from .test_screen import user

__all__ = ["home"]
TABLE = PublishedTable("marts", "spend_by_vendor_daily", ("aggregate",), "none")
NOW = datetime(2027, 2, 1, 6, tzinfo=UTC)
UNTIL = date(2026, 9, 1)
USAGE = {"amount": "2.50", "unit": "currency", "currency": "USD"}
ROSTERS = (
    "E1,ada@acme.example,Payments,2025-01-01,2026-03-01\nE1,ada@acme.example,Search,2026-03-01,\nE2,bo@acme.example,Search,2025-01-01,\n",
    "E1,ada@acme.example,Payments,2025-01-01,2026-03-01\nE1,ada@acme.example,Search,2026-03-01,\nE3,cy@acme.example,Search,2025-01-01,\n",
)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (date(2027, 2, 1), UNTIL),  # 180 days before is 5 August: July is gone, and August too, as its first day is older
        (date(2027, 1, 28), UNTIL),
        (date(2027, 1, 27), date(2026, 8, 1)),  # 180 days before is 31 July
        (date(2027, 2, 27), UNTIL),
        (date(2027, 2, 28), date(2026, 10, 1)),
    ],
)
def test_a_month_goes_as_a_whole_when_its_first_day_is_too_old(now: date, until: date) -> None:
    assert persons_from(now, 180) == until


@pytest.fixture
def used(home: Home) -> Home:
    """Users of two days on both sides of the first day that is kept, two rosters, agents' usage, a warehouse and a settled publication."""

    def answer(window: Window) -> tuple[Outcome, list[bytes]]:
        day = window.start.isoformat()
        people = [user(4711, "ada-l"), user(5, "bo"), user(6, "cy", note="asked ada-l"), user(7, "di", note="asked nobody")]
        return Outcome("data"), [json.dumps({**person, "day": day}).encode() for person in people]

    home.ingest("user_days", answer, Window(date(2026, 8, 31), date(2026, 9, 2)))
    roster = home.path / "inbox" / "hr" / "acme" / "roster"
    roster.mkdir(parents=True)
    for month, rows in zip((7, 8), ROSTERS, strict=True):
        (roster / f"roster-{month}.csv").write_text(f"employee_id,email,team,valid_from,valid_to\n{rows}")
        home.clock = home.store.clock = FixedClock(datetime(2026, month, 20, tzinfo=UTC))
        import_inbox(home.path / "inbox", home.contract("roster"), store=home.store, raw=home.raw)
    usage = home.path / "inbox" / "custom_agents" / "gateway" / "usage"
    usage.mkdir(parents=True)
    principals = (("ada@acme.example", ""), ("key-prod", "machine"), ("nightly", ""), ("bo-l", "person"))
    rows = [{"day": "2026-08-31", "principal": name, "principal_kind": kind, "model": "m", **USAGE} for name, kind in principals]
    (usage / "usage.json").write_text(json.dumps(rows))
    import_inbox(home.path / "inbox", home.contracts["custom_agents"]["usage"], store=home.store, raw=home.raw)
    built(home.path)
    published(home.path, date(2027, 1, 31))
    return home


def built(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create table intermediate.int_known_identifiers as select unnest(['ada-l', 'bo', '4711']) as identifier")


def published(home: Path, as_of: date) -> None:
    folder = home / "published" / "current" / "parquet" / "aggregate"
    folder.mkdir(parents=True, exist_ok=True)
    query = f"select 'x' as publication_id, date '{as_of}' as as_of, unnest([date '2026-08-31', date '2026-09-01']) as day, 7 as usd"
    duckdb.sql(query).write_parquet(str(folder / f"{TABLE.name}.parquet"))


def age(home: Home, said: list[str] | None = None) -> Aged:
    lines: list[str] = [] if said is None else said
    done = Ageing(home.path, FixedClock(NOW), home.contracts, lambda: [TABLE]).apply(180, lines.append)
    home.reopen()
    return done


def rows(home: Home, stream: str, columns: str) -> list[tuple[Any, ...]]:
    path = str(home.path / f"raw/{stream}/**/*.parquet")
    return home.raw.query(f"select {columns} from read_parquet($p, union_by_name = true) order by all", {"p": path})


def test_nobody_of_the_old_days_is_left_and_every_number_is(used: Home) -> None:
    assert age(used).generations == 4, "a day of users, a roster that is no longer in force, the one in force, a day of agents"
    was = rows(used, "github_copilot/user_days", "_day, user_id, user_login, cast(ai_credits_used as varchar)")
    assert was[:4] == [(date(2026, 8, 31), -1, "(erased)", "1.500000000000")] * 4 and len(was) == 8
    assert [row[2] for row in was[4:]] == ["bo", "cy", "di", "ada-l"]
    old = next(m for m in used.store.manifests("github_copilot", "user_days", "acme") if m.start < UNTIL)
    landed = b"".join(used.store.records(old))
    assert b"ada-l" not in landed and b"asked nobody" in landed


def test_a_roster_in_force_keeps_its_people_and_loses_periods_that_ended(used: Home) -> None:
    age(used)
    periods = rows(used, "hr/roster", "_day, employee_id, email, team, valid_from")
    first, second = date(2026, 7, 20), date(2026, 8, 20)
    assert [row[1] for row in periods if row[0] == first] == ["(erased)"] * 3
    assert [(row[1], row[3]) for row in periods if row[0] == second] == [("(erased)", "Payments"), ("E1", "Search"), ("E3", "Search")]


def test_machines_keep_their_names(used: Home) -> None:
    age(used)
    assert rows(used, "custom_agents/usage", "principal, principal_kind, cast(amount as double)") == [
        ("(erased)", "", 2.5),
        ("(erased)", "person", 2.5),
        ("key-prod", "machine", 2.5),
        ("nightly", "", 2.5),
    ]


def test_what_was_told_is_kept_and_the_warehouse_goes(used: Home) -> None:
    age(used)
    assert duckdb.read_parquet(str(used.path / "kept" / "2026-09-01" / f"{TABLE.name}.parquet")).fetchall() == [(date(2026, 8, 31), 7)]
    assert not (used.path / "warehouse.duckdb").exists()


def test_doing_it_again_changes_nothing_and_reads_nothing(used: Home) -> None:
    age(used)
    built(used.path)
    path = used.store.records_path(used.store.manifests("github_copilot", "user_days", "acme")[0])
    path.write_bytes(b"no gzip any more")
    assert age(used) == Aged()
    assert (used.path / "warehouse.duckdb").exists()


@pytest.mark.parametrize("missing", ["publication", "settled publication", "warehouse"])
def test_it_waits_until_those_days_were_told_and_settled(used: Home, missing: str) -> None:
    said: list[str] = []
    if missing == "publication":
        (used.path / "published" / "current" / "parquet" / "aggregate" / f"{TABLE.name}.parquet").unlink()
    elif missing == "settled publication":
        published(used.path, date(2026, 10, 30))
    else:
        (used.path / "warehouse.duckdb").unlink()
    before = everything(used.path / "landing")
    assert age(used, said) == Aged()
    assert everything(used.path / "landing") == before
    assert missing == "warehouse" or "no publication told these days since they settled" in said[0]
