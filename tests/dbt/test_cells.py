"""Restated, withdrawn and vanished days: an incremental build equals a full one, and the past can be asked for."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt import organisation as org
from tests.dbt.build import Build
from tests.dbt.raw_home import RawHome

DAYS = [date(2026, 9, 7) + timedelta(days=offset) for offset in range(4)]
RESTATED_ON = date(2026, 9, 25)
EARLY, LATE = date(2026, 9, 24), date(2026, 9, 26)
COMPARED = (
    "intermediate.int_spend",
    "intermediate.int_spend_effective",
    "marts.spend_daily",
    "marts.spend_per_user_daily",
    "marts.finance_monthly",
    "marts.restatements",
)


def company(path: Path, *, restated: bool) -> RawHome:
    """Four days of two people. Restated: the first day triples, the second is withdrawn, the third is answered in part only."""
    home = RawHome(path)
    home.account("acme", "ai_credit_report")
    for day in DAYS:
        home.land("ai_credit_report", "acme", day, [org.report_row(day, login, "GPT-5.4", Decimal(100)) for login in ("ada", "alan")])
    if restated:
        tripled = [org.report_row(DAYS[0], login, "GPT-5.4", Decimal(300)) for login in ("ada", "alan")]
        home.land("ai_credit_report", "acme", DAYS[0], tripled, fetched=RESTATED_ON)
        home.land("ai_credit_report", "acme", DAYS[1], [], fetched=RESTATED_ON)
        home.land("ai_credit_report", "acme", DAYS[2], [], fetched=RESTATED_ON, complete=False)
    return home


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory, dbt_build: Callable[..., Build]) -> dict[str, Build]:
    folder = tmp_path_factory.mktemp("cells")
    before = company(folder / "before", restated=False).write()
    after = company(folder / "after", restated=True).write()
    grown, fresh, past = (folder / f"{name}.duckdb" for name in ("grown", "fresh", "past"))
    dbt_build(before, grown, as_of=EARLY, start=DAYS[0])
    return {
        "incremental": dbt_build(after, grown, as_of=LATE, start=DAYS[0]),
        "full": dbt_build(after, fresh, as_of=LATE, start=DAYS[0]),
        "past": dbt_build(after, past, as_of=EARLY, start=DAYS[0]),
    }


def test_each_build_passes(builds: dict[str, Build]) -> None:
    assert {name: build.failed for name, build in builds.items()} == {"incremental": set(), "full": set(), "past": set()}


@pytest.mark.parametrize("table", COMPARED)
def test_incremental_equals_full(builds: dict[str, Build], table: str) -> None:
    query = f"select * from {table} order by all"
    assert builds["incremental"].rows(query) == builds["full"].rows(query) != []


def test_an_emptied_day_leaves_nothing_and_a_partial_answer_replaces_nothing(builds: dict[str, Build]) -> None:
    by_day = dict(builds["incremental"].rows("select day, sum(consumption_usd) from marts.spend_daily group by day"))
    assert by_day == {DAYS[0]: Decimal(6), DAYS[2]: Decimal(2), DAYS[3]: Decimal(2)}


def test_only_touched_cells_were_written_again(builds: dict[str, Build]) -> None:
    versions = "select distinct day, cell_version from intermediate.int_spend order by day"
    past, now = dict(builds["past"].rows(versions)), dict(builds["incremental"].rows(versions))
    assert past[DAYS[0]] != now[DAYS[0]] and past[DAYS[3]] == now[DAYS[3]] and past[DAYS[2]] == now[DAYS[2]]


def test_the_past_is_as_it_was_known(builds: dict[str, Build]) -> None:
    assert builds["past"].one("select sum(consumption_usd) from marts.spend_daily") == (Decimal(8),)
    assert builds["past"].one("select count(*) from marts.restatements") == (0,)


def test_each_restatement_is_a_row(builds: dict[str, Build]) -> None:
    rows = builds["full"].rows(
        "select day, cause, consumption_usd_before, consumption_usd_after, consumption_usd_moved, records_after, restated_on "
        "from intermediate.int_restatements order by day"
    )
    assert rows == [
        (DAYS[0], "values changed", Decimal(2), Decimal(6), Decimal(4), 2, RESTATED_ON),
        (DAYS[1], "withdrawn", Decimal(2), None, Decimal(-2), 0, RESTATED_ON),
    ]


def test_what_two_people_restated_is_published_without_its_figures(builds: dict[str, Build]) -> None:
    rows = builds["full"].rows(
        "select day, cause, consumption_usd_before, consumption_usd_moved, records_after, suppressed from marts.restatements order by day"
    )
    assert rows == [(DAYS[0], "values changed", None, None, None, True), (DAYS[1], "withdrawn", None, None, None, True)]
