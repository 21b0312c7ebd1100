"""Writes one page per audience into a publication."""

from datetime import date
from pathlib import Path

import duckdb

from spend_assets.publish.page.html import document
from spend_assets.publish.page.sections import PAGES, Published
from spend_assets.publish.permissions import PAGES as FILES

LINKS = (("index.html", "Spend"), ("finance.html", "Finance"), ("restricted.html", "Operations"), ("manifest.json", "Manifest"))


def write_pages(connection: duckdb.DuckDBPyConnection, generation: Path, publication_id: str, as_of: date) -> None:
    """index.html, finance.html and restricted.html, each from the Parquet files of its audience below `generation`."""
    for audience, (title, sections) in PAGES.items():
        published = Published(connection, generation / "parquet" / audience)
        subtitle = f"As known on {as_of.isoformat()} (UTC). Publication {publication_id}. Days are UTC days."
        text = document(title, subtitle, LINKS, [make(published) for make in sections])
        (generation / FILES[audience]).write_text(text, encoding="utf-8")
