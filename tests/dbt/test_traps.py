"""Figures that would be wrong without anybody seeing it: each of these inputs once gave one."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt import organisation as org
from tests.dbt.build import Build
from tests.dbt.raw_home import RawHome

FIRST, AS_OF = date(2026, 9, 21), date(2026, 10, 1)
CLI_ENTRY = {"feature": "copilot_cli", "user_initiated_interaction_count": 7, "code_acceptance_activity_count": 2, "loc_added_sum": 24}
NO_USE = {"feature": "chat_inline", "user_initiated_interaction_count": 0, "code_acceptance_activity_count": 0, "loc_added_sum": 0}
WEEK = "from marts.adoption_weekly where week = '2026-09-14'"


def metrics_only(home: RawHome) -> None:
    """September as the metrics report gives it on 1 October: the last three days are not out yet."""
    home.account("metrics", "user_days")
    for day in (FIRST - timedelta(days=7), *(FIRST + timedelta(days=offset) for offset in range(7))):
        people = [
            org.user_day(number, f"dev{number:02d}", day)
            | {
                "totals_by_feature": [CLI_ENTRY, NO_USE | {"user_initiated_interaction_count": 5 if number == 1 else 0}],
                "totals_by_cli": {"session_count": 1, "request_count": 9, "prompt_count": 0 if number == 6 else 3},
            }
            for number in range(1, 7)
        ]
        home.land("user_days", "metrics", day, people, fetched=AS_OF)


def credits_without_a_price(home: RawHome) -> None:
    """Before June a credit had no price; this person consumed without any telemetry."""
    day = date(2026, 5, 20)
    quiet = {"user_initiated_interaction_count": 0, "code_generation_activity_count": 0, "totals_by_feature": None}
    home.land("user_days", "metrics", day, [org.user_day(9, "dev09", day) | quiet])


def seats_that_end(home: RawHome) -> None:
    """Six people with seats and one seat that is nobody's, all of them taken away on 30 September; person 1 came three days ago and has not
    begun, 6 is idle."""
    day = AS_OF - timedelta(days=2)
    holders = [org.seat(number, f"dev{number:02d}", day) for number in range(1, 7)]
    holders[0] |= {"created_at": datetime.combine(day - timedelta(days=3), datetime.min.time()), "last_activity_at": None}
    nobody = org.seat(7, "dev07", day) | {"assignee": None}
    home.land("seats", "metrics", day, [*holders, nobody], fetched=day)
    home.land("seats", "metrics", day + timedelta(days=1), [], fetched=day + timedelta(days=1))


def a_limit_of_no_member(home: RawHome) -> None:
    """A spend limit of the organisation itself among those of its members."""
    home.account("claude", "analytics_cost", vendor="anthropic", configured=False)
    limit = {"scope": {"type": "organization"}, "amount": Decimal(500000), "currency": "USD", "period": "monthly"}
    home.land("spend_limits", "claude", AS_OF, [limit], fetched=AS_OF, vendor="anthropic")


def bill_beside_metrics(home: RawHome) -> None:
    """A bill that was imported for the account whose declared ledger is the metrics report, in a unit that nobody knows."""
    row = org.report_row(FIRST, "dev01", "GPT-5.4", Decimal(70)) | {"unit_type": "ai credits"}
    home.land("ai_credit_report", "metrics", FIRST, [row], origin="file")


def two_rosters(home: RawHome) -> None:
    """The same employee in two files of two accounts, with different teams."""
    for account, team in (("acme", "payments"), ("old", "archive")):
        home.account(account, "roster", vendor="hr", configured=False)
        home.land("roster", account, FIRST, [org.roster_row(1, "dev01", team)], vendor="hr", origin="file")


def two_tellings(home: RawHome) -> None:
    """The export lacks one line of what the summary of the same day says."""
    home.account("bill", "ai_credit_report")
    home.land("ai_credit_report", "bill", FIRST, [org.report_row(FIRST, "dev01", "GPT-5.4", Decimal(100), organization="")])
    item = {"product": "copilot", "sku": "copilot_ai_credit", "model": "GPT-5.4", "unitType": "ai-credits", "pricePerUnit": org.PRICE}
    amounts = {"grossQuantity": Decimal(150), "grossAmount": Decimal("1.5"), "discountAmount": Decimal("1.5"), "netAmount": Decimal(0)}
    home.land("ai_credit_usage", "bill", FIRST, [item | amounts])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_build: Callable[..., Build]) -> Build:
    folder: Path = tmp_path_factory.mktemp("traps")
    home = RawHome(folder / "home")
    for part in (
        metrics_only,
        credits_without_a_price,
        seats_that_end,
        a_limit_of_no_member,
        bill_beside_metrics,
        two_rosters,
        two_tellings,
    ):
        part(home)
    return dbt_build(home.write(), folder / "warehouse.duckdb", as_of=AS_OF, start=FIRST)


def test_what_cannot_be_trusted_is_a_finding(built: Build) -> None:
    assert built.failed == set()
    assert {"bills_are_counted", "skus_are_known", "one_person_per_login", "bill_equals_summary", "seats_have_holders"} <= built.warned


def test_a_month_is_not_settled_before_its_last_days_are_there(built: Build) -> None:
    """All days that are due are complete on 1 October; the 28th to the 30th are not due yet."""
    due = "select max(day), min(data_status) from marts.data_health where account = 'metrics' and stream = 'user_days'"
    assert built.one(due) == (date(2026, 9, 27), "complete")
    # The account of one bill and one person beside it is too small to be told by itself, so both are told together.
    month = "select close_status, data_status from marts.finance_monthly where account = '(all accounts)' and month = '2026-09-01'"
    assert built.rows(month) == [("provisional", "missing")]


def test_use_by_the_command_line_is_told_once_and_whole(built: Build) -> None:
    """Prompts come from the CLI's own totals, accepted output from the list; a session without a prompt is use."""
    assert built.one(f"select active_people, interactions, accepted_outputs, lines_added {WEEK} and surface = 'cli'") == (6, 15, 12, 144)


def test_entries_without_use_hide_nobody(built: Build) -> None:
    """Six people have the entry and one of them used the feature: that person's count is not published."""
    assert built.rows(f"select suppressed, active_people, interactions {WEEK} and feature = 'chat_inline'") == [(True, None, None)]


def test_a_seat_that_is_younger_than_the_limit_is_not_idle(built: Build) -> None:
    idle = dict(built.rows("select person_key, idle from marts.seats"))
    assert [person for person, is_idle in idle.items() if is_idle] == ["github:1006"]


def test_a_month_that_ends_without_seats_shows_none(built: Build) -> None:
    """29 September had six seats and 30 September none."""
    assert built.one("select count(*) from marts.seats where day = '2026-09-29'") == (6,)
    assert built.rows("select month, plan, seats from marts.seats_monthly") == []


def test_what_is_of_no_member_is_nobodys_seat(built: Build) -> None:
    assert built.rows("select distinct vendor from marts.seats") == [("github_copilot",)]
    assert built.one("select loaded_records from intermediate.int_stream_days where stream = 'spend_limits'") == (1,)


def test_use_of_unknown_worth_is_use(built: Build) -> None:
    row = built.one("select consumption_usd, interactions, active from marts.spend_per_user_daily where day = '2026-05-20'")
    assert row == (None, 0, True)


def test_one_bill_under_two_names_is_not_published(tmp_path: Path, dbt_build: Callable[..., Build]) -> None:
    """Neither bill names its organization: only the totals tell that they are one."""
    home = RawHome(tmp_path / "home")
    rows = [org.report_row(FIRST, f"dev{number:02d}", "GPT-5.4", Decimal("1.5") * number) | {"organization": ""} for number in (1, 2, 3)]
    for account in ("acme", "acme-file"):
        home.account(account, "ai_credit_report")
        home.land("ai_credit_report", account, FIRST, rows)
    build = dbt_build(home.write(), tmp_path / "warehouse.duckdb", as_of=AS_OF, start=FIRST)
    assert build.failed == {"accounts_do_not_overlap"}
