"""Named instants at which a test may kill the process, so that "killed at any instant" is a test and not a hope (DESIGN law 9).

`SPEND_CRASH_AT=<name>` ends the process at the first hit of that point, `<name>:<n>` at the n-th. Without the variable a point costs
one lookup.
"""

import os
from collections import Counter

STEPS = ("before_write", "after_write", "after_fsync", "after_rename", "after_parent_fsync")
"""The instants of every durable file or folder: see `files.write_durably` and `store.GenerationWriter`."""

POINTS = [
    *(
        f"{area}.{step}"
        for area in ("landing.generation", "raw.day", "raw.none", "raw.month", "raw.report", "platform.table")
        for step in STEPS
    ),
    "landing.records.after_fsync",
    "landing.fetch_log.before_write",
    "landing.fetch_log.after_write",
    "landing.fetch_log.after_fsync",
    "raw.month.after_delete",
    "inbox.before_move",
    "inbox.after_move",
]
"""Every point of the landing package; publication adds its own names."""

_hits: Counter[str] = Counter()


def point(name: str) -> None:
    """End the process with status 137, as SIGKILL would, if SPEND_CRASH_AT names this point; otherwise nothing."""
    wanted = os.environ.get("SPEND_CRASH_AT")
    if not wanted:
        return
    wanted_name, _, nth = wanted.partition(":")
    if wanted_name != name:
        return
    _hits[name] += 1
    if _hits[name] == int(nth or 1):
        os._exit(137)
