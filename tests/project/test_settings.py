"""What spend.toml may say, and how a mistake in it is met: with file, field and remedy."""

from pathlib import Path
from typing import Any

import pytest

from spend_assets.settings import Settings, SettingsError, parse_settings

SOURCE = {"account": "acme", "enterprise": "acme", "token_env": "GITHUB_TOKEN"}


def settings(platform: dict[str, Any] | None = None, **source: Any) -> Settings:
    document = {"platform": {"start_date": "2026-07-01", **(platform or {})}, "sources": {"github": [{**SOURCE, **source}]}}
    return parse_settings(document, home=Path("/nowhere"))


@pytest.mark.parametrize(
    ("source", "ledger"),
    [
        ({}, "user_days"),
        ({"billing_token_env": "BILLING"}, "ai_credit_report"),
        ({"enterprise": None, "org": "acme", "billing_token_env": "BILLING"}, "ai_credit_usage"),
        ({"ledger": "ai_credit_report"}, "ai_credit_report"),
        ({"billing_token_env": "BILLING", "ledger": "ai_credit_usage"}, "ai_credit_usage"),
    ],
)
def test_one_stream_carries_the_money(source: dict[str, Any], ledger: str) -> None:
    assert settings(**source).sources.github[0].ledger_stream == ledger


@pytest.mark.parametrize(
    ("platform", "source", "words"),
    [
        ({}, {"org": "acme"}, ["sources.github.0", "exactly one of enterprise and org", "twice"]),
        ({}, {"token_env": "ghp_abcdefghijklmnop"}, ["token_env", "NAME of an environment variable"]),
        ({}, {"account": "../etc"}, ["account", "lower-case letters"]),
        ({}, {"base_url": "http://api.example.com"}, ["base_url", "without https"]),
        ({}, {"base_url": "https://me:secret@api.example.com"}, ["base_url", "carries no user or password"]),
        ({}, {"ledger": "ai_credit_usage"}, ["ai_credit_usage", "needs billing_token_env"]),
        ({}, {"tokens": "x"}, ["tokens"]),
        ({"k": 1}, {}, ["platform.k"]),
        ({"start_date": "01/07/2026"}, {}, ["platform.start_date"]),
        ({"clock_url": "http://127.0.0.1:1/__clock"}, {}, ["platform", "system clock"]),
    ],
)
def test_a_mistake_is_met_with_its_place_and_remedy(platform: dict[str, Any], source: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(platform, **source)
    for word in ["spend.toml", *words]:
        assert word in str(refused.value)
    assert "secret" not in str(refused.value).replace("never the secret itself", "").replace("name the secret with", "")
    assert "ghp_" not in str(refused.value)


def test_two_accounts_never_point_at_one_enterprise() -> None:
    document = {"platform": {"start_date": "2026-07-01"}, "sources": {"github": [SOURCE, {**SOURCE, "account": "other"}]}}
    with pytest.raises(SettingsError, match="would count twice"):
        parse_settings(document, home=Path("/nowhere"))
