"""Lists in numbered pages that may shift while they are read: read to the end, compared with what the vendor counts, read once more.

Cursor chooses the size of a page, whatever was asked for, so the size of a page says nothing about whether another one follows.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from spend_assets.vendors.records import HeldRecords


@dataclass(frozen=True)
class Page:
    """One page as received. `total` is what the vendor says the whole list holds, None where it does not say."""

    records: list[msgspec.Raw]
    total: int | None
    more: bool


Keep = Callable[[msgspec.Raw], bytes]
"""Makes the record that is held of one that was sent."""

Ask = Callable[[int, int], Page]
"""Gives a page by its number from 1 and the size that is asked for."""

READS = 3
"""A list that was not read exactly is read again, so often in all."""


@dataclass(frozen=True)
class _Reading:
    """`problem`: why the list is not what the vendor counts. `doubt`: nothing contradicts it, and another equal reading proves it.
    `longest`: the most units on one page."""

    problem: str
    doubt: str
    digest: bytes
    longest: int


def read_exactly(
    held: HeldRecords, ask: Ask, keeper: Callable[[], Keep], unit: Callable[[msgspec.Raw], bytes] | None, noun: str, size: int
) -> str:
    """Read all pages into `held`, again if need be. Returns why the list is not exact, or nothing.

    `keeper` gives a fresh Keep for each reading. `unit` names what `total` counts (a user, say), where it is not the record: the same unit
    on two pages means that the list shifted. Without `unit`, equal records on two pages may be two real ones, so they only raise a doubt,
    and so does a list of several pages without a total. Another reading is made with smaller pages than the server gave: a record that is
    there twice because of where a page ended is then another one.
    """
    reading, before = _Reading("not read", "", b"", 0), set[bytes]()
    for _ in range(READS):
        held.clear()
        reading = _read(held, ask, keeper(), unit, noun, size)
        if not reading.problem and (not reading.doubt or reading.digest in before):
            return ""
        before.add(reading.digest)
        size = max(1, min(size, reading.longest) * 2 // 3)
    return reading.problem or reading.doubt


def _read(held: HeldRecords, ask: Ask, keep: Keep, unit: Callable[[msgspec.Raw], bytes] | None, noun: str, size: int) -> _Reading:
    page_of: dict[bytes, int] = {}
    hashes: list[bytes] = []
    totals: set[int | None] = set()
    problem, doubt, number, longest, last = "", "", 0, 0, b""
    while True:
        number += 1
        page = ask(number, size)
        totals.add(page.total)
        here = [hashlib.blake2b(bytes(record), digest_size=16).digest() for record in page.records]
        units = here if unit is None else [unit(record) for record in page.records]
        longest = max(longest, len(here) if unit is None else len(set(units)))
        for record, name in zip(page.records, units, strict=True):
            if page_of.setdefault(name, number) != number:
                if unit is None:
                    doubt = "equal records on two pages"
                else:
                    problem = f"one of the {noun} is on two pages: the list shifted"
            held.add(keep(record))
        hashes += here
        if not page.more:
            break
        if not here or b"".join(here) == last:
            problem = f"page {number} brings nothing new and says that more follow"
            break
        last = b"".join(here)
    found = len(hashes) if unit is None else len(page_of)
    total = totals.pop()
    if totals:
        problem = f"the number of {noun} changed while the pages were read"
    elif total is None and number > 1:
        doubt = doubt or f"the vendor does not say how many {noun} there are"
    elif total is not None and found != total:
        problem = problem or f"{found} {noun} on {number} pages, the vendor counts {total}"
    return _Reading(problem, doubt, hashlib.blake2b(b"".join(sorted(hashes)), digest_size=16).digest(), longest)
