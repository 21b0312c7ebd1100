"""One clock gives "now" to everything that is stored, so that a test or the demo can replay days (DESIGN law 9)."""

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
