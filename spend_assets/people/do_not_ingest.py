"""SPEND_HOME/people/do-not-ingest.json: keyed hashes of what erased people were known by, for every later fetch and import.

The file is worth a backup of its own: a home that is restored from a backup without it would let erased people in again.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from spend_assets.landing.files import write_durably
from spend_assets.landing.screen import Banned, Screen, keyed_hash
from spend_assets.people.directory import Identifier
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.publish.pseudonyms import MINIMUM_KEY, Pseudonyms, load_pseudonyms
from spend_assets.settings import Settings, read_secret

Say = Callable[[str], None]


@dataclass(frozen=True)
class Listed:
    """One keyed hash, and the erasure that it is from. The bounds are those of a login that is somebody else's at other times."""

    erasure: str
    space: str
    hash: str
    start: date = date.min
    end: date = date.max


@dataclass(frozen=True)
class Document:
    key_id: str
    entries: tuple[Listed, ...] = ()

    @property
    def erasures(self) -> frozenset[str]:
        return frozenset(entry.erasure for entry in self.entries)


_document = msgspec.json.Decoder(Document)


def list_path(home: Path) -> Path:
    return home / "people" / "do-not-ingest.json"


def _pseudonyms(settings: Settings, say: Say) -> Pseudonyms:
    name = settings.privacy.list_key_env
    if name is None:
        return load_pseudonyms(settings, say)
    key = read_secret(name, os.environ)
    if len(key) < MINIMUM_KEY:
        raise PersonCommandRefused(
            f"the environment variable {name} has fewer than {MINIMUM_KEY} characters; put the key of the list there"
        )
    return Pseudonyms(key)


def read_list(settings: Settings) -> Document | None:
    """The list, or None where nobody was ever erased. A damaged one stops everything: without it erased people would come in again."""
    path = list_path(settings.home)
    try:
        return _document.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise PersonCommandRefused(f"{path} is damaged, so nothing may be ingested; restore it from its backup") from None


def load_screen(settings: Settings, say: Say) -> Screen | None:
    """What every writer of landing applies. Raises PersonCommandRefused where the key is not the one that the list was made with."""
    document = read_list(settings)
    if document is None or not document.entries:
        return None
    pseudonyms = _pseudonyms(settings, say)
    if pseudonyms.key_id != document.key_id:
        raise PersonCommandRefused(
            f"people were erased under key {document.key_id}, and {settings.privacy.list_key_env or settings.privacy.key_env} holds key "
            f"{pseudonyms.key_id}: their list cannot be applied, so nothing may be ingested. Put the old key into another variable and "
            "name that with list_key_env under [privacy]"
        )
    return Screen(_key(pseudonyms), [Banned(e.space, e.hash, e.start, e.end) for e in document.entries])


def add_to_list(settings: Settings, erasure: str, identifiers: Iterable[Identifier], say: Say) -> list[str]:
    """Put a person's identifiers on the list. Returns their hashes; adding the same ones again changes nothing."""
    pseudonyms = _pseudonyms(settings, say)
    document = read_list(settings) or Document(pseudonyms.key_id)
    if document.entries:
        load_screen(settings, say)  # of another key: refused
    fresh = [Listed(erasure, i.space, keyed_hash(_key(pseudonyms), i.space, i.value), i.start, i.end) for i in sorted(identifiers)]
    held = {(e.space, e.hash, e.start, e.end) for e in document.entries}
    new = tuple(entry for entry in fresh if (entry.space, entry.hash, entry.start, entry.end) not in held)
    if new:
        merged = Document(pseudonyms.key_id, (*document.entries, *new))
        body = msgspec.json.format(msgspec.json.encode(merged), indent=1)
        write_durably(list_path(settings.home), lambda path: _put(path, body), "people.list")
    return sorted({entry.hash for entry in fresh})


def _key(pseudonyms: Pseudonyms) -> bytes:
    return pseudonyms.key_for("the do-not-ingest list")


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
