"""Where close packs lie, and which months are closed for good."""

from datetime import date
from pathlib import Path


def close_folder(home: Path) -> Path:
    return home / "close"


def closed_months(home: Path) -> list[date]:
    """First days of the months with a final pack, in order."""
    return sorted(date.fromisoformat(f"{path.parent.name}-01") for path in close_folder(home).glob("????-??/final"))
