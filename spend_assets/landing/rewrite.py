"""Landed generations without erased people, and old ones without anybody: the only rewriting of a kept file that there is (DESIGN law 7).

The records are replaced first and the manifest second, each in one step; the manifest keeps the hash of the file as it was fetched.
"""

import dataclasses
import gzip
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from spend_assets.landing.crash import STEPS
from spend_assets.landing.files import remove_temporaries, write_durably
from spend_assets.landing.screen import RecordScreen
from spend_assets.landing.store import LandingStore, Manifest, canonical_hash, content_hash

POINTS = [f"rewrite.{file}.{step}" for file in ("records", "manifest") for step in STEPS]
"""The instants at which a test may kill a rewriting (see crash.py)."""


def rewrite(store: LandingStore, manifest: Manifest, screen: Callable[[], RecordScreen]) -> tuple[int, Manifest]:
    """Take whom the screen names out of one generation. Returns the records that named somebody, and the manifest as it is now.

    Also mends a generation whose rewriting was killed between its two files, and one that a backup brought back.
    """
    records = store.records_path(manifest)
    remove_temporaries(records.parent, depth=0)
    erased = _count(screen(), store.records(manifest))
    if erased:
        lines = screen()
        write_durably(records, lambda path: _pack(path, (lines(line) for line in store.records(manifest))), "rewrite.records")
    with records.open("rb") as file:
        packed = hashlib.file_digest(file, "sha256").hexdigest()
    if packed == manifest.sha256:
        return erased, manifest
    fresh = dataclasses.replace(
        manifest,
        sha256=packed,
        content_hash=content_hash([canonical_hash(line) for line in store.records(manifest)]),
        replaced_sha256=manifest.replaced_sha256 or manifest.sha256,
    )
    body = msgspec.json.format(msgspec.json.encode(fresh), indent=1)
    write_durably(records.with_name("manifest.json"), lambda path: _put(path, body), "rewrite.manifest")
    return erased, fresh


def _count(screen: RecordScreen, lines: Iterable[bytes]) -> int:
    for line in lines:
        screen(line)
    return screen.erased


def _pack(path: Path, lines: Iterator[bytes]) -> None:
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
        for line in lines:
            packed.write(line + b"\n")


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
