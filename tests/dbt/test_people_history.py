"""Who somebody was and in which team on each day, as it was known on two days: a reorganisation, a renaming, a re-hire, a move between
legal entities, and a file of HR that comes late."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.dbt import organisation as org
from tests.dbt.build import Build
from tests.dbt.raw_home import RawHome

pytestmark = pytest.mark.long

FIRST, EARLY, LATE = date(2026, 8, 24), date(2026, 9, 20), date(2026, 10, 4)
FORGOTTEN_UNTIL = date(2026, 9, 1)
"""HR says on 21 September that ed has been in search since the 1st."""
RENAMED = date(2026, 9, 10)
AWAY = (date(2026, 8, 31), date(2026, 9, 14))


def days() -> list[date]:
    return [FIRST + timedelta(days=offset) for offset in range(27)]


def logins(day: date) -> dict[int, str]:
    """By GitHub's numeric id."""
    there = {1: "ada", 2: "bo" if day < RENAMED else "bo-new", 4: "di", 5: "ed"}
    return there if AWAY[0] <= day < AWAY[1] else there | {3: "cy"}


def person(number: int, login: str, team: str, start: date, end: date | None = None, division: str = "data") -> dict[str, Any]:
    return org.roster_row(number, login, team) | {"division": division, "valid_from": start, "valid_to": end}


def roster(*ed: dict[str, Any]) -> list[dict[str, Any]]:
    long_ago = date(2025, 1, 1)
    return [
        person(1, "ada", "search", long_ago, date(2026, 9, 7)),
        person(1, "ada", "search", date(2026, 9, 7), division="platform"),
        person(2, "bo", "search", long_ago),
        person(3, "cy", "search", long_ago, AWAY[0]),
        person(3, "cy", "web", AWAY[1]),
        person(4, "di", "web", long_ago),
        *ed,
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = RawHome(tmp_path_factory.mktemp("history") / "home")
    made.account(org.ACCOUNT, "ai_credit_report")
    for company in ("us", "de"):
        made.account(company, "roster", vendor="hr", configured=False)
    for day in days():
        rows = [org.report_row(day, login, "Claude Sonnet 4.6", Decimal(10 + number)) for number, login in logins(day).items()]
        made.land("ai_credit_report", org.ACCOUNT, day, rows, fetched=day)
        users = [org.user_day(number, login, day) for number, login in logins(day).items()]
        made.land("user_days", org.ACCOUNT, day, users, fetched=day)
    told = person(5, "ed", "web", date(2025, 1, 1))
    made.land("roster", "us", FIRST, roster(told), vendor="hr", origin="file", fetched=FIRST)
    late = [person(5, "ed", "web", date(2025, 1, 1), FORGOTTEN_UNTIL), person(5, "ed", "search", FORGOTTEN_UNTIL)]
    heard = date(2026, 9, 21)
    made.land("roster", "us", heard, roster(*late), vendor="hr", origin="file", fetched=heard)
    # The other entity's own file; the first one never closes its row.
    made.land("roster", "de", heard, [person(4, "di", "pay", date(2026, 9, 7))], vendor="hr", origin="file", fetched=heard)
    return made.write()


History = Callable[[date], Build]


@pytest.fixture(scope="module")
def known(home: Path, tmp_path_factory: pytest.TempPathFactory, dbt_build: Callable[..., Build]) -> History:
    folder = tmp_path_factory.mktemp("known")
    builds = {
        day: dbt_build(home, folder / f"{day}.duckdb", as_of=day, start=FIRST, select=("+int_spend_people", "+int_person_days"))
        for day in (EARLY, LATE)
    }
    return builds.__getitem__


def teams(build: Build, number: int) -> dict[date, str]:
    rows = build.rows(f"select day, team from intermediate.int_spend_people where principal_key = 'hr:E{number:04d}' and team is not null")
    return dict(rows)


def split(number: int, before: str, after: str, on: date) -> dict[date, str]:
    return {day: before if day < on else after for day in days() if number in logins(day)}


@pytest.mark.parametrize("as_of", [EARLY, LATE])
def test_whoever_stays_is_the_same_person_through_everything(known: History, as_of: date) -> None:
    build = known(as_of)
    keys = {key for (key,) in build.rows("select distinct principal_key from intermediate.int_spend_people where is_person")}
    assert keys == {f"hr:E{number:04d}" for number in range(1, 6)}, "no login is left over, not that of a renamed one either"
    assert teams(build, 2) == split(2, "search", "search", RENAMED), "renamed"
    assert teams(build, 3) == split(3, "search", "web", AWAY[1]), "came back, into another team"


@pytest.mark.parametrize("as_of", [EARLY, LATE])
def test_a_reorganisation_rewrites_no_history(known: History, as_of: date) -> None:
    rows = known(as_of).rows("select day, division from intermediate.int_person_days where person_id = 'hr:E0001'")
    assert dict(rows) == split(1, "data", "platform", date(2026, 9, 7))


def test_what_hr_tells_late_counts_from_when_it_was_told(known: History) -> None:
    assert teams(known(EARLY), 5) == split(5, "web", "web", FORGOTTEN_UNTIL), "as it was known then"
    assert teams(known(LATE), 5) == split(5, "web", "search", FORGOTTEN_UNTIL)


def test_a_move_to_another_entity_counts_from_its_day_although_the_old_row_stays_open(known: History) -> None:
    assert set(teams(known(EARLY), 4).values()) == {"web"}
    assert teams(known(LATE), 4) == split(4, "web", "pay", date(2026, 9, 7))
