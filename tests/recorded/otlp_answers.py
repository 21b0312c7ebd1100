"""Telemetry of every agent (tests/fixtures/otel), in a folder as a collector writes it: files, so nothing is asked of a server."""

import shutil
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "fixtures" / "otel"
FOLDER = tempfile.TemporaryDirectory(prefix="otlp-")
for path in FIXTURES.glob("*.jsonl"):
    shutil.copy(path, FOLDER.name)

SETTINGS = f"""
[[sources.otlp]]
account = "agents"
path = "{FOLDER.name}"
"""
ENV: dict[str, str] = {}
SPAN = (date(2026, 10, 9), date(2026, 10, 10))
NOW = datetime(2026, 10, 13, 6, tzinfo=UTC)


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> None:
    """Nobody asks."""
