"""Looks and sends, each in a process of its own, which a test kills at a named instant (SPEND_CRASH_AT).

A line of stdin is one look: {"env": {...}, "done": "<file that it touches at its end>"}. Each is a fork of this process, so that the
imports, which take many times as long as a look, are done once; its status is answered in a line.
"""

import json
import os
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

from spend_assets.alerts.watch import watch
from spend_assets.clock import FixedClock
from spend_assets.pipeline import Pipeline
from spend_assets.settings import load_settings
from tests.forks import status_of


def look(done: Path) -> None:
    settings = load_settings(os.environ)
    clock = FixedClock(datetime.fromisoformat(os.environ["SPEND_NOW"]))
    watch(Pipeline(settings, clock, sleep=lambda _seconds: None), lambda text: print(text, file=sys.stderr))
    done.touch()


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        print(status_of(partial(look, Path(asked["done"])), asked["env"]), flush=True)


if __name__ == "__main__":
    main()
