"""How dbt is called: its project, its environment without secrets, its variables, and what a build is identified by."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spend_assets.alerts.store import events_path
from spend_assets.close.closed import closed_months
from spend_assets.dbt_command import DATABASE, HOME, PARSED
from spend_assets.landing.files import says_full, storage_full
from spend_assets.publish.kept import kept_until
from spend_assets.publish.memory import memory_path
from spend_assets.settings import Settings

PROJECT_DIR = Path(__file__).resolve().parent.parent / "dbt_project"
MANIFEST = PROJECT_DIR / "target" / "manifest.json"
KEPT_PARSE = MANIFEST.with_name("kept.msgpack")
DBT = Path(__file__).with_name("dbt.sh")
CODE_SUFFIXES = {".sql", ".yml", ".csv"}
BROKEN = ("error", "runtime error")
"""What dbt says of a node that did not come to its end."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "SPEND_DUCKDB_MEMORY")


class DbtError(Exception):
    """dbt could not parse or build; the message carries dbt's own last lines."""


def code_hash() -> str:
    """Changes whenever a model, macro, seed or test changes: part of every build's identity."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT_DIR.rglob("*")):
        relative = path.relative_to(PROJECT_DIR)
        if path.suffix in CODE_SUFFIXES and relative.parts[0] not in ("target", "logs"):
            digest.update(f"{relative.as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build_id(settings: Settings, as_of: date, inputs: str) -> str:
    """The identity of a build: the same inputs, settings, code and day of knowledge give the same id.

    `inputs` is the fingerprint of the platform tables, which name every generation and every attempt.
    """
    platform = settings.platform
    parts = [as_of.isoformat(), platform.start_date.isoformat(), str(platform.k), settings.privacy.manager_view, inputs, code_hash()]
    parts += [f"persons from {kept_until(settings.home) or date.min}"]
    parts += [f"closed {month}" for month in closed_months(settings.home)]
    parts += [f"{former} is {present}" for former, present in sorted(settings.identity.former_mail_domains.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def dbt_vars(settings: Settings, as_of: date, build: str) -> str:
    """The variables of dbt_project.yml as the JSON text that --vars takes."""
    told_before = memory_path(settings.home)
    return json.dumps(
        {
            "home": str(settings.home),
            "as_of": as_of.isoformat(),
            "start_date": settings.platform.start_date.isoformat(),
            "persons_from": str(kept_until(settings.home) or date.min),
            "k": settings.platform.k,
            "former_mail_domains": settings.identity.former_mail_domains,
            "manager_view": settings.privacy.manager_view,
            "told_before": str(told_before) if told_before.exists() else "",
            "alert_events": str(alerts) if (alerts := events_path(settings.home)).exists() else "",
            "closed_months": [month.isoformat() for month in closed_months(settings.home)],
            "build_id": build,
            "code_version": code_hash(),
        }
    )


def dbt_environment(warehouse: Path) -> dict[str, str]:
    """All that dbt inherits: an allow-list, so no vendor key can be among it (security-privacy 4)."""
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "SPEND_WAREHOUSE": str(warehouse),
        "SPEND_PYTHON": sys.executable,
        PARSED: str(KEPT_PARSE),
        "DBT_PROFILES_DIR": str(PROJECT_DIR),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


@contextlib.contextmanager
def only_dbt_environment(warehouse: Path) -> Iterator[None]:
    """For the moment in which dagster-dbt starts dbt: it hands its own environment on and takes no other."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(dbt_environment(warehouse))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def run_dbt(arguments: list[str], warehouse: Path, target: Path, *, tests_may_fail: bool = False) -> None:
    """Run dbt to its end; DbtError carries its last lines.

    With `tests_may_fail`, a build whose results were written is no error here: the verdict judges it.
    """
    if arguments[0] == "build":
        ensure_manifest()
    places = ["--project-dir", str(PROJECT_DIR), "--target-path", str(target), "--log-path", str(target)]
    done = subprocess.run(
        [str(DBT), "--no-use-colors", *arguments, *places], env=dbt_environment(warehouse), capture_output=True, text=True, check=False
    )
    if done.returncode and not (tests_may_fail and (target / "run_results.json").exists()):
        if says_full(done.stdout + done.stderr):
            raise storage_full(warehouse.parent)
        tail = "\n".join((done.stdout.strip() or done.stderr.strip()).splitlines()[-25:])
        raise DbtError(f"dbt {arguments[0]} failed:\n{tail}")


def require_results(target: Path, warehouse: Path) -> None:
    """Raises StorageFull where the disk was full while dbt built, and DbtError with its last lines where it ended without results."""
    results, log = target / "run_results.json", target / "dbt.log"
    last: str | None = None
    try:
        told = [str(result.get("message") or "") for result in json.loads(results.read_bytes())["results"] if result["status"] in BROKEN]
    except (OSError, ValueError, KeyError):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
        told, last = lines, "\n".join(lines[-25:])
    if any(says_full(message) for message in told):
        raise storage_full(warehouse.parent)
    if last is not None:
        raise DbtError(f"dbt build ended without results; its last lines:\n{last}")


def ensure_manifest() -> Path:
    """The manifest of the project as it stands; parses only when a file, or dbt, changed since the last parse."""
    stamp = MANIFEST.with_name("parsed.sha256")
    wanted = f"{code_hash()} {version('dbt-core')}"
    MANIFEST.parent.mkdir(exist_ok=True)
    with MANIFEST.with_name("parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two processes one parses
        if not (MANIFEST.exists() and KEPT_PARSE.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
            run_dbt(["parse", "--vars", json.dumps({"home": HOME})], MANIFEST.with_name(f"{DATABASE}.duckdb"), MANIFEST.parent)
            fresh = KEPT_PARSE.with_suffix(".tmp")
            shutil.copyfile(MANIFEST.with_name("partial_parse.msgpack"), fresh)
            fresh.replace(KEPT_PARSE)
            stamp.write_text(wanted, encoding="utf-8")
    return MANIFEST


def load_manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    return manifest
