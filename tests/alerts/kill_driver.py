"""Looks and sends, each in a process of its own, which a test kills at a named instant (SPEND_CRASH_AT).

A line of stdin is one look: {"env": {...}, "done": "<file that it touches at its end>"}. Each is a fork of this process, so that the
imports, which take many times as long as a look, are done once; its status is answered in a line.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from spend_assets.alerts.watch import watch
from spend_assets.clock import FixedClock
from spend_assets.pipeline import Pipeline
from spend_assets.settings import load_settings


def look(env: Mapping[str, str], done: Path) -> None:
    os.environ.update(env)
    settings = load_settings(os.environ)
    clock = FixedClock(datetime.fromisoformat(os.environ["SPEND_NOW"]))
    watch(Pipeline(settings, clock, sleep=lambda _seconds: None), lambda text: print(text, file=sys.stderr))
    done.touch()


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                look(asked["env"], Path(asked["done"]))
                status = 0
            except Exception:  # noqa: BLE001 (whatever it is, the test is to see it)
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
