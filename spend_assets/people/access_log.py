"""Who was looked at, when, why and with whose approval: SPEND_HOME/people/log.jsonl, a hash chain of keys without names.

Each entry's hash covers the hash before it, so an entry that was changed, taken out or put in breaks the chain. The person's key stands
outside the chain, which holds a salted commitment to it: an erasure takes key and salt away and the chain stays whole. log.head.json
knows first and last entry, so that a log which was cut off is noticed, and one whose old entries went with their retention is not.
"""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from spend_assets.clock import Clock
from spend_assets.landing.files import full_disk_is_clear, make_folder, sync_folder, write_durably
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.publish.pseudonyms import Pseudonyms

ACCESS = timedelta(days=7)
"""So long may what was approved be looked at again under the same request."""
REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#-]{0,60}", re.ASCII)
_START = "0" * 64
Kind = Literal["reveal", "me", "erase"]


@dataclass(frozen=True)
class Entry:
    """One use. `subject` is the person's pseudonym, None once they are erased; `approver` is a keyed hash as well. Times are UTC."""

    number: int
    at: datetime
    kind: Kind
    request: str
    approver: str
    key_id: str
    ends_at: datetime
    commitment: str
    previous: str
    hash: str = ""
    subject: str | None = None
    salt: str | None = None

    def computed_hash(self) -> str:
        return hashlib.sha256(_encoder.encode(replace(self, hash="", subject=None, salt=None))).hexdigest()


@dataclass(frozen=True)
class Head:
    """Number of the first entry that is kept, the hash it follows on, and the last entry that was written."""

    first: int = 1
    follows: str = _START
    last: int = 0
    hash: str = _START


_encoder = msgspec.json.Encoder(order="sorted")
_entry = msgspec.json.Decoder(Entry)
_head = msgspec.json.Decoder(Head)


def _commit(subject: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}|{subject}".encode()).hexdigest()


class AccessLog:
    """Reads and writes the log; every use checks the whole chain first. One process at a time: the caller holds the lock of the home."""

    def __init__(self, home: Path, clock: Clock, pseudonyms: Pseudonyms):
        self.folder, self.clock, self.pseudonyms = home / "people", clock, pseudonyms
        self.path, self.head_path = self.folder / "log.jsonl", self.folder / "log.head.json"

    def entries(self) -> list[Entry]:
        """Every kept entry, oldest first. Raises PersonCommandRefused that names the first entry which does not fit."""
        head = self._read_head()
        entries = [entry for entry in self._read() if entry.number >= head.first]
        follows, number = head.follows, head.first
        for entry in entries:
            if entry.number != number or entry.previous != follows or entry.hash != entry.computed_hash():
                raise _broken(self.path, number)
            if entry.subject is not None and entry.commitment != _commit(entry.subject, entry.salt or ""):
                raise _broken(self.path, number)
            follows, number = entry.hash, number + 1
        # A kill between entry and head leaves the head one behind; a head that is ahead means that entries are gone.
        if number - 1 < head.last or (head.last >= head.first and entries[head.last - head.first].hash != head.hash):
            raise _broken(self.path, min(number, head.last))
        return entries

    def grant(self, kind: Kind, subject: str, request: str, approved_by: str) -> Entry:
        """Write down a use before it happens. Under one request a person may be looked at again for seven days, and then no more."""
        if not REQUEST.fullmatch(request):
            raise PersonCommandRefused(
                "--incident or --request takes the number of a ticket, for example INC-1042: letters, digits and . _ / # - only, no names"
            )
        if not approved_by.strip():
            raise PersonCommandRefused("--approved-by is empty; name who approved it, which is kept as a keyed hash")
        entries = self.entries()
        now = self.clock.now().astimezone(UTC).replace(microsecond=0)
        before = [e for e in entries if (e.kind, e.subject, e.request) == (kind, subject, request)]
        if before and kind != "erase" and now >= before[0].ends_at:
            raise PersonCommandRefused(
                f"access under {request} ended on {before[0].ends_at:%Y-%m-%d %H:%M} UTC; ask for a new approval under a new number"
            )
        salt = secrets.token_hex(16)
        entry = Entry(
            number=entries[-1].number + 1 if entries else self._read_head().first,
            at=now,
            kind=kind,
            request=request,
            approver=self.approver_key(approved_by),
            key_id=self.pseudonyms.key_id,
            ends_at=before[0].ends_at if before else now + ACCESS,
            commitment=_commit(subject, salt),
            previous=entries[-1].hash if entries else self._read_head().follows,
            subject=subject,
            salt=salt,
        )
        entry = replace(entry, hash=entry.computed_hash())
        self._append(entry)
        return entry

    def approver_key(self, name: str) -> str:
        """What stands for an approver in the log: who holds the key can check a name against it, and nobody can read one from it."""
        return "a_" + hmac.digest(self.pseudonyms.key_for("approvers"), name.strip().casefold().encode(), hashlib.sha256).hex()[:20]

    def forget(self, subject: str) -> int:
        """Take a person's key out of every entry; the chain stays whole. Returns the entries that named them."""
        entries = self.entries()
        named = [entry for entry in entries if entry.subject == subject]
        if named:
            self._write([replace(e, subject=None, salt=None) if e.subject == subject else e for e in entries])
        return len(named)

    def expire(self, before: datetime) -> int:
        """Drop the entries written before an instant, from the front. Returns how many went."""
        entries = self.entries()
        kept = [entry for entry in entries if entry.at >= before]
        gone = len(entries) - len(kept)
        if gone:
            head = self._read_head()
            last = entries[gone - 1]
            self._write_head(replace(head, first=last.number + 1, follows=last.hash))
            self._write(kept)
        return gone

    def _read(self) -> list[Entry]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        entries = []
        lines = content.split(b"\n")
        for position, line in enumerate(lines):
            if not line:
                continue
            try:
                entries.append(_entry.decode(line))
            except msgspec.MsgspecError:
                # The last line without its end is what a killed command left: it was never acted on.
                if position == len(lines) - 1:
                    break
                raise _broken(self.path, entries[-1].number + 1 if entries else 1) from None
        return entries

    def _append(self, entry: Entry) -> None:
        make_folder(self.folder)
        with full_disk_is_clear(self.folder):
            # What a killed command left of a line goes first.
            torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n")
            if torn:
                self._write(self._read())
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, _encoder.encode(entry) + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_folder(self.folder)
        self._write_head(replace(self._read_head(), last=entry.number, hash=entry.hash))

    def _write(self, entries: list[Entry]) -> None:
        content = b"".join(_encoder.encode(entry) + b"\n" for entry in entries)
        write_durably(self.path, lambda path: _put(path, content), "people.log")

    def _read_head(self) -> Head:
        try:
            return _head.decode(self.head_path.read_bytes())
        except FileNotFoundError:
            return Head()
        except msgspec.MsgspecError:
            raise PersonCommandRefused(f"{self.head_path} is damaged; restore it and log.jsonl beside it from the last backup") from None

    def _write_head(self, head: Head) -> None:
        content = _encoder.encode(head)
        write_durably(self.head_path, lambda path: _put(path, content), "people.head")


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _broken(path: Path, number: int) -> PersonCommandRefused:
    return PersonCommandRefused(
        f"the log of person commands is broken at entry {number}: it was changed, or entries are missing ({path}). No person command runs "
        "until it is restored from a backup; tell whoever answers for data protection"
    )
