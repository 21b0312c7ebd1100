"""Anthropic's documented responses through client, landing and dbt, against figures computed by hand from the fixtures."""

from datetime import date
from decimal import Decimal as D

DAY = date(2026, 11, 1)
KEY, USER = "apikey_01Rj2N8SVvo6BePZj99NhmiT", "user_01WCz1FkmYMm4gnmykNKUu3Q"
SPEND = "select {} from intermediate.int_spend where vendor = 'anthropic' and {} order by all"


def test_cost_in_cents_is_money_in_dollars_on_its_key(recorded):
    # 480 + 150 + 180 + 820 cents on the key; 8 cents of session runtime belong to nobody.
    rows = recorded(
        SPEND.format(
            "account, day, principal, principal_kind, series, sku, consumption_usd, billed_usd",
            "account = 'console' and billed_usd is not null",
        )
    )
    assert rows == [
        ("console", DAY, "(unattributed)", "unattributed", "unattributed_usage", "session_usage", D("0.08"), D("0.08")),
        ("console", DAY, KEY, "machine", "machine_usage", "tokens:cache_creation.ephemeral_5m_input_tokens", D("1.5"), D("1.5")),
        ("console", DAY, KEY, "machine", "machine_usage", "tokens:cache_read_input_tokens", D("1.8"), D("1.8")),
        ("console", DAY, KEY, "machine", "machine_usage", "tokens:output_tokens", D("8.2"), D("8.2")),
        ("console", DAY, KEY, "machine", "machine_usage", "tokens:uncached_input_tokens", D("4.8"), D("4.8")),
    ]


def test_tokens_are_disjoint_and_stand_beside_the_money(recorded):
    rows = recorded(
        SPEND.format(
            "principal, auth_kind, model, requests, uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, "
            "output_tokens, consumption_usd",
            "account = 'console' and stream = 'analytics_usage'",
        )
    )
    assert rows == [
        ("(unattributed)", "(unknown)", "(not split)", D(14), 0, 0, 0, 0, 0, None),
        (KEY, "api_key", "claude-opus-5-5", D(812), 1_200_000, 9_000_000, 300_000, 0, 410_000, None),
        (USER, "(unknown)", "claude-sonnet-5-5", D(233), 800_000, 4_000_000, 100_000, 100_000, 120_000, None),
    ]


def test_the_older_ledger_bills_without_a_list_price(recorded):
    # 123.78912 cents
    rows = recorded(
        SPEND.format(
            "stream, project, principal, model, sku, consumption_usd, billed_usd", "account = 'console-old' and billed_usd is not null"
        )
    )
    assert rows == [
        (
            "cost_report",
            "wrkspc_01OfTheOlderLedger",
            "(unattributed)",
            "claude-opus-4-6",
            "tokens:uncached_input_tokens",
            None,
            D("1.2378912"),
        )
    ]
    classes = "uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens"
    rows = recorded(
        SPEND.format(f"principal, principal_kind, auth_kind, {classes}", "account = 'console-old' and stream = 'usage_messages'")
    )
    assert rows == [(USER, "person", "api_key", 1500, 200, 1500, 1000, 500)]


def test_the_estimate_of_claude_code_is_kept_apart(recorded):
    rows = recorded("select email, sessions, accepted, rejected, estimated_usd from staging.stg_anthropic__claude_code order by all")
    assert rows == [
        ("developer@company.com", 5, 68, 8, D("1.41")),
        ("user@emaildomain.com", 15, 50, 6, D("2.28")),
    ]
    assert recorded(SPEND.format("count(*)", "stream = 'claude_code'")) == [(0,)]


def test_people_are_known_by_id_and_by_the_directorys_address(recorded):
    rows = recorded(
        "select principal, interactions, generations, acceptances, is_active from intermediate.int_anthropic_activity "
        "where account = 'console' order by all"
    )
    assert rows == [("developer@company.com", 5, 76, 68, True), (USER, 15, 56, 50, True)]
    rows = recorded(
        "select principal, email from intermediate.int_anthropic_principal_days "
        "where account = 'console' and day = '2026-11-01' order by all"
    )
    assert rows == [("developer@company.com", "developer@company.com"), (USER, "user@emaildomain.com")]


def test_seats_bear_their_tier_and_limit(recorded):
    rows = recorded(
        "select principal, stream, plan, assigned_on, limit_usd from intermediate.int_anthropic_seats where account = 'claude' order by all"
    )
    assert rows == [
        ("user_01AbCdEfGh", "spend_limits", "enterprise_standard", None, D("500")),
        (USER, "users", "enterprise", date(2024, 10, 30), None),
    ]
    assert recorded("select count(*) from intermediate.int_agent_sdk_credits") == [(0,)]


def test_names_and_key_hints_never_touch_disk(recorded):
    columns = recorded(
        "select column_name from information_schema.columns where table_schema = 'staging' and table_name like 'stg_anthropic__%' "
        "and (column_name like '%hint%' or (column_name = 'name' and table_name like '%users'))"
    )
    assert columns == []
    assert recorded("select distinct archived_at is not null from staging.stg_anthropic__workspaces") == [(True,)]
