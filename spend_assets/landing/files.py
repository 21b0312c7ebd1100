"""Files that are either whole or absent: written beside, fsynced, renamed, with the parent folder fsynced (DESIGN law 9)."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from spend_assets.landing.crash import point

TEMPORARY = ".tmp-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_WORDS = ("no space left", "file too large", "disk quota exceeded")


class StorageFull(Exception):
    """The disk (or the quota) is full. Nothing half written is visible; free space and run again."""


@contextmanager
def full_disk_is_clear(folder: Path) -> Iterator[None]:
    """Turn "no space left" of the system or of DuckDB into one message that names the folder and what to free."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise storage_full(folder) from None
    except duckdb.IOException as error:
        if not says_full(str(error)):
            raise
        raise storage_full(folder) from None


def says_full(text: str) -> bool:
    """Whether a message of the system, of DuckDB or of dbt is about a full disk."""
    return any(words in text.lower() for words in _FULL_WORDS)


def storage_full(folder: Path) -> StorageFull:
    """The one message for it."""
    return StorageFull(
        f"no space left while writing to {folder}; nothing half written was kept. Free space there (old folders under "
        "published/generations and landed inbox files may go first), then run again: only what is missing is done"
    )


def make_folder(folder: Path) -> None:
    """Create the folder and its missing parents, 0700 each."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, write: Callable[[Path], None], area: str) -> None:
    """Let `write` fill a temporary file (0600) beside `path`, then put it in place of `path` in one step.

    `area` names the crash points. Raises StorageFull on a full disk; whatever goes wrong, `path` stays what it was.
    """
    make_folder(path.parent)
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(6)}"
    with full_disk_is_clear(path.parent):
        try:
            point(f"{area}.before_write")
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            write(temporary)
            point(f"{area}.after_write")
            temporary.chmod(0o600)
            sync_file(temporary)
            point(f"{area}.after_fsync")
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        point(f"{area}.after_rename")
        sync_folder(path.parent)
        point(f"{area}.after_parent_fsync")


def remove_temporaries(folder: Path, *, depth: int) -> None:
    """Remove what a killed run left beside its target, at most `depth` folders down. Call only while holding the run's lock."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith(TEMPORARY):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                Path(entry.path).unlink()
        elif depth > 0 and entry.is_dir(follow_symlinks=False):
            remove_temporaries(Path(entry.path), depth=depth - 1)
