"""Writes one page per audience into a publication."""

from datetime import date
from pathlib import Path

import duckdb

from spend_assets.publish.page.html import document, paragraph, section
from spend_assets.publish.page.published import Published
from spend_assets.publish.page.sections import PAGES
from spend_assets.publish.permissions import PAGES as FILES
from spend_assets.settings import Settings

LINKS = (("index.html", "Spend"), ("finance.html", "Finance"), ("restricted.html", "Operations"), ("manifest.json", "Manifest"))


def write_pages(connection: duckdb.DuckDBPyConnection, generation: Path, publication_id: str, as_of: date, settings: Settings) -> None:
    """index.html, finance.html and restricted.html, each from the Parquet files of its audience below `generation`."""
    for audience, (title, sections) in PAGES.items():
        published = Published(connection, generation / "parquet" / audience)
        subtitle = f"As known on {as_of.isoformat()} (UTC). Publication {publication_id}. Days are UTC days."
        text = document(title, subtitle, LINKS, [*(make(published) for make in sections), privacy(settings)])
        (generation / FILES[audience]).write_text(text, encoding="utf-8")


def privacy(settings: Settings) -> str:
    """What every page says of the people behind its figures."""
    view = {
        "off": "Nothing is published of the people of a team beside its sums.",
        "bands": "Of the people of a team it is published how many spend how much a week, in bands that hold enough of them.",
        "persons": "The restricted file holds weeks of single persons under pseudonyms, for those who manage them. "
        f"This is allowed by: {settings.privacy.agreement}.",
    }[settings.privacy.manager_view]
    return section(
        "Privacy",
        paragraph(
            f"Every figure here comes from {settings.platform.k} or more persons, none of whom stands out, or from machines. "
            "Not for appraisal, ranking, discipline, working-time control or automated decisions about people."
        ),
        paragraph(view),
    )
