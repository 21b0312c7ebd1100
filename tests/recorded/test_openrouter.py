"""A vendor by file alone: what OpenRouter's documentation shows, dropped into the inbox."""

from decimal import Decimal


def test_credits_spent_are_billed_and_own_keys_are_not_added(recorded):
    """usage 0.015; 0.012 more was charged to a key of one's own, on that vendor's bill."""
    assert recorded(
        "select sku, model, principal, series, consumption_usd, billed_usd, requests, uncached_input_tokens, output_tokens, "
        "reasoning_tokens from intermediate.int_spend where vendor = 'openrouter'"
    ) == [
        (
            *("OpenAI", "openai/gpt-4.1-2025-04-14", "(unattributed)", "unattributed_usage", None, Decimal("0.015000000000")),
            *(Decimal("5.000000000000"), 50, 125, 25),
        )
    ]
    assert recorded("select own_key_usd from staging.stg_openrouter__activity") == [(Decimal("0.012000000000"),)]
