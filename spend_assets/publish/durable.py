"""Hashes of published files, and whole trees that are on disk when the call returns."""

import hashlib
from pathlib import Path

from spend_assets.landing.files import sync_file, sync_folder


def sync_tree(folder: Path) -> None:
    """Flush every file below `folder`, then every folder, the deepest first."""
    paths = sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True)
    for path in paths:
        if path.is_file():
            sync_file(path)
    for path in (*(p for p in paths if p.is_dir()), folder):
        sync_folder(path)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
