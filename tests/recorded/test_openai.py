"""OpenAI's recorded answers through client, landing and dbt; every figure computed by hand from the samples."""

from datetime import date
from decimal import Decimal


def test_costs_are_billed_to_the_last_digit_that_is_kept(recorded):
    """12.48 + 0.8800000000000001 + 3.1; the float's noise is beyond twelve decimals."""
    assert recorded(
        "select line_item, model, project, amount_usd from staging.stg_openai__costs where day = '2026-11-01' order by line_item"
    ) == [
        ("gpt-6.1-sol, cached input", "gpt-6.1-sol", "proj_abc", Decimal("0.880000000000")),
        ("gpt-6.1-sol, input", "gpt-6.1-sol", "proj_abc", Decimal("12.480000000000")),
        ("web search", None, "(none)", Decimal("3.100000000000")),
    ]
    assert recorded(
        "select sum(billed_usd), sum(consumption_usd), sum(output_tokens) from intermediate.int_spend "
        "where vendor = 'openai' and stream = 'costs' and day = '2026-11-01'"
    ) == [(Decimal("16.460000000000"), None, None)]


def test_the_documented_cost_lands_on_nobody(recorded):
    """The example was not grouped, whatever was asked for: nothing of it is split."""
    assert recorded(
        "select sku, model, project, principal, series, billed_usd from intermediate.int_spend "
        "where vendor = 'openai' and stream = 'costs' and day = '2024-11-01'"
    ) == [("(not split)", "(not split)", "(not split)", "(unattributed)", "unattributed_usage", Decimal("0.060000000000"))]


def test_tokens_are_disjoint_and_belong_to_the_owner_of_the_key(recorded):
    """16,040,000 in: 6,240,000 uncached, 8,800,000 read, 1,000,000 written, of which 100,000 for twelve hours."""
    assert recorded(
        "select model, project, principal, principal_kind, series, requests, uncached_input_tokens, cache_read_tokens, cache_write_tokens, "
        "cache_write_1h_tokens, output_tokens, billed_usd from intermediate.int_spend "
        "where vendor = 'openai' and stream = 'usage_completions' and day = '2026-11-01'"
    ) == [
        (
            *("gpt-6.1-sol-2026-09-29", "proj_abc", "user_abc", "person", "human_usage", Decimal("5120.000000000000")),
            *(6_240_000, 8_800_000, 1_000_000, 100_000, 410_000, None),
        )
    ]
    assert recorded("select principal, email from intermediate.int_openai_principal_days where day = '2026-11-01' order by principal") == [
        ("user_abc", "user@example.com"),
        ("wsu_abc123", "dev@example.com"),
    ]


def test_the_documented_day_of_every_modality(recorded):
    assert recorded(
        "select uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens "
        "from staging.stg_openai__usage_completions where day = '2024-11-01'"
    ) == [(500, 400, 100, None, 500)]
    assert recorded(
        "select modality, requests, input_tokens, quantity, quantity_unit from staging.stg_openai__usage_other "
        "where day = '2024-11-01' order by modality"
    ) == [
        ("audio_speeches", 1, None, 45, "characters"),
        ("audio_transcriptions", 1, None, 20, "seconds"),
        ("code_interpreter_sessions", None, None, 1, "sessions"),
        ("embeddings", 2, 16, None, None),
        ("file_search_calls", None, None, 2, "calls"),
        ("images", 2, None, 2, "images"),
        ("moderations", 2, 16, None, None),
        ("vector_stores", None, None, 1024, "bytes"),
        ("web_search_calls", None, None, 2, "calls"),
    ]


def test_the_real_month_keeps_what_it_does_not_tell_apart(recorded):
    """2025-01-13: 3,718,360 in, of which 76,544 cached; cache writes did not exist. Nothing was grouped, so nothing is split."""
    assert recorded(
        "select project, model, uncached_input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, requests "
        "from staging.stg_openai__usage_completions where day = '2025-01-13'"
    ) == [("(not split)", "(not split)", 3_641_816, 76_544, None, 97_756, 3_053)]
    days = recorded(
        "select day, complete from staging.stg_platform__current_generations "
        "where vendor = 'openai' and stream = 'usage_completions' and day between '2025-01-01' and '2025-03-01' order by day"
    )
    assert len(days) == 31
    assert [day for day, complete in days if not complete] == [date(2025, 1, 11), date(2025, 2, 10)], (
        "the first and the last are no whole days"
    )


def test_codex_has_credits_and_no_dollars(recorded):
    assert recorded(
        "select principal, auth_kind, credits, billed_usd, uncached_input_tokens, cache_read_tokens, output_tokens "
        "from intermediate.int_spend where vendor = 'openai' and stream = 'codex_usage'"
    ) == [("wsu_abc123", "seat", Decimal("1234.000000000000"), None, 100_000, 20_000, 5_000)]
    assert recorded("select principal, interactions, is_active from intermediate.int_openai_activity where interactions is not null") == [
        ("wsu_abc123", 48, True)
    ]


def test_an_archived_project_and_names_of_people(recorded):
    assert recorded("select project_id, is_archived, created_at from staging.stg_openai__projects")[0][:2] == ("proj_abc", False)
    assert recorded("select user_id, email from staging.stg_openai__users") == [("user_abc", "user@example.com")]
