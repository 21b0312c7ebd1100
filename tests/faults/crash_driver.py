"""One run in a process of its own, to be killed: `python crash_driver.py <instant> <step>...`; settings and home as for the CLI."""

import sys
from datetime import datetime

from spend_assets.answers import Window
from spend_assets.clock import FixedClock, today
from spend_assets.home import restrict_umask
from spend_assets.pipeline import Pipeline
from spend_assets.settings import load_settings


def main(instant: str, steps: list[str]) -> None:
    settings, clock = load_settings(), FixedClock(datetime.fromisoformat(instant))
    pipeline = Pipeline(settings, clock)
    if "ingest" in steps:
        reports = list(pipeline.ingest_all(Window(settings.platform.start_date, today(clock)), print))
        failures = [failure for report in reports for failure in report.failures]
        if failures:
            sys.exit("\n".join(failures))
    if "tables" in steps:
        pipeline.write_platform_tables(print)
    if "build" in steps:
        pipeline.build(print)
    if "publish" in steps:
        pipeline.publish(print)


if __name__ == "__main__":
    restrict_umask()
    main(sys.argv[1], sys.argv[2:])
