"""The folders of published/: one immutable generation per publication, and the link `current` that readers follow."""

import json
import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

from spend_assets.landing.files import TEMPORARY, sync_folder
from spend_assets.publish.durable import sha256_of


def prepare(home: Path) -> Path:
    """SPEND_HOME/published with its generations folder, without what a killed publisher left. Returns the published folder."""
    published = home / "published"
    generations = published / "generations"
    for folder in (published, generations):
        folder.mkdir(mode=0o711, exist_ok=True)
        folder.chmod(0o711)
    for left in [*generations.glob(f"{TEMPORARY}*"), *published.glob(f"{TEMPORARY}*")]:
        if left.is_symlink():
            left.unlink()
        else:
            shutil.rmtree(left)
    return published


def find_intact(published: Path, publication_id: str) -> Path | None:
    """The generation of this publication whose files fit the hashes of its manifest, if there is one."""
    for folder in sorted((published / "generations").glob(f"{publication_id}*")):
        if _intact(folder, publication_id):
            return folder
    return None


def _intact(folder: Path, publication_id: str) -> bool:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        hashes = dict(manifest["files"])
        return bool(manifest["publication_id"] == publication_id) and all(sha256_of(folder / name) == hashes[name] for name in hashes)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def free_place(published: Path, publication_id: str) -> Path:
    """Where a new generation goes. A damaged one of the same publication stays where readers have it, and the new one gets a number."""
    place, number = published / "generations" / publication_id, 1
    while place.exists():
        number += 1
        place = place.with_name(f"{publication_id}-{number}")
    return place


def point_current(published: Path, generation: Path) -> None:
    """Make published/current lead to `generation`, in one step; a link that leads there already is left alone."""
    current = published / "current"
    target = os.path.relpath(generation, published)
    if current.is_symlink() and current.readlink() == Path(target):
        return
    temporary = published / f"{TEMPORARY}current"
    temporary.symlink_to(target)
    temporary.replace(current)
    sync_folder(published)


def prune(published: Path, keep: int, archive_from: date | None = None) -> list[str]:
    """Delete all but the newest `keep` generations; the one that `current` leads to is always kept. Returns the names deleted.

    From the day `archive_from` on the last one of each month of knowledge stays too: its files without persons are the archive.
    """
    current = (published / "current").resolve()
    others = [folder for folder in (published / "generations").iterdir() if folder.is_dir() and folder.resolve() != current]
    others.sort(key=_published_at, reverse=True)
    last_of_month: dict[str, Path] = {}
    for folder in others if archive_from else ():
        if (day := _as_of(folder)) >= str(archive_from):
            last_of_month.setdefault(day[:7], folder)
    gone = [folder for folder in others[keep - 1 :] if folder not in last_of_month.values()]
    for folder in gone:
        # Renamed first: a kill half-way must not leave what looks like a generation.
        doomed = folder.with_name(f"{TEMPORARY}{folder.name}")
        folder.rename(doomed)
        shutil.rmtree(doomed)
    return sorted(folder.name for folder in gone)


def withdraw_restricted(published: Path, before: datetime | None) -> int:
    """Delete the restricted files of every publication but the current one, of those published before an instant where one is given.

    What has no persons stays readable. Returns the publications that lost theirs. A kill half-way leaves the rest to the next call.
    """
    current = (published / "current").resolve()
    gone = 0
    for folder in sorted((published / "generations").glob("*")):
        parts = [folder / "restricted.duckdb", folder / "restricted.html", folder / "parquet" / "restricted"]
        there = [part for part in parts if part.exists()]
        if folder.resolve() == current or not there:
            continue
        if before is not None and _published_at(folder) >= before.astimezone(UTC).isoformat(timespec="microseconds"):
            continue
        for part in there:
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        sync_folder(folder)
        gone += 1
    return gone


def archived(published: Path, day: date) -> Path | None:
    """The newest publication that knew no more than `day`, if one is still there."""
    known = [folder for folder in (published / "generations").glob("*") if "" < _as_of(folder) <= day.isoformat()]
    return max(known, key=lambda folder: (_as_of(folder), _published_at(folder)), default=None)


def _as_of(folder: Path) -> str:
    return _said(folder, "as_of")


def _published_at(folder: Path) -> str:
    return _said(folder, "published_at")


def _said(folder: Path, name: str) -> str:
    try:
        return str(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))[name])
    except (OSError, ValueError, KeyError):
        return ""
