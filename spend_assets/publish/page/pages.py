"""Writes one page per audience into a publication."""

from datetime import date
from pathlib import Path

import duckdb

from spend_assets.publish.kept import kept_until
from spend_assets.publish.page.html import document, paragraph, section, table
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
        text = document(title, subtitle, LINKS, [*(make(published) for make in sections), privacy(settings), kept(settings)])
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


def kept(settings: Settings) -> str:
    """How long what names people is kept (security-privacy 27), and since when the persons of older days are gone."""
    days = settings.retention
    until = kept_until(settings.home)
    rows = [
        ("Imported files", days.inbox_days),
        ("Persons in landing, raw and the warehouse, at most", days.person_days),
        ("Rows of single persons in restricted files", days.published_person_days),
        ("Telemetry of agents", days.telemetry_days),
        ("Work records", days.work_record_days),
        ("Restricted files of earlier publications", days.restricted_publication_days),
        ("Records set aside", days.quarantine_days),
        ("Runs of the platform with their logs", days.dagster_days),
        ("Log of access to persons, certificates of erasures", days.log_days),
        ("The last aggregate and finance files of each month", days.publication_days),
    ]
    gone = f"Days before {until} hold no persons any more; what was told of them stays as it was." if until else ""
    return section(
        "How long persons are kept",
        paragraph(
            "Enforced before every build." if settings.retention_is_enforced else "Not enforced here: the settings leave retention off."
        ),
        *([paragraph(gone)] if gone else []),
        table(("What", "Days kept"), rows, frozenset({"Days kept"})),
    )
