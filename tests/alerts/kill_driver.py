"""Looks and sends in a process of its own, which a test kills at a named instant (SPEND_CRASH_AT)."""

import os
import sys
from datetime import datetime
from pathlib import Path

from spend_assets.alerts.watch import watch
from spend_assets.clock import FixedClock
from spend_assets.pipeline import Pipeline
from spend_assets.settings import load_settings


def main() -> None:
    settings = load_settings(os.environ)
    clock = FixedClock(datetime.fromisoformat(os.environ["SPEND_NOW"]))
    watch(Pipeline(settings, clock, sleep=lambda _seconds: None), print)
    Path(sys.argv[1]).touch()


if __name__ == "__main__":
    main()
