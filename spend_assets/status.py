"""What `spend status` says: the publication, the verdict, the last failure, and every stream's health."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

HEALTH = """
    select vendor, stream, account, data_status, count(*) as days, min(day) as since, max(day) as until
    from marts.data_health
    group by all
    order by vendor, account, stream, data_status
"""


def status_lines(home: Path) -> Iterator[str]:
    current = home / "published" / "current"
    if not current.exists():
        yield f"nothing is published in {home} yet; `spend run` or `make demo` does it"
    else:
        manifest = json.loads((current / "manifest.json").read_text(encoding="utf-8"))
        yield f"published {manifest['publication_id']}, data as known on {manifest['as_of']}"
        yield from _health(current / "aggregate.duckdb")
    yield from _verdict(home / "builds" / "verdict.json")
    failure = home / "builds" / "last_failure.json"
    if failure.exists():
        facts = json.loads(failure.read_text(encoding="utf-8"))
        yield f"last failed run: {facts['at']} {facts['job']} {facts['message']}"


def _health(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for vendor, stream, account, state, days, since, until in connection.execute(HEALTH).fetchall():
            yield f"  {vendor}/{stream} {account}: {days} day(s) {state}, {since} to {until}"


def _verdict(path: Path) -> Iterator[str]:
    if not path.exists():
        yield "no build has a verdict yet"
        return
    verdict = json.loads(path.read_text(encoding="utf-8"))
    failed = [check for check in verdict["checks"] if not check["passed"]]
    yield f"checks of the last build: {len(verdict['checks']) - len(failed)} passed, {len(failed)} did not"
    for check in failed:
        kind = "blocks publication" if check["blocking"] else "warning"
        yield f"  {check['name']} ({kind}): {check['failures']} row(s)"
