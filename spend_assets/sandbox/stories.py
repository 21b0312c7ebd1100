"""Things that go wrong on purpose, each on the day that the config says; which key, person or team it is about is the seed's."""

from datetime import UTC, date, datetime, time, timedelta

from spend_assets.sandbox.config import SandboxConfig

CENTS, TWICE, OUTAGE, LOOP, LEAVER, LAUNCH = STORIES = (
    "cents_as_dollars",
    "told_twice",
    "vendor_outage",
    "runaway_loop",
    "leavers_key",
    "team_launch",
)
"""cents_as_dollars: a vendor's amounts of a day are a hundred times what they are, until it mends them; told_twice: they are doubled.
vendor_outage: a day's report is empty, until it comes. runaway_loop: a workflow's runs of one day cost thirty times as much.
leavers_key: who made a key leaves, and the key goes on. team_launch: a team gets its seats on one day and uses them fully.
(That another model does a workflow's work is in every history: agent_workflows.swap_day.)"""
MENDED_DAYS = 3
"""A report is right again at midnight so many days after the story's day."""
LOOP_FACTOR = 30


class Stories:
    """`day(name)` is None for a story that is not told."""

    def __init__(self, config: SandboxConfig):
        unknown = sorted(set(config.stories) - set(STORIES))
        if unknown:
            raise ValueError(f"unknown story {unknown[0]!r}; known are {', '.join(STORIES)}")
        self._days = dict(config.stories)

    def day(self, name: str) -> date | None:
        return self._days.get(name)

    def since(self, name: str, day: date) -> bool:
        """Whether `day` is the story's day or later."""
        begins = self._days.get(name)
        return begins is not None and day >= begins

    def is_wrong(self, name: str, day: date, as_of: datetime) -> bool:
        """Whether what is told of `day` at `as_of` is still wrong in this way."""
        return self._days.get(name) == day and as_of < datetime.combine(day + timedelta(days=MENDED_DAYS), time(), UTC)

    def factor(self, day: date, as_of: datetime) -> int:
        """By what the amounts of `day` are multiplied when they are told at `as_of`."""
        return 100 if self.is_wrong(CENTS, day, as_of) else 2 if self.is_wrong(TWICE, day, as_of) else 1
