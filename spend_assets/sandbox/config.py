"""What a sandbox is made of: its size, its history, its faults, and how it waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from spend_assets.sandbox.company_bridge import USUAL


@dataclass(frozen=True)
class SandboxConfig:
    """The same config gives the same bytes, whatever the order of requests."""

    people: int = 200
    days: int = 120
    """UTC days of history up to and with `end`."""
    seed: int = 7
    end: date = date(2026, 10, 31)
    faults: str | Mapping[str, float] = "none"
    """'none', 'default', 'heavy', or rates and counts by name (faults.py lists them)."""
    scope: Literal["enterprise", "org"] = "enterprise"
    """enterprise: three organisations billed through one enterprise. org: one organisation, billed itself."""
    port: int = 0
    truth_port: int | None = None
    """None: truth is not served. 0: any free port."""
    wait_scale: float = 0.0
    """Waits that the server orders, and its slow bodies, are multiplied by this: 1 is real time, 0 does not wait."""
    link_seconds: int = 60
    """Life of a signed metrics link, on the virtual clock."""
    hourly_limit: int = 5000
    """Primary rate limit: requests per token and virtual hour."""
    mean_daily_credits: int = 250
    """Mean credits of a user's active day at the start of 2026-09 (about $2.50); use grows through the history."""
    sigma_between_users: float = 1.05
    """Of daily means. Personas and tenure widen it: the totals of users come out near the published 1.2 to 1.3."""
    sigma_within_user: float = 0.65
    bills: frozenset[str] = USUAL
    """What invoices have beside their ledgers: any of company_bridge.INJECTED."""
    stories: Mapping[str, date] = field(default_factory=dict)
    """What goes wrong on purpose, and on which day, by name (stories.py)."""
    idle_seats: float = 0.16
    """Share of seats without any activity."""
    telemetry: float = 0.85
    """Share of people whose Claude Code sends telemetry; machines do but for batches."""
    most_calls: int = 120
    """Model calls that telemetry tells of one person's or key's use of a model on a day: of more, fewer and larger ones."""

    def __post_init__(self) -> None:
        if self.people < 10 or self.days < 1:
            raise ValueError(f"a sandbox needs at least 10 people and 1 day, got people={self.people} and days={self.days}")
        if not 0 <= self.wait_scale <= 1:
            raise ValueError(f"wait_scale is a share between 0 and 1, got {self.wait_scale}")

    @property
    def start(self) -> date:
        """The first day with usage."""
        return self.end - timedelta(days=self.days - 1)

    @property
    def first_now(self) -> datetime:
        """Where the virtual clock starts: 06:00 UTC on the day after the history."""
        return datetime.combine(self.end + timedelta(days=1), time(6), UTC)

    def history(self) -> list[date]:
        return [self.start + timedelta(days=n) for n in range(self.days)]
