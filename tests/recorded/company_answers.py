"""The company's own files of the recordings: dropped, not asked for."""

from datetime import UTC, date, datetime
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fixtures" / "company"
SETTINGS = ""
ENV: dict[str, str] = {}
SPAN = (date(2026, 10, 1), date(2026, 10, 1))
NOW = datetime(2026, 10, 10, 6, tzinfo=UTC)
STREAMS = ("identity_map", "key_owners", "contracts", "fx_rates", "workflows", "goals", "budgets", "holidays")
FILES = {f"company/acme/{stream}/{stream}.csv": FOLDER / f"{stream}.csv" for stream in STREAMS} | {
    "company/acme/invoices/a.json": FOLDER / "invoices.json",
    "company/acme/invoices/b.csv": FOLDER / "invoices-germany.csv",
    "company/acme/invoice_lines/b.csv": FOLDER / "invoice_lines-germany.csv",
}


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    return None
