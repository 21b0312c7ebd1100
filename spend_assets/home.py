"""SPEND_HOME: its folders, their permissions, its stamp (sandbox or real), and the lock that lets one step in at a time."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from spend_assets.settings import Settings

WAIT_MESSAGE_SECONDS = 10.0
WAIT_LIMIT_SECONDS = 3600.0


class HomeError(Exception):
    """SPEND_HOME cannot be used as asked; the message says which folder, why, and the command that is right."""


def prepare_home(settings: Settings) -> Path:
    """Make SPEND_HOME with its permissions and stamp it. Refuses a home of the other kind (security-privacy 5 and 13)."""
    home = settings.home
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    home.chmod(0o711)
    for name in ("landing", "raw", "inbox", "builds", "dagster"):
        (home / name).mkdir(mode=0o700, exist_ok=True)
    (home / "published").mkdir(mode=0o711, exist_ok=True)
    stamp = home / "kind.json"
    wanted = settings.platform.kind
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))["kind"]
    except FileNotFoundError:
        fresh = stamp.with_suffix(".tmp")
        fresh.write_text(json.dumps({"kind": wanted}) + "\n", encoding="utf-8")
        fresh.replace(stamp)
        return home
    except (ValueError, KeyError):
        raise HomeError(f'{stamp} is damaged; it must read {{"kind": "real"}} or {{"kind": "sandbox"}}') from None
    if found != wanted:
        raise HomeError(
            f"{home} holds {found} data and the settings say kind = {wanted!r}. Never mix them: run again with "
            f"SPEND_HOME={home.with_name(f'{home.name}-{wanted}')}, or name the settings of the {found} data with SPEND_CONFIG"
        )
    return home


@contextlib.contextmanager
def exclusive(home: Path, purpose: str, say: Callable[[str], None], limit_seconds: float = WAIT_LIMIT_SECONDS) -> Iterator[None]:
    """Hold the home for one step. A second run waits, says so, and stops with HomeError after `limit_seconds`."""
    lock = FileLock(home / "run.lock", mode=0o600)
    holder = home / "run.holder.json"
    waited = 0.0
    while True:
        try:
            lock.acquire(timeout=0 if not waited else min(WAIT_MESSAGE_SECONDS, max(limit_seconds - waited, 0.1)))
            break
        except Timeout:
            if waited >= limit_seconds:
                raise HomeError(f"gave up waiting for {home}: {_holder(holder)}; run again when it has ended") from None
            say(f"waiting for {home}: {_holder(holder)}")
            waited += WAIT_MESSAGE_SECONDS
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose, "since": started}), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return f"process {facts['pid']} holds it for {facts['purpose']} since {facts['since']}"
    except (OSError, ValueError, KeyError):
        return "another process holds it"


def note_failure(home: Path, run_id: str, job: str, message: str) -> None:
    """For `spend status` and whoever watches the file: the last failed run."""
    facts = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "run_id": run_id, "job": job, "message": message}
    fresh = home / "builds" / "last_failure.tmp"
    fresh.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    fresh.replace(fresh.with_suffix(".json"))


def restrict_umask() -> None:
    """Nothing this process writes is readable by others unless it is opened up on purpose."""
    os.umask(0o077)
