"""One clock gives "now" to everything that is stored, so that a test or the demo can replay days (DESIGN law 9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, timezone-aware UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """Stands still until it is set: SPEND_NOW, tests, and the demo's replay."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


def today(clock: Clock) -> date:
    """The UTC day that `clock` shows."""
    return clock.now().astimezone(UTC).date()


def clock_from_environment(env: Mapping[str, str]) -> Clock:
    """The system clock, or the instant that SPEND_NOW names (ISO 8601, for example 2026-10-01T06:00:00Z)."""
    text = env.get("SPEND_NOW", "").strip()
    if not text:
        return SystemClock()
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"SPEND_NOW={text!r} is no ISO 8601 instant; write it as 2026-10-01T06:00:00Z") from None
    return FixedClock(instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC))
