"""OpenRouter's documented answer, saved to a file and dropped into the inbox (tests/fixtures/openrouter)."""

from datetime import UTC, date, datetime
from pathlib import Path

SETTINGS = ""
ENV: dict[str, str] = {}
SPAN = (date(2026, 11, 1), date(2026, 11, 2))
NOW = datetime(2026, 11, 10, 6, tzinfo=UTC)
FILES = {"openrouter/router/activity/activity.json": Path(__file__).parents[1] / "fixtures" / "openrouter" / "activity.docs.json"}


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    return None
