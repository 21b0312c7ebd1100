"""How long to wait before asking again: GitHub's rules for primary and secondary limits, and backoff with jitter for the rest.

Source: docs.github.com, "Rate limits for the REST API" and "Best practices for using the REST API" (handle rate limit errors).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SECONDARY_SECONDS = 60.0
"""A secondary limit that names no time: at least a minute, doubled with each attempt."""

BACKOFF_CAP_SECONDS = 60.0


def is_rate_limit(status: int, headers: Mapping[str, str], text: bytes) -> bool:
    """429, or a 403 that is a limit and no missing permission."""
    if status == 429:
        return True
    if status != 403:
        return False
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or b"rate limit" in text.lower()


def limit_seconds(
    headers: Mapping[str, str], *, attempt: int, now: datetime, cap: float, jitter: float, unnamed: float = SECONDARY_SECONDS
) -> float:
    """Seconds to wait after a rate limit, at most `cap`; `attempt` counts from 1, `jitter` is in [0, 1).

    `unnamed`: the first wait where the answer names no time, doubled with each attempt.
    Times in headers are read against the server's own Date where it sends one, so that a wrong or replayed clock
    on our side makes no difference.
    """
    server_now = _instant(headers.get("date", "")) or now
    asked = retry_after_seconds(headers, server_now)
    if asked is None and headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        # The header has whole seconds: one more makes sure that the window has passed.
        asked = float(int(reset) - server_now.timestamp() + 1) if reset.isascii() and reset.isdigit() and len(reset) < 12 else None
    if asked is None:
        asked = unnamed * 2.0 ** (attempt - 1) * (1 + jitter / 10)
    return min(max(asked, 0.0), cap)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Retry-After as seconds from `now`: a number of seconds or an HTTP date; None when absent or unreadable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    instant = _instant(text)
    return None if instant is None else max((instant - now).total_seconds(), 0.0)


def backoff_seconds(*, attempt: int, jitter: float) -> float:
    """1, 2, 4, ... seconds, at most a minute, of which the upper half is random."""
    return min(2.0 ** (attempt - 1), BACKOFF_CAP_SECONDS) * (1 + jitter) / 2


def _instant(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
