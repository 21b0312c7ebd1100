"""Nobody is named where runs are recorded: Dagster's events, metadata and logs, dbt's, the fetch log, what a run prints."""

import re
from pathlib import Path

import duckdb

from tests.ui.fixtures import Demo

RECORDS = ("dagster", "builds", "alerts", "landing/fetch_log", "published/current/manifest.json")
WORD = re.compile(rb"[\w.+@-]{6,80}")
"""Shorter names would be found in any text; the search of an erasure (people/search.py) knows these as well."""


def named(text: bytes, names: set[str]) -> set[str]:
    words = {match.decode(errors="replace").strip(".-").casefold() for match in WORD.findall(text)}
    return words & names


def files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]


def test_no_record_of_a_run_names_anybody(demo: Demo) -> None:
    with duckdb.connect(str(demo.home / "warehouse.duckdb"), read_only=True) as connection:
        known = connection.execute("select identifier from intermediate.int_known_identifiers").fetchall()
    names = {str(name).casefold() for (name,) in known if len(name) >= 6 and not name.isdigit()}
    assert len(names) > 50
    taken = b"".join(path.read_bytes() for path in files(demo.home / "inbox" / "_landed"))
    assert len(named(taken, names)) > 10, "the search finds them where they are"
    found = {str(path.relative_to(demo.home)): named(path.read_bytes(), names) for part in RECORDS for path in files(demo.home / part)}
    assert len(found) > 5
    found |= {"printed": named((demo.run.out + demo.run.err).encode(), names)}
    assert {path: hits for path, hits in found.items() if hits} == {}
