"""Publish: from a warehouse whose checks passed to read-only files per audience, or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from spend_assets.landing.crash import point
from spend_assets.landing.files import TEMPORARY, full_disk_is_clear, sync_folder
from spend_assets.publish import export, generations
from spend_assets.publish.audiences import PublishedTable, published_tables
from spend_assets.publish.durable import sha256_of, sync_tree
from spend_assets.publish.files import DatabaseFile, TableFile, write_databases
from spend_assets.publish.focus import write_focus
from spend_assets.publish.kept import TELEMETRY, kept_until
from spend_assets.publish.memory import remember
from spend_assets.publish.page.pages import write_pages
from spend_assets.publish.permissions import grant, resolve_groups
from spend_assets.publish.privacy import KnownIdentifiers, identifiers_of_warehouse, require_no_person
from spend_assets.publish.pseudonyms import Pseudonyms, load_pseudonyms
from spend_assets.publish.verdict import Verdict, read_verdict, require_passed
from spend_assets.settings import AUDIENCES, Settings

POINTS = [
    f"publish.{step}"
    for step in (
        "prepared",
        "parquet",
        "checked",
        "databases",
        "pages",
        "manifest",
        "synced",
        "renamed",
        "rename_synced",
        "remembered",
        "linked",
        "pruned",
    )
]
"""The instants at which a test may kill the publisher (see landing/crash.py)."""


@dataclass(frozen=True)
class Publication:
    """What readers now see. `tables`: rows by schema.name. `new` is False where nothing had to be written."""

    publication_id: str
    path: Path
    tables: dict[str, int]
    new: bool


def publish(
    home: Path,
    warehouse_path: Path,
    manifest_path: Path,
    build_id: str,
    as_of: date,
    settings: Settings,
    log: Callable[[str], None],
    known_identifiers: KnownIdentifiers = identifiers_of_warehouse,
) -> Publication:
    """Publish build `build_id` and make SPEND_HOME/published/current lead to it. The caller holds the home's lock.

    The same inputs give the same bytes, manifest.json's published_at excepted; one that is there and fits its hashes stays untouched.
    Killed at any instant, readers have the old publication or the new one, and the next call completes it.
    Raises PublicationRefused, with nothing changed for readers, for a verdict that is absent, stale or failed, a table without audience,
    a type outside the contract, a person in an open file, a group that is not there; StorageFull for a full disk.
    """
    verdict = require_passed(read_verdict(home), build_id)
    groups = resolve_groups({str(audience): name for audience, name in settings.publish.groups.items()})
    tables = published_tables(manifest_path)
    pseudonyms = load_pseudonyms(settings, log)
    publication_id = _publication_id(build_id, as_of, pseudonyms.key_id, tables, settings)
    published = generations.prepare(home)
    point("publish.prepared")
    generation = generations.find_intact(published, publication_id)
    new = generation is None
    if generation is None:
        with full_disk_is_clear(published):
            temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=published / "generations"))
            try:
                _write(temporary, warehouse_path, tables, verdict, publication_id, as_of, pseudonyms, known_identifiers, settings)
                grant(temporary, AUDIENCES, groups)
                sync_tree(temporary)
                point("publish.synced")
                generation = generations.free_place(published, publication_id)
                temporary.rename(generation)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            point("publish.renamed")
            sync_folder(generation.parent)
        point("publish.rename_synced")
    else:
        # The groups of the settings may have changed since.
        grant(generation, AUDIENCES, groups)
    remember(home, warehouse_path)
    point("publish.remembered")
    generations.point_current(published, generation)
    point("publish.linked")
    archive_from = as_of - timedelta(days=settings.retention.publication_days) if settings.retention_is_enforced else None
    gone = generations.prune(published, settings.publish.keep, archive_from)
    point("publish.pruned")
    log(f"publication {publication_id} {'written' if new else 'stands as it was'}; older ones deleted: {len(gone)}")
    manifest = json.loads((generation / "manifest.json").read_text(encoding="utf-8"))
    return Publication(publication_id, generation, {name: int(facts["rows"]) for name, facts in manifest["tables"].items()}, new)


def _publication_id(build_id: str, as_of: date, key_id: str, tables: tuple[PublishedTable, ...], settings: Settings) -> str:
    """16 hex digits over all that the bytes depend on: the build, the key, the tables' audiences, what pages say, this code, DuckDB."""
    said = [str(settings.platform.k), settings.privacy.manager_view, settings.privacy.agreement or "", str(kept_until(settings.home))]
    said += [str(kept_until(settings.home, TELEMETRY))]
    said += [repr(settings.retention), str(settings.retention_is_enforced)]
    digest = hashlib.sha256("\n".join([build_id, as_of.isoformat(), key_id, *said, duckdb.__version__, repr(tables)]).encode())
    package = Path(__file__).resolve().parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _write(
    folder: Path,
    warehouse_path: Path,
    tables: tuple[PublishedTable, ...],
    verdict: Verdict,
    publication_id: str,
    as_of: date,
    pseudonyms: Pseudonyms,
    known_identifiers: KnownIdentifiers,
    settings: Settings,
) -> None:
    spill = folder / "spill"
    spill.mkdir()
    for audience in AUDIENCES:
        (folder / "parquet" / audience).mkdir(parents=True)
    retention = settings.retention if settings.retention_is_enforced else None
    connection = export.open_warehouse(warehouse_path, spill)
    try:
        export.require_build(connection, verdict.build_id, as_of)
        columns = {table.name: export.columns_of(connection, table) for table in tables}
        export.load_mapping(connection, tables, columns, pseudonyms)
        sources = {t.name: export.source_of(connection, settings.home, t, columns[t.name], as_of, retention) for t in tables}
        exported = [
            export.export_table(connection, t, columns[t.name], sources[t.name], publication_id, as_of, folder / "parquet") for t in tables
        ]
        point("publish.parquet")
        require_no_person(connection, exported, known_identifiers(connection))
        point("publish.checked")
        write_databases([_database(folder, audience, exported) for audience in AUDIENCES], spill)
        point("publish.databases")
        write_focus(connection, folder / "parquet" / "finance")
        write_pages(connection, folder, publication_id, as_of, settings)
        point("publish.pages")
    finally:
        connection.close()
    shutil.rmtree(spill)
    _write_manifest(folder, exported, verdict, publication_id, as_of, pseudonyms.key_id, settings)
    point("publish.manifest")


def _database(folder: Path, audience: str, exported: list[export.Exported]) -> DatabaseFile:
    tables = [TableFile(e.table.schema, e.table.name, str(e.files[audience])) for e in exported if audience in e.files]
    return DatabaseFile(str(folder / f"{audience}.duckdb"), tuple(tables))


def _write_manifest(
    folder: Path,
    exported: list[export.Exported],
    verdict: Verdict,
    publication_id: str,
    as_of: date,
    key_id: str,
    settings: Settings,
) -> None:
    warned = [check.name for check in verdict.checks if not check.passed]
    document = {
        "publication_id": publication_id,
        "build_id": verdict.build_id,
        "as_of": as_of.isoformat(),
        "published_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "pseudonym_key_id": key_id,
        "privacy": {
            "k": settings.platform.k,
            "manager_view": settings.privacy.manager_view,
            "agreement": settings.privacy.agreement if settings.privacy.manager_view == "persons" else None,
        },
        "checks": {"run": len(verdict.checks), "passed": len(verdict.checks) - len(warned), "warned": warned},
        "tables": {
            f"{e.table.schema}.{e.table.name}": {
                "audiences": e.table.audiences,
                "k_rule": e.table.k_rule,
                "rows": e.rows,
                "columns": {column.name: column.type for column in e.columns},
            }
            for e in exported
        },
        "files": {p.relative_to(folder).as_posix(): sha256_of(p) for p in sorted(folder.rglob("*")) if p.is_file()},
    }
    (folder / "manifest.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
