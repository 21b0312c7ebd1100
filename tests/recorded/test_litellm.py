"""A gateway by file alone: its money is an estimate, unless the account declares it as its ledger."""

from datetime import date
from decimal import Decimal

LINES = (
    "select day, sku, model, project, principal, series, basis, billed_usd, requests, uncached_input_tokens, output_tokens "
    "from intermediate.int_spend where vendor = 'litellm' and account = '{}' order by day, model"
)
KEY = "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
ONE = Decimal("1.000000000000")


def test_requests_fall_on_their_utc_day_and_are_billed_where_declared(recorded):
    """The second request began at 00:10 in +02:00, so on the day before; 1.5e-05 is an exact amount."""
    first, second = date(2026, 11, 1), date(2026, 11, 2)
    assert recorded(LINES.format("declared")) == [
        (
            *(first, "openai", "gpt-5.5", "team-platform", "ada.garcia@acme.example", "human_usage", "ledger"),
            *(Decimal("0.000149850000"), ONE, 10, 20),
        ),
        (first, "(not split)", "home-made-7b", "(none)", KEY, "machine_usage", "ledger", Decimal("0.000015000000"), ONE, 7, 0),
        (
            *(second, "anthropic", "claude-sonnet-5", "(none)", "(unattributed)", "unattributed_usage", "ledger"),
            *(Decimal("0.250000000000"), ONE, 1000, 100),
        ),
    ]


def test_beside_the_keys_own_vendor_there_is_no_money(recorded):
    lines = recorded(LINES.format("beside"))
    assert [(line[6], line[7]) for line in lines] == [("estimate", None)] * 3
    assert sum(line[9] for line in lines) == 1017
    assert recorded("select sum(estimated_usd) from staging.stg_litellm__spend_logs where account = 'beside'") == [
        (Decimal("0.250164850000"),)
    ]
