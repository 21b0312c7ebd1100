"""Spend logs of LiteLLM, dropped into the inbox for two accounts (tests/fixtures/litellm); one declares them as its ledger."""

from datetime import UTC, date, datetime
from pathlib import Path

SETTINGS = """
[[sources.files]]
vendor = "litellm"
account = "declared"
ledger = "spend_logs"
"""
ENV: dict[str, str] = {}
SPAN = (date(2026, 11, 1), date(2026, 11, 2))
NOW = datetime(2026, 11, 10, 6, tzinfo=UTC)
_LOGS = Path(__file__).parents[1] / "fixtures" / "litellm" / "spend_logs.constructed.csv"
FILES = {f"litellm/{account}/spend_logs/logs.csv": _LOGS for account in ("declared", "beside")}


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    return None
