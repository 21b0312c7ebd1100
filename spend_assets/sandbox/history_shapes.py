"""What the parts of a simulated history share: its vendors and the label of an anomaly."""

from dataclasses import dataclass

VENDORS = {"copilot": (0.90, 0.33, 3), "cursor": (0.46, 0.8, 4), "claude": (0.57, 3.2, 4), "agentapi": (0.16, 2.1, 4)}
"""Share of people who use it, median dollars of a day, digits after the point."""


@dataclass(frozen=True)
class Label:
    """One anomaly that was put into a history."""

    first_day: int
    last_day: int
    level: str
    entity: str
    vendor: str
    kind: str
    excess_usd: float
