"""What a person at a terminal sees of a run: the steps' own messages, one line each."""

import logging
import sys

import dagster as dg


class OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        meta = getattr(record, "dagster_meta", {}) or {}
        step = (meta.get("step_key") or "").replace("__", "/")
        message = meta.get("orig_message") or record.getMessage()
        return f"  {step + ': ' if step else ''}{message}"


def of_our_steps(record: logging.LogRecord) -> bool:
    """False for dagster-dbt's notes on its command line, which are long and say nothing to a reader."""
    text = (getattr(record, "dagster_meta", {}) or {}).get("orig_message") or record.getMessage()
    return not text.startswith(("A dbt subsetted", "Copying `", "Running dbt command", "Finished dbt command"))


@dg.logger(config_schema={})
def plain_console(_context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("spend", level=logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    handler.addFilter(of_our_steps)
    logger.addHandler(handler)
    return logger
