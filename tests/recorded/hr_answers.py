"""The HR roster of the recordings: a file, no server."""

from datetime import UTC, date, datetime

from tests.recorded.company_answers import FOLDER

SETTINGS = ""
ENV: dict[str, str] = {}
SPAN = (date(2026, 10, 1), date(2026, 10, 1))
NOW = datetime(2026, 10, 10, 6, tzinfo=UTC)
FILES = {"hr/acme/roster/roster.csv": FOLDER / "roster.csv"}


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    return None
