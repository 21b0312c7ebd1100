"""The landing store: one immutable generation per fetched request window, and a log of every attempt (DESIGN section 2).

    landing/<vendor>/<account>/<stream>/<start>_<end>/<generation>/{records.jsonl.gz, manifest.json}
    landing/fetch_log/<YYYY-MM>.jsonl

A generation becomes visible by the rename of its folder, complete with its manifest. An attempt that landed is known by the manifest, so
that a kill between rename and log loses nothing; all other attempts are lines of the log.
"""

import gzip
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec

from spend_assets.answers import Window
from spend_assets.clock import Clock, today
from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.crash import point
from spend_assets.landing.files import TEMPORARY, full_disk_is_clear, make_folder, remove_temporaries, sync_file, sync_folder
from spend_assets.landing.screen import Screen
from spend_assets.settings_words import check_account

Origin = Literal["api", "file"]
AttemptOutcome = Literal["landed", "partial", "unchanged", "not_ready", "not_available", "failed"]
ANSWERED: frozenset[AttemptOutcome] = frozenset({"landed", "unchanged"})
"""Outcomes that leave nothing to ask: the whole window was answered."""


@dataclass(frozen=True)
class Manifest:
    """What one landed generation is. `sha256` is of records.jsonl.gz, `content_hash` of the records in any order and with any key order."""

    vendor: str
    account: str
    stream: str
    start: date
    end: date
    generation: str
    route: str
    params: dict[str, str]
    fetched_at: datetime
    complete: bool
    records: int
    sha256: str
    content_hash: str
    origin: Origin
    detail: str
    replaced_sha256: str = ""
    """Of the file as it was fetched, where an erasure rewrote it since (rewrite.py)."""

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)


@dataclass(frozen=True)
class Attempt:
    """One request window that was asked for, and what came of it. `generation` is "" where nothing new landed."""

    vendor: str
    stream: str
    account: str
    start: date
    end: date
    attempted_at: datetime
    outcome: AttemptOutcome
    detail: str
    generation: str = ""

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)


@dataclass(frozen=True)
class Landing:
    """The result of a commit: the manifest that holds the content, and whether it is new."""

    manifest: Manifest
    new: bool


_exact = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))
_sorted = msgspec.json.Encoder(order="sorted")
_manifest_decoder = msgspec.json.Decoder(Manifest)
_attempt_decoder = msgspec.json.Decoder(Attempt)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def canonical_hash(record: bytes) -> bytes:
    """SHA-256 of a record that ignores key order and white space but no digit of a number; of the bytes themselves if it is no JSON."""
    try:
        canonical = _sorted.encode(_exact.decode(record))
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, OverflowError, RecursionError):
        canonical = record
    return hashlib.sha256(canonical).digest()


def content_hash(hashes: Sequence[bytes]) -> str:
    """One hash for many records in any order."""
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


def _without(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, list):
        for item in value:
            _without(item, path)
    elif isinstance(value, dict):
        if len(path) == 1:
            value.pop(path[0], None)
        else:
            _without(value.get(path[0]), path[1:])


def without_drops(record: bytes, drops: tuple[tuple[str, ...], ...]) -> bytes:
    """The record minus the fields that never touch disk; of a record that cannot be read only its hash and length remain."""
    try:
        value = _exact.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
        return msgspec.json.encode(["unreadable", hashlib.sha256(record).hexdigest(), len(record)])
    for path in drops:
        _without(value, path)
    return msgspec.json.encode(value)


class GenerationWriter:
    """Takes the records of one window as a `Sink`; `commit` makes them a generation, leaving without commit leaves nothing behind."""

    def __init__(self, store: "LandingStore", contract: StreamContract, account: str, window: Window):
        self.store, self.contract, self.account, self.window = store, contract, account, window
        self.parent = store.window_folder(contract, account, window)
        self.temporary = self.parent / f"{TEMPORARY}{secrets.token_hex(6)}"
        self.hashes: list[bytes] = []
        self.fetched_at = store.clock.now().astimezone(UTC).replace(microsecond=0)
        self.screen = store.screen.of(contract, window.start) if store.screen else None

    def __enter__(self) -> "GenerationWriter":
        with full_disk_is_clear(self.parent):
            make_folder(self.temporary)
        point("landing.generation.before_write")
        path = self.temporary / "records.jsonl.gz"
        self._raw = _create(path)
        # mtime 0 and no file name: the same records give the same bytes.
        self._packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        return self

    def __exit__(self, *exception: object) -> None:
        # On a full disk closing fails once more; what is being thrown away need not be whole.
        for file in (self._packed, self._raw):
            with suppress(OSError):
                file.close()
        shutil.rmtree(self.temporary, ignore_errors=True)

    def __call__(self, record: bytes) -> None:
        # Between the tokens of JSON a line break is white space; inside a string it cannot stand.
        line = record.replace(b"\r", b" ").replace(b"\n", b" ")
        if self.contract.drops:
            line = without_drops(line, self.contract.drops)
        if self.screen:
            line = self.screen(line)
        self.hashes.append(canonical_hash(line))
        with full_disk_is_clear(self.parent):
            self._packed.write(line + b"\n")

    def commit(self, *, complete: bool, params: dict[str, str], detail: str = "", origin: Origin = "api") -> Landing:
        """Make the records a generation, unless the newest one of this window already says the same as completely."""
        contract = self.contract
        digest = content_hash(self.hashes)
        # The mark keeps a partial and a complete answer of one second apart where their records are the same.
        generation = f"{self.fetched_at:%Y%m%dT%H%M%SZ}-{digest[:12]}{'' if complete else 'p'}"
        same = self.store.same_content(contract, self.account, self.window, digest, generation)
        if same is not None:
            return Landing(same, new=False)
        with full_disk_is_clear(self.parent):
            self._packed.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            point("landing.records.after_fsync")
            with (self.temporary / "records.jsonl.gz").open("rb") as written:
                packed_hash = hashlib.file_digest(written, "sha256").hexdigest()
            manifest = Manifest(
                vendor=contract.vendor,
                account=self.account,
                stream=contract.stream,
                start=self.window.start,
                end=self.window.end,
                generation=generation,
                route=contract.route,
                params=params,
                fetched_at=self.fetched_at,
                complete=complete,
                records=len(self.hashes),
                sha256=packed_hash,
                content_hash=digest,
                origin=origin,
                detail=detail,
            )
            path = self.temporary / "manifest.json"
            with _create(path) as file:
                file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
            point("landing.generation.after_write")
            sync_file(path)
            sync_folder(self.temporary)
            point("landing.generation.after_fsync")
            self.temporary.rename(self.parent / generation)
            point("landing.generation.after_rename")
            sync_folder(self.parent)
            point("landing.generation.after_parent_fsync")
        self.store.remember(manifest)
        return Landing(manifest, new=True)


class LandingStore:
    """Reads and writes SPEND_HOME/landing. One process at a time writes; its caller holds the lock of the home.

    With a `screen` no record names an erased person once it is landed.
    """

    def __init__(self, home: Path, clock: Clock, screen: Screen | None = None, *, clean: bool = True):
        """`clean`: remove what a killed run left; once in a process is enough."""
        self.root, self.clock, self.screen = home / "landing", clock, screen
        self._manifests: dict[tuple[str, str, str], list[Manifest]] = {}
        self._log: dict[tuple[str, str, str], list[Attempt]] | None = None
        if clean:
            remove_temporaries(self.root, depth=4)

    def window_folder(self, contract: StreamContract, account: str, window: Window) -> Path:
        return self._folder(contract.vendor, account, contract.stream) / f"{window.start}_{window.end}"

    def _folder(self, vendor: str, account: str, stream: str) -> Path:
        return self.root / vendor / check_account(account) / stream

    def generation(self, contract: StreamContract, account: str, window: Window) -> GenerationWriter:
        return GenerationWriter(self, contract, account, window)

    def manifests(self, vendor: str, stream: str, account: str) -> list[Manifest]:
        """All generations of a stream, oldest fetch first."""
        key = (vendor, stream, account)
        if key not in self._manifests:
            paths = self._folder(vendor, account, stream).glob("*_*/*/manifest.json")
            found = [_manifest_decoder.decode(path.read_bytes()) for path in paths if not path.parent.name.startswith(".")]
            self._manifests[key] = sorted(found, key=_age)
        return self._manifests[key]

    def remember(self, manifest: Manifest) -> None:
        known = self.manifests(manifest.vendor, manifest.stream, manifest.account)
        if manifest not in known:
            known.append(manifest)
            known.sort(key=_age)

    def newest(self, contract: StreamContract, account: str, window: Window) -> Manifest | None:
        """The generation that counts for a window: the newest complete one, else the newest partial one."""
        of_window = [m for m in self.manifests(contract.vendor, contract.stream, account) if m.window == window]
        return max(of_window, key=lambda m: (m.complete, *_age(m)), default=None)

    def same_content(self, contract: StreamContract, account: str, window: Window, digest: str, generation: str) -> Manifest | None:
        """The generation that an answer merely repeats, if there is one: the newest of its kind (complete or partial)."""
        complete = not generation.endswith("p")
        alike = [m for m in self.manifests(contract.vendor, contract.stream, account) if m.window == window and m.complete == complete]
        if alike and alike[-1].content_hash == digest and not self._says_more_by_now(contract, alike[-1]):
            return alike[-1]
        return next((m for m in alike if m.generation == generation), None)

    def _says_more_by_now(self, contract: StreamContract, manifest: Manifest) -> bool:
        """Whether a repeated answer confirms as empty what the first one, fetched too early for some of its days, could not (typed.py)."""
        if manifest.origin == "file" or contract.window == "snapshot" or (contract.window == "day" and manifest.records):
            return False
        young = timedelta(days=contract.available_after_days)
        first_young = max(manifest.start, manifest.fetched_at.astimezone(UTC).date() - young)
        return first_young < min(manifest.end, today(self.clock) - young)

    def records(self, manifest: Manifest) -> Iterator[bytes]:
        """The landed lines in order, without line breaks."""
        with gzip.open(self.records_path(manifest), "rb") as file:
            for line in file:
                yield line.rstrip(b"\n")

    def records_path(self, manifest: Manifest) -> Path:
        folder = self._folder(manifest.vendor, manifest.account, manifest.stream)
        return folder / f"{manifest.start}_{manifest.end}" / manifest.generation / "records.jsonl.gz"

    def accounts(self, vendor: str, stream: str) -> list[str]:
        """Accounts that have landed anything of a stream, by name."""
        return sorted(path.parent.name for path in self.root.glob(f"{vendor}/*/{stream}") if path.is_dir())

    def log(self, attempt: Attempt) -> None:
        """Keep an attempt that landed nothing new. One line, fsynced."""
        if attempt.outcome == "landed":
            raise ValueError("a landed attempt is known by its manifest and is not logged")
        folder = self.root / "fetch_log"
        with full_disk_is_clear(folder):
            make_folder(folder)
            path = folder / f"{attempt.attempted_at:%Y-%m}.jsonl"
            point("landing.fetch_log.before_write")
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                # A run that was killed inside a line must not swallow the next one.
                broken = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
                os.write(descriptor, (b"\n" if broken else b"") + msgspec.json.encode(attempt) + b"\n")
                point("landing.fetch_log.after_write")
                os.fsync(descriptor)
                point("landing.fetch_log.after_fsync")
            finally:
                os.close(descriptor)
            if size == 0:
                sync_folder(folder)
        if self._log is not None:
            self._log.setdefault((attempt.vendor, attempt.stream, attempt.account), []).append(attempt)

    def attempts(self, vendor: str, stream: str, account: str) -> list[Attempt]:
        """Every attempt for a stream, oldest first: the logged ones and, from their manifests, those that landed."""
        landed = [
            Attempt(vendor, stream, account, m.start, m.end, m.fetched_at, "landed" if m.complete else "partial", m.detail, m.generation)
            for m in self.manifests(vendor, stream, account)
        ]
        logged = self._read_log().get((vendor, stream, account), [])
        return sorted([*landed, *logged], key=attempt_order)

    def logged_streams(self) -> list[tuple[str, str, str]]:
        """(vendor, stream, account) of everything that the log knows."""
        return sorted(self._read_log())

    def _read_log(self) -> dict[tuple[str, str, str], list[Attempt]]:
        if self._log is None:
            self._log = {}
            for path in sorted((self.root / "fetch_log").glob("*.jsonl")):
                for line in path.read_bytes().splitlines():
                    try:
                        attempt = _attempt_decoder.decode(line)
                    except msgspec.MsgspecError:
                        continue  # the line that a killed run did not finish; its window is simply asked again
                    self._log.setdefault((attempt.vendor, attempt.stream, attempt.account), []).append(attempt)
        return self._log


def attempt_order(attempt: Attempt) -> tuple[datetime, bool]:
    """Sorts attempts by time; of one instant (a clock that stands still) an answer counts as later than a failure."""
    return attempt.attempted_at, attempt.outcome in ANSWERED


def _age(manifest: Manifest) -> tuple[datetime, str]:
    return manifest.fetched_at, manifest.generation
