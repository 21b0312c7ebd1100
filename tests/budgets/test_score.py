"""The score's own parts: what a morning knew, and the interval. The forecast's SQL has unit tests beside it in dbt_project."""

import itertools
from collections import defaultdict
from datetime import date, timedelta

import pytest

from bench.forecast_history import NEVER, SETTLING, History, actual, history
from bench.score_forecast import Judged, interval, report
from spend_assets.sandbox.config import SandboxConfig

END = date(2026, 10, 31)
MORNINGS = [date(2026, 10, day) for day in (5, 12, 20)]


@pytest.fixture(scope="module")
def found() -> History:
    return history(SandboxConfig(people=12, days=45, seed=4, end=END, faults={"late_day": 0.5, "straggler": 0.3}), MORNINGS)


def test_no_morning_knows_its_own_day_or_a_later_one(found: History) -> None:
    young = [row for row in found.days if row.known_until != NEVER]
    assert young and all(row.day < row.known_from for row in found.days)
    # Copilot's bill of a day is there two days later.
    assert all(row.known_from - row.day >= timedelta(days=2) for row in young if row.vendor == "github_copilot")


def test_a_day_has_one_state_at_a_time(found: History) -> None:
    spans: dict[tuple[str, str, str, date], list[tuple[date, date]]] = defaultdict(list)
    for row in found.days:
        spans[row.vendor, row.account, row.component, row.day].append((row.known_from, row.known_until))
    for states in spans.values():
        ordered = sorted(states)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ordered))
        assert ordered[-1][1] == NEVER


def test_late_days_were_known_in_part(found: History) -> None:
    final = {(row.vendor, row.account, row.component, row.day): row.consumption_usd for row in found.days if row.known_until == NEVER}
    young = [row for row in found.days if row.known_until != NEVER and row.consumption_usd is not None]
    less = [row for row in young if row.consumption_usd < (final[row.vendor, row.account, row.component, row.day] or 0)]
    assert less and all(row.known_from - row.day <= SETTLING for row in less)


def test_what_came_of_a_month_is_the_sum_of_its_days(found: History) -> None:
    sums = actual(found)
    seats = [row.billed_usd for row in found.days if row.component == "seat" and row.known_until == NEVER and row.day.month == 10]
    assert sums["github_copilot", "acme", "seat", date(2026, 10, 1)] == sum(seats) > 0


def test_the_interval_is_of_companies_and_not_of_months() -> None:
    # Eleven companies, each with two months that differ a lot: means 0 to 10, standard error 1, t of 10 degrees of freedom 2.228.
    low, high = interval([(company, company + swing) for company in range(11) for swing in (-40.0, 40.0)])
    assert (low, high) == (pytest.approx(5 - 2.228, abs=0.01), pytest.approx(5 + 2.228, abs=0.01))


@pytest.mark.parametrize(("forecast", "verdict"), [(99.0, 0), (60.0, 1)])
def test_a_forecast_that_is_no_better_fails(forecast: float, verdict: int, capsys: pytest.CaptureFixture[str]) -> None:
    mornings = (5, 10, 15, 20, 25)
    judged = [
        Judged(seed, date(2026, 7, 1), morning, "(organisation)", forecast + seed, 80.0, 100.0)
        for seed in (1, 2, 3)
        for morning in mornings
    ]
    assert report(judged, 3) == verdict
    assert ("FAILED" in capsys.readouterr().out) is bool(verdict)
