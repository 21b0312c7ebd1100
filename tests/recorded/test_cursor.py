"""Cursor's documented and recorded answers through client, landing and dbt; every figure computed by hand from the samples."""

from datetime import date, datetime
from decimal import Decimal

CELL = "select sku, principal, series, surface, requests, consumption_usd, billed_usd from intermediate.int_spend where vendor = 'cursor'"


def usd(text):
    return Decimal(text).quantize(Decimal("1e-12"))


def test_the_documented_events_are_worth_their_list_and_billed_their_charge(recorded):
    """20.18232 + 1.18; 40.167 + 1.18, charged 37.33 after 10 % off; 1.4 requests at 4 cents, included; and the service account's call."""
    assert recorded(f"{CELL} and day = '2025-06-26' order by sku, principal") == [
        ("included", "admin@company.com", "human_usage", "ide", Decimal(1), usd("0.056"), usd("0")),
        ("on_demand", "developer@company.com", "human_usage", "ide", Decimal(2), usd("0.6270932"), usd("0.5869232")),
        ("on_demand", "sa_abc123", "machine_usage", "cli", Decimal(1), usd("0.2136232"), usd("0.2136232")),
    ]
    assert recorded(
        "select uncached_input_tokens, cache_read_tokens, cache_write_tokens, output_tokens from staging.stg_cursor__usage_events "
        "where day = '2025-06-26' order by occurred_at desc, service_account_id nulls first"
    ) == [(126, 11964, 6112, 450), (126, 11964, 6112, 450), (5805, 0, 11964, 311), (None, None, None, None)]


def test_a_day_whose_pages_do_not_add_up_is_partial(recorded):
    """The documented page says 113 events and has three."""
    assert recorded(
        "select complete, records from staging.stg_platform__current_generations "
        "where vendor = 'cursor' and stream = 'usage_events' and day = '2025-06-26'"
    ) == [(False, 4)]


def test_devlakes_request_contract_is_billed_by_requests(recorded):
    """2 requests at 4 cents; the 33.7 cents of tokens beside them are no money."""
    assert recorded(f"{CELL} and day = '2026-07-09'") == [
        ("on_demand", "user@example.com", "human_usage", "ide", Decimal(1), usd("0.08"), usd("0.08"))
    ]
    assert recorded(
        "select auth_kind, uncached_input_tokens, cache_read_tokens, cache_write_tokens, output_tokens from intermediate.int_spend "
        "where vendor = 'cursor' and day = '2026-07-09'"
    ) == [("seat", 5932, 495701, 0, 4761)]


def test_every_edge_case_is_in_a_cell_of_its_own(recorded):
    """Included 70 twice (one says 71 charged), 5.6 and 5.6; on demand 147.625, a machine's 172.85 and 8; an error with a charge."""
    assert recorded(f"{CELL} and day = '2026-09-01' order by sku, principal") == [
        ("included", "ann@example.test", "human_usage", "ide", Decimal(2), usd("1.40"), usd("0")),
        ("included", "bob@example.test", "human_usage", "ide", Decimal(1), usd("0.056"), usd("0")),
        ("included", "dee@example.test", "human_usage", "ide", Decimal(1), usd("0.056"), usd("0")),
        ("not_charged", "bob@example.test", "human_usage", "ide", Decimal(1), usd("0.2625"), usd("0")),
        ("on_demand", "ann@example.test", "human_usage", "ide", Decimal(1), usd("1.47625"), usd("1.47625")),
        ("on_demand", "cid@example.test", "human_usage", "ide", Decimal(1), usd("0.08"), usd("0.08")),
        ("on_demand", "sa_1", "machine_usage", "background_agent", Decimal(1), usd("1.7285"), usd("1.7285")),
    ]
    assert recorded(
        "select sum(consumption_usd), sum(billed_usd) from marts.spend_daily where vendor = 'cursor' and day = '2026-09-01'"
    ) == [(usd("5.05925"), usd("3.28475"))]


def test_the_event_on_the_bound_of_two_days_counts_once(recorded):
    assert recorded(f"{CELL} and day = '2026-09-02'") == [
        ("on_demand", "ann@example.test", "human_usage", "ide", Decimal(1), usd("0.0001"), usd("0.0001"))
    ]


def test_spend_of_the_cycle_and_limits(recorded):
    """2450.125487 and 3200.750456 cents overall; a limit override of 0 is none."""
    assert recorded(
        "select email, cycle_started_at, on_demand_usd, overall_usd, limit_usd from staging.stg_cursor__spend order by email"
    ) == [
        ("admin@company.com", datetime(2024, 2, 27), usd("18.75500123"), usd("32.00750456"), usd("50")),
        ("developer@company.com", datetime(2024, 2, 27), usd("24.50125487"), usd("24.50125487"), usd("100")),
    ]


def test_seats_are_members_with_their_limit(recorded):
    assert recorded("select principal, plan, assigned_on, limit_usd from intermediate.int_cursor_seats order by principal") == [
        ("admin@company.com", "unknown", date(2024, 1, 15), usd("50")),
        ("developer@company.com", "unknown", date(2026, 9, 10), usd("100")),
        ("user@example.com", "unknown", date(2026, 9, 10), None),
    ]


def test_activity_counts_requests_and_accepted_suggestions(recorded):
    """45 + 128 + 12 + 67 requests; 342 tabs shown and 87 applies; 289 tabs taken and 73 accepts."""
    assert recorded(
        "select principal, interactions, generations, acceptances, is_active from intermediate.int_cursor_activity order by principal"
    ) == [("developer@company.com", 252, 429, 362, True), ("inactive-user@company.com", 0, 0, 0, False)]


def test_groups_are_read_whole_where_the_list_is_short(recorded):
    """The list shows one of twelve members; the group by itself shows two current and one former."""
    assert recorded("select group_name, is_unassigned, members, spend_usd from staging.stg_cursor__groups order by group_name") == [
        ("Design", False, 5, usd("875")),
        ("Engineering", False, 3, usd("1250")),
        ("Unassigned", True, 3, usd("150")),
    ]
    assert recorded("select email, left_at, spend_usd from staging.stg_cursor__group_members order by email") == [
        ("alex@company.com", None, usd("750")),
        ("former@company.com", datetime(2024, 1, 14, 17), usd("0")),
        ("sam@company.com", None, usd("500")),
    ]


def test_commits_and_changes_of_seats(recorded):
    assert recorded(
        "select commit_hash, email, repository, source, lines_added, tab_lines_added, agent_lines_added, other_lines_added, committed_at "
        "from staging.stg_cursor__ai_code_commits"
    ) == [("a1b2c3d4", "developer@company.com", "company/repo", "ide", 120, 50, 40, 30, datetime(2025, 7, 30, 14, 12, 3))]
    assert recorded("select event_type, email from staging.stg_cursor__audit_logs order by event_type") == [
        ("add_user", "admin@company.com"),
        ("login", "developer@company.com"),
    ]
