"""How long what names people is kept, and the do-not-ingest list applied to what a backup brought back. A run does both before it builds.

What goes is counted and logged. Kept beyond it: fetch_log, whose rows name nobody.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from spend_assets.alerts.store import expire
from spend_assets.dbt_build import ensure_manifest
from spend_assets.home import exclusive
from spend_assets.landing.contracts import Contracts
from spend_assets.landing.store import LandingStore
from spend_assets.people.access_log import AccessLog
from spend_assets.people.ageing import Ageing
from spend_assets.people.dagster_runs import delete_runs_before
from spend_assets.people.do_not_ingest import load_screen, read_list
from spend_assets.people.erase import Certificate, certificates
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.people.forget import Forgetting
from spend_assets.people.me import remove_ended
from spend_assets.people.telemetry import forget_telemetry
from spend_assets.pipeline import Pipeline
from spend_assets.publish.audiences import published_tables
from spend_assets.publish.generations import withdraw_restricted
from spend_assets.publish.pseudonyms import load_pseudonyms

Say = Callable[[str], None]


@dataclass
class Retained:
    """What one run of retention took away: counts."""

    erased_generations: int = 0
    erased_input_files: int = 0
    aged_generations: int = 0
    telemetry_days: int = 0
    input_files: int = 0
    rebuilds: int = 0
    restricted_publications: int = 0
    dagster_runs: int = 0
    own_figures: int = 0
    log_entries: int = 0
    alert_events: int = 0
    certificates: int = 0


def apply_retention(pipeline: Pipeline, say: Say) -> Retained:
    """Bring the home to what may be kept now. The list and the end of `me` hold everywhere, the days of [retention] where it is enforced.

    Raises PersonCommandRefused where the list lacks an erasure that a certificate proves, and where the log is broken.
    """
    retained = Retained()
    home, now, settings = pipeline.home, pipeline.clock.now().astimezone(UTC), pipeline.settings
    with exclusive(home, "retention", say):
        _replay(pipeline, retained, say)
        retained.own_figures = remove_ended(home, now)
        if settings.retention_is_enforced:
            days = settings.retention
            tables = lambda: published_tables(ensure_manifest())  # noqa: E731
            retained.aged_generations = Ageing(home, pipeline.clock, pipeline.contracts, tables).apply(days.person_days, say).generations
            retained.telemetry_days = forget_telemetry(home, pipeline.clock, pipeline.contracts, tables, days.telemetry_days, say)
            retained.input_files = _old_inputs(pipeline, pipeline.contracts, now - timedelta(days=days.inbox_days))
            before = now - timedelta(days=days.restricted_publication_days)
            retained.rebuilds = _old_rebuilds(home, before)
            retained.restricted_publications = withdraw_restricted(home / "published", before)
            retained.dagster_runs = delete_runs_before(home, now - timedelta(days=days.dagster_days))
            oldest = now - timedelta(days=days.log_days)
            retained.alert_events = expire(home, (now - timedelta(days=days.alert_days)).date(), oldest.date())
            retained.certificates = _old_certificates(home, oldest)
            if (home / "people" / "log.jsonl").exists():
                retained.log_entries = AccessLog(home, pipeline.clock, load_pseudonyms(settings, say)).expire(oldest)
    gone = {name: count for name, count in asdict(retained).items() if count}
    say("retention: " + (", ".join(f"{count} {name.replace('_', ' ')}" for name, count in gone.items()) or "nothing to take away"))
    return retained


def _replay(pipeline: Pipeline, retained: Retained, say: Say) -> None:
    """Whoever is on the list is taken out of what is there; a home without the list that its certificates prove is refused."""
    document = read_list(pipeline.settings)
    known = document.erasures if document else frozenset()
    missing = sorted(path.stem for path in certificates(pipeline.home).glob("*.json") if path.stem not in known)
    if missing:
        raise PersonCommandRefused(
            f"people/certificates proves {len(missing)} erasure(s) that people/do-not-ingest.json does not have, {missing[0]} for one. "
            "Restore the newest copy of the list; until then nothing is built, or erased people would be published again"
        )
    screen = load_screen(pipeline.settings, say)
    if screen is not None:
        applied = Forgetting(pipeline.home, pipeline.clock, pipeline.contracts, screen).apply()
        retained.erased_generations, retained.erased_input_files = applied.generations, applied.input_files


def _old_inputs(pipeline: Pipeline, contracts: Contracts, before: datetime) -> int:
    """Imported files, by the day on which landing took them; a file that landing does not know goes by its own date."""
    store = LandingStore(pipeline.home, pipeline.clock)
    taken: dict[str, datetime] = {}
    for streams in contracts.values():
        for contract in streams.values():
            for account in store.accounts(contract.vendor, contract.stream):
                for manifest in store.manifests(contract.vendor, contract.stream, account):
                    if digest := manifest.params.get("file"):
                        taken[digest] = max(manifest.fetched_at, taken.get(digest, manifest.fetched_at))
    gone = 0
    for path in sorted((pipeline.home / "inbox" / "_landed").glob("*")):
        at = taken.get(path.name.partition(".")[0]) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if at <= before:
            path.unlink()
            gone += 1
    return gone


def _old_rebuilds(home: Path, before: datetime) -> int:
    """Warehouses of past days (`spend as-of`): they hold persons, and can be built again."""
    gone = 0
    for path in sorted((home / "as-of").glob("*.duckdb")):
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) <= before:
            path.unlink()
            gone += 1
    return gone


def _old_certificates(home: Path, before: datetime) -> int:
    gone = 0
    for path in sorted(certificates(home).glob("*.json")):
        if msgspec.json.decode(path.read_bytes(), type=Certificate).finished_at < before:
            path.unlink()
            gone += 1
    return gone
