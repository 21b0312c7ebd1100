"""A close pack on disk: CSVs and one page, written whole or not at all, the same bytes for the same inputs."""

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from spend_assets.close.tables import Cell, Table
from spend_assets.landing.files import TEMPORARY, full_disk_is_clear, sync_file, sync_folder
from spend_assets.publish.page.html import document, paragraph, section, table

FORMULA = ("=", "+", "-", "@", "\t", "\r")
MANIFEST = "manifest.json"
NUMBERS = frozenset({"amount", "debit", "credit", "days"})
SHOWN: Mapping[str, tuple[str, str]] = {
    "blockers": ("What stands against a final close", "Nothing: every day is settled, every invoice is there and explained."),
    "summary": ("Summary", "Nothing was used or invoiced."),
    "reconciliation": ("Invoices and open periods", "No invoice reaches into the month."),
    "terms": ("How consumption became what is invoiced", "No invoice, so no term."),
    "accruals": ("Accruals", "Nothing is accrued."),
    "true_up": ("True-up of the soft close", "No soft close was made."),
    "adjustments": ("Closed months that moved since", "None moved."),
    "journal": ("Journal by account and entity", "No entry."),
}
"""Tables on the page, in their order: title, and what is said where there are no rows."""


def safe(value: Cell) -> str:
    """A cell for a spreadsheet: text that would be a formula gets a leading ', numbers stay numbers, unknown is empty."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value.isoformat() if isinstance(value, date) else str(value)
    return f"'{value}" if value.startswith(FORMULA) else value


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe(value) for value in row] for row in rows)
    return text.getvalue()


def write_pack(folder: Path, month: date, kind: str, as_of: date, build_id: str, tables: Sequence[Table]) -> None:
    """Write the pack to `folder`, in place of what was there. `kind`: soft or final. Raises StorageFull."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with full_disk_is_clear(folder.parent):
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder.parent))
        try:
            files = {f"{table.name}.csv": as_csv(table.columns, table.rows) for table in tables}
            files["index.html"] = _page(month, kind, as_of, build_id, {table.name: table for table in tables})
            hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
            facts = {"month": month.isoformat(), "kind": kind, "as_of": as_of.isoformat(), "build_id": build_id, "sha256": hashes}
            files[MANIFEST] = json.dumps(facts, indent=1) + "\n"
            for name, text in files.items():
                path = temporary / name
                path.write_text(text, encoding="utf-8", newline="")
                path.chmod(0o640)
                sync_file(path)
            temporary.chmod(0o750)
            if folder.exists():
                aside = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder.parent))
                folder.replace(aside / folder.name)
                temporary.replace(folder)
                shutil.rmtree(aside)
            else:
                temporary.replace(folder)
            sync_folder(folder.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def read_manifest(folder: Path) -> dict[str, object]:
    """What the pack says of itself. Raises ValueError where a file is not what it was when it was closed."""
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, digest in facts["sha256"].items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise ValueError(f"{folder / name} is not what it was when the month was closed; restore it from a backup")
    return dict(facts)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _page(month: date, kind: str, as_of: date, build_id: str, tables: Mapping[str, Table]) -> str:
    sections = []
    for name, (title, empty) in SHOWN.items():
        shown = tables.get(name)
        if shown is None:
            continue
        money = frozenset(column for column in shown.columns if column.endswith(("_usd", "_amount")) or column in NUMBERS)
        body = table(shown.columns, shown.rows, money) if shown.rows else paragraph(empty, "soft")
        sections.append(section(title, body))
    subtitle = f"{kind.title()} close, as known on {as_of.isoformat()} (UTC). Build {build_id[:16]}. Amounts in USD where the name says so."
    links = [(f"{name}.csv", f"{name}.csv") for name in sorted(tables)]
    return document(f"Month close {month:%Y-%m}", subtitle, links, sections)
