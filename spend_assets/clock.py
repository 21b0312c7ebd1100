"""One clock gives "now" to everything that is stored, so that a test or the demo can replay days (DESIGN law 9)."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Protocol

from spend_assets.settings import Settings


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


def clock_for(settings: Settings, env: Mapping[str, str]) -> Clock:
    """The instant that SPEND_NOW names, else the sandbox's virtual clock where the settings name one, else the system clock."""
    text = env.get("SPEND_NOW", "").strip()
    if text:
        return FixedClock(_instant(text, "SPEND_NOW"))
    if settings.platform.clock_url:
        return SandboxClock(settings.platform.clock_url)
    return SystemClock()


class SandboxClock:
    """The sandbox's virtual clock, read once: a run happens at one instant of simulated time."""

    def __init__(self, url: str):
        self.url = url

    @cached_property
    def _instant(self) -> datetime:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url, timeout=10) as answer:
                text = str(json.loads(answer.read())["now"])
        except (OSError, ValueError, KeyError):
            raise ValueError("the sandbox's clock does not answer; start the sandbox, or set SPEND_NOW to an instant") from None
        return _instant(text, "the sandbox's clock")

    def now(self) -> datetime:
        return self._instant


def _instant(text: str, name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} shows {text!r}, which is no ISO 8601 instant such as 2026-10-01T06:00:00Z") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
