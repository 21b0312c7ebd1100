"""The do-not-ingest list at work: records that name an erased person lose every identifier before they touch disk.

The list holds keyed hashes, so it says nothing about whom it keeps out. What stands where in a record, its contract says (`person:`):
identifiers become one tombstone that all erased people share, details that lead to a person's work become NULL, numbers and team stay.
Keys that no contract declares are searched as text.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from spend_assets.landing.contracts import Field, StreamContract
from spend_assets.landing.records import TOMBSTONE, TOMBSTONE_ID, TWIN

HR, EMAIL, LOGIN = "hr", "email", "login"
_ID = "id:"
_GITHUB = ("github", "github_copilot", "git_delivery")
_DECIDES = ("hr", "id")
"""Where one of these stands beside a login, it says whose record it is: a login can be given up and registered by somebody else."""
_IDENTIFIERS = ("hr", "id", "email", "login", "name", "any")
SHORTEST_WITHIN = 4
"""A login or id shorter than this counts only as a whole value: `al` or `007` occurs inside innocent text."""
_LONGEST_RUN = 5
_CACHED = 200_000
_MAIL = re.compile(r"[^\s\"'<>(),;:@/\\]+@[^\s\"'<>(),;:@/\\]+\.[^\s\"'<>(),;:@/\\]+")
_WORD = re.compile(r"[^\W_]+")
_exact = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))
_sorted = msgspec.json.Encoder(order="sorted")


def mailbox(email: str) -> str:
    """A mail address without what makes no other mailbox: case, space around it, a tag behind a plus."""
    local, at, domain = email.strip().casefold().partition("@")
    return local.partition("+")[0] + at + domain


def id_space(vendor: str) -> str:
    """Ids mean something within their vendor; GitHub's are the same in Copilot's reports and in delivery evidence."""
    return _ID + ("github" if vendor in _GITHUB else vendor)


def normal(space: str, value: str) -> str:
    return mailbox(value) if space == EMAIL else value.strip().casefold()


def keyed_hash(key: bytes, space: str, value: str) -> str:
    return hmac.digest(key, f"{space}|{normal(space, value)}".encode(), hashlib.sha256).hex()[:32]


@dataclass(frozen=True)
class Banned:
    """One identifier that is kept out, on the days `start` up to and without `end`."""

    space: str
    hash: str
    start: date = date.min
    end: date = date.max


class Screen:
    """The list with its key. `banned` is not empty: without a list there is nothing to screen."""

    def __init__(self, key: bytes, banned: Iterable[Banned]):
        self._key = key
        self._banned: dict[tuple[str, str], list[Banned]] = {}
        for entry in banned:
            self._banned.setdefault((entry.space, entry.hash), []).append(entry)
        self.spaces = sorted({space for space, _ in self._banned})
        lines = sorted(f"{b.space}|{b.hash}|{b.start}|{b.end}" for entries in self._banned.values() for b in entries)
        self.digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        self._known: dict[tuple[str, str], list[Banned]] = {}

    def names(self, space: str, value: str, day: date | None = None) -> bool:
        """Whether an identifier is on the list; without a day, whether it ever was."""
        key = (space, value)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
            found = self._banned.get((space, keyed_hash(self._key, space, value)), [])
            self._known[key] = found
        return bool(found) and (day is None or any(entry.start <= day < entry.end for entry in found))

    def any_space(self, value: str, day: date | None = None) -> bool:
        return any(self.names(space, value, day) for space in self.spaces)

    def mentions(self, text: str, day: date | None = None) -> bool:
        """Whether a text is an identifier on the list, or has a mail address, login or id of it inside, as whole words."""
        if self.any_space(text, day) or any(self.names(EMAIL, match[0], day) for match in _MAIL.finditer(text)):
            return True
        return any(self.any_space(part, day) for part in _runs(text))

    def of(self, contract: StreamContract, day: date) -> "RecordScreen":
        """For the records of one window, whose first day is `day`."""
        return RecordScreen(self, contract, day)


def _runs(text: str) -> Iterator[str]:
    """Every stretch of a few whole words, as written: `anna-smith` in `anna-smith-nightly`."""
    words = [match.span() for match in _WORD.finditer(text)]
    for index, (start, _) in enumerate(words):
        for _, end in words[index : index + _LONGEST_RUN]:
            if end - start >= SHORTEST_WITHIN:
                yield text[start:end]


class RecordScreen:
    """Screens the records of one generation. `erased` counts those that named somebody.

    Two people's records that are alike once nobody is named are two records still: all but the first get a number (TWIN), by which typing
    tells them from a record that was sent twice.
    """

    def __init__(self, screen: Screen, contract: StreamContract, day: date):
        self.screen, self.contract, self.first_day = screen, contract, day
        self.erased = 0
        self._twins: dict[bytes, int] = {}

    def __call__(self, line: bytes) -> bytes:
        """The line as it may be kept; one that names nobody comes back as it is. Of what names somebody and is no JSON only hash and
        length remain."""
        try:
            value = _exact.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
            if not self.screen.mentions(line.decode(errors="replace"), self.first_day):
                return line
            self.erased += 1
            return msgspec.json.encode(["unreadable", hashlib.sha256(line).hexdigest(), len(line)])
        if not isinstance(value, dict):
            return self._loose(value, line)
        day = self._day(value)
        removed: set[str] = set()
        self._identifiers(value, self.contract.fields, day, removed)
        touched = bool(removed)
        if touched:
            _clear_details(value, self.contract.fields)
        touched |= self._texts(value, self.contract.fields, day, _findable(removed))
        if touched:
            self.erased += 1
        elif TOMBSTONE.encode() not in line:
            return line
        return self._numbered(value, line, touched)

    def _loose(self, value: Any, line: bytes) -> bytes:
        """A CSV row with another number of cells than its header: it will be quarantined, and loses the cells that name somebody."""
        holder = {"cells": value}
        if not self._texts(holder, (), self.first_day, ()):
            return line
        self.erased += 1
        return msgspec.json.encode(holder["cells"])

    def _day(self, record: Mapping[str, Any]) -> date:
        text = record.get(self.contract.day_field or "")
        try:
            return date.fromisoformat(text[:10]) if isinstance(text, str) else self.first_day
        except ValueError:
            return self.first_day

    def _numbered(self, value: dict[str, Any], line: bytes, touched: bool) -> bytes:
        value.pop(TWIN, None)
        # Whether two records are alike is for typing to say: it leaves out what the contract does not keep.
        number = self._twins.setdefault(hashlib.sha256(_sorted.encode(_exact.decode(line))).digest(), len(self._twins))
        if number:
            value[TWIN] = number
        elif not touched:
            return line
        return msgspec.json.encode(value)

    def _identifiers(self, record: dict[str, Any], fields: Sequence[Field], day: date, removed: set[str]) -> None:
        """Put the tombstone over the identifiers of every erased person in this object and those inside; `removed` gets what was there."""
        groups: dict[str, list[Field]] = {}
        for field in fields:
            held = record.get(field.name)
            if field.person in _IDENTIFIERS and held not in (None, ""):
                groups.setdefault(field.person_of, []).append(field)
            for inner in held if isinstance(held, list) else [held]:
                if isinstance(inner, dict) and field.fields:
                    self._identifiers(inner, field.fields, day, removed)
        for group in groups.values():
            if self._hit(record, group, day):
                for field in group:
                    held = record[field.name]
                    removed.add(str(held))
                    record[field.name] = _tombstone(field, held)

    def _hit(self, record: Mapping[str, Any], group: Sequence[Field], day: date) -> bool:
        decided = any(field.person in _DECIDES for field in group)
        for field in group:
            text = str(record[field.name])
            if field.person == "name" or (field.person == "login" and decided):
                continue
            if field.person == "any":
                hit = self.screen.any_space(text, day)
            else:
                space = id_space(self.contract.vendor) if field.person == "id" else str(field.person)
                # Some vendors put an address where others put an id.
                hit = self.screen.names(EMAIL if "@" in text else space, text, day)
            if hit:
                return True
        return False

    def _texts(self, holder: dict[str, Any], fields: Sequence[Field], day: date, removed: Sequence[str]) -> bool:
        """Search what may hold free text: undeclared keys, keys that are not kept, and fields marked `text` or `detail`."""
        declared = {field.name: field for field in fields}
        touched = False
        for key, held in holder.items():
            field = declared.get(key)
            inner = field.fields if field else ()
            if isinstance(held, dict):
                touched |= self._texts(held, inner, day, removed)
            elif isinstance(held, list):
                for place, item in enumerate(held):
                    box = item if isinstance(item, dict) else {"": item}
                    touched |= self._texts(box, inner if isinstance(item, dict) else (), day, removed)
                    if box is not item:
                        held[place] = box[""]
            elif (field is None or not field.kept or field.person in ("text", "detail", "mark")) and self._free(held, day, removed):
                holder[key] = TOMBSTONE_ID if isinstance(held, int) else TOMBSTONE
                touched = True
        # Some senders make keys of data.
        for key in [key for key in holder if key and key not in declared and self.screen.mentions(key, day)]:
            holder[TOMBSTONE] = holder.pop(key)
            touched = True
        return touched

    def _free(self, held: Any, day: date, removed: Sequence[str]) -> bool:
        if isinstance(held, bool) or not isinstance(held, str | int) or held in ("", TOMBSTONE, TOMBSTONE_ID):
            return False
        if isinstance(held, int):
            return str(held) in removed
        folded = held.casefold()
        if any(part in folded for part in removed):
            return True
        # A bare number in a text is an amount more often than an id.
        return not held.replace(".", "").isdigit() and self.screen.mentions(held, day)


def _findable(removed: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.casefold() for part in removed if len(part) >= SHORTEST_WITHIN)


def _tombstone(field: Field, held: Any) -> Any:
    number = field.type == "bigint" or isinstance(held, int)
    return (str(TOMBSTONE_ID) if isinstance(held, str) else TOMBSTONE_ID) if number else TOMBSTONE


_NO_MARK = ("", "null")
"""How vendors write that there is none: Cursor was seen to send the word."""


def _clear_details(record: dict[str, Any], fields: Sequence[Field]) -> None:
    for field in fields:
        held = record.get(field.name)
        for inner in held if isinstance(held, list) else [held]:
            if isinstance(inner, dict) and field.fields:
                _clear_details(inner, field.fields)
        if field.person == "detail" and held is not None:
            record[field.name] = _tombstone(field, held) if field.required else None
        if field.person == "mark" and held not in (None, *_NO_MARK):
            record[field.name] = _tombstone(field, held)
