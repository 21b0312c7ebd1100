"""Which clock a process runs on: the system's, a fixed instant, or the sandbox's virtual one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property

import httpx

from spend_assets.clock import Clock, FixedClock, SystemClock
from spend_assets.settings import Settings


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
        try:
            text = str(httpx.get(self.url, timeout=10, trust_env=False).raise_for_status().json()["now"])
        except (httpx.HTTPError, ValueError, KeyError):
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
