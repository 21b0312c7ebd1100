"""`spend person me`: one person's own figures, for that person, as a page and a file under SPEND_HOME/people/me/.

In the context of their own work: days, vendors, models, seats. Nobody else is in it, and no figure that few others make up.
"""

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.landing.files import make_folder, write_durably
from spend_assets.people.lookup import looking_up
from spend_assets.pipeline import Pipeline
from spend_assets.publish.page.html import Cell, document, paragraph, section, table

Say = Callable[[str], None]
_INSTANT = "%Y%m%dT%H%M%SZ"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MEASURES = ("consumption_usd", "effective_usd", "requests", "tokens")
_DAYS = """
    select day, vendor, account, surface, model, series, consumption_usd, effective_usd, requests, credits,
        uncached_input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, data_status
    from marts.spend_daily where principal_key = $person order by all"""
_TOTALS = """
    select {group}, sum(consumption_usd), sum(effective_usd), cast(sum(requests) as bigint),
        cast(sum(coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
            + coalesce(output_tokens, 0)) as bigint)
    from marts.spend_daily where principal_key = $person group by {group} order by {group}"""
_SEATS = """
    select vendor, account, max(plan), min(day), max(day), bool_or(idle and day = newest)
    from (select *, max(day) over (partition by vendor, account) as newest from marts.seats where person_key = $person)
    group by vendor, account order by vendor, account"""


@dataclass(frozen=True)
class OwnFigures:
    """Where page and file are, and until when."""

    page: Path
    file: Path
    ends_at: datetime


def own_figures(pipeline: Pipeline, person: str, request: str, approved_by: str, say: Say) -> OwnFigures:
    """Write page.html and figures.csv, 0600, into a folder whose name says when it ends. Raises PersonCommandRefused."""
    with looking_up(pipeline, "person me", say) as at:
        found = at.directory.person(person)
        subject = at.pseudonyms.of(found)
        entry = at.log.grant("me", subject, request, approved_by)
        folder = pipeline.home / "people" / "me" / f"{subject}.{entry.ends_at:{_INSTANT}}"
        make_folder(folder)
        page = _page(at.connection, found, entry.ends_at)
        figures = _csv(at.connection, found)
        write_durably(folder / "page.html", lambda path: _put(path, page), "people.me")
        write_durably(folder / "figures.csv", lambda path: _put(path, figures), "people.me")
        return OwnFigures(folder / "page.html", folder / "figures.csv", entry.ends_at)


def remove_ended(home: Path, now: datetime, subject: str = "") -> int:
    """Delete the folders of `me` whose access ended, and all of `subject`. Returns how many went."""
    gone = 0
    for folder in sorted((home / "people" / "me").glob("*")):
        owner, _, text = folder.name.rpartition(".")
        try:
            ended = datetime.strptime(text, _INSTANT).replace(tzinfo=UTC) <= now
        except ValueError:
            ended = True  # not written by this command, so nobody was granted it
        if ended or (subject and owner == subject):
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
            gone += 1
    return gone


def _page(connection: duckdb.DuckDBPyConnection, person: str, ends_at: datetime) -> bytes:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql, {"person": person}).fetchall()

    numbers = frozenset(_MEASURES)
    by_month = rows(_TOTALS.format(group="strftime(day, '%Y-%m'), vendor"))
    by_model = rows(_TOTALS.format(group="vendor, model"))
    by_surface = rows(_TOTALS.format(group="vendor, surface"))
    seats = [(v, a, p, first, last, "yes" if idle else "no") for v, a, p, first, last, idle in rows(_SEATS)]
    parts = [
        section(
            "What this is",
            paragraph(
                "Your own use of AI agents as the vendors reported it, for you. It is no appraisal and is compared with nobody. What a "
                "vendor does not tell is unknown, which is not zero. consumption_usd is what use is worth at list prices, effective_usd "
                "what it costs with its share of seats and pools. figures.csv beside this page has every row."
            ),
        ),
        _part("By month", ("month", "vendor", *_MEASURES), by_month, numbers),
        _part("By model", ("vendor", "model", *_MEASURES), by_model, numbers),
        _part("By surface", ("vendor", "surface", *_MEASURES), by_surface, numbers),
        _part("Seats", ("vendor", "account", "plan", "first observed", "last observed", "idle now"), seats, frozenset()),
    ]
    days = rows("select count(distinct day), min(day), max(day) from marts.spend_daily where principal_key = $person")[0]
    spoken = f"{days[0]} days with figures, {days[1]} to {days[2]} (UTC). " if days[0] else "No days with figures. "
    subtitle = f"{spoken}This page and its file are deleted on {ends_at:%Y-%m-%d %H:%M} UTC."
    return document("Your own figures", subtitle, (("figures.csv", "Every row"),), parts).encode()


def _part(title: str, headers: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: frozenset[str]) -> str:
    return section(title, table(headers, rows, numbers) if rows else paragraph("Nothing is known."))


def _csv(connection: duckdb.DuckDBPyConnection, person: str) -> bytes:
    result = connection.execute(_DAYS, {"person": person})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column[0] for column in result.description or ()])
    writer.writerows(_cells(row) for row in result.fetchall())
    return text.getvalue().encode()


def _cells(row: Iterable[Any]) -> list[str]:
    """Numbers stay numbers; text that a spreadsheet would run gets a leading quote (security-privacy 10)."""
    return ["" if v is None else f"{v:f}" if isinstance(v, Decimal) else _safe(v) if isinstance(v, str) else str(v) for v in row]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
