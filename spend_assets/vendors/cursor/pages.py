"""Lists in numbered pages that may shift while they are read: read to the end, compared with what the vendor counts, read once more.

Cursor chooses the size of a page, whatever was asked for, so the size of a page says nothing about whether another one follows.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from spend_assets.vendors.records import HeldRecords

Keep = Callable[[msgspec.Raw], bytes]
"""Makes the record that is held of one that was sent."""

READS = 3
"""A list that was not read exactly is read again, so often in all."""


@dataclass(frozen=True)
class Page:
    """One page as received. `total` is what the vendor says the whole list holds, None where it does not say."""

    records: list[msgspec.Raw]
    total: int | None
    more: bool


@dataclass(frozen=True)
class _Reading:
    """`problem`: why the list is not what the vendor counts. `doubt`: nothing contradicts it, and another equal reading proves it."""

    problem: str
    doubt: str
    digest: bytes


def read_exactly(
    held: HeldRecords, ask: Callable[[int], Page], keeper: Callable[[], Keep], unit: Callable[[msgspec.Raw], bytes] | None, noun: str
) -> str:
    """Read all pages into `held`, again if need be. Returns why the list is not exact, or nothing.

    `ask` gives a page by its number from 1, `keeper` a fresh Keep for each reading. `unit` names what `total` counts (a user, say), where
    it is not the record: the same unit on two pages means that the list shifted. Without `unit`, equal records on two pages may be two real
    ones, so they only raise a doubt, and so does a list of several pages without a total.
    """
    reading, before = _Reading("not read", "", b""), set[bytes]()
    for _ in range(READS):
        held.clear()
        reading = _read(held, ask, keeper(), unit, noun)
        if not reading.problem and (not reading.doubt or reading.digest in before):
            return ""
        before.add(reading.digest)
    return reading.problem or reading.doubt


def _read(held: HeldRecords, ask: Callable[[int], Page], keep: Keep, unit: Callable[[msgspec.Raw], bytes] | None, noun: str) -> _Reading:
    page_of: dict[bytes, int] = {}
    hashes: list[bytes] = []
    totals: set[int | None] = set()
    problem, doubt, number, last = "", "", 0, b""
    while True:
        number += 1
        page = ask(number)
        totals.add(page.total)
        hashes_here = [hashlib.blake2b(bytes(record), digest_size=16).digest() for record in page.records]
        for record, digest in zip(page.records, hashes_here, strict=True):
            name = digest if unit is None else unit(record)
            if page_of.setdefault(name, number) != number:
                if unit is None:
                    doubt = "equal records on two pages"
                else:
                    problem = f"one of the {noun} is on two pages: the list shifted"
            held.add(keep(record))
        hashes += hashes_here
        if not page.more:
            break
        if not page.records or b"".join(hashes_here) == last:
            problem = f"page {number} brings nothing new and says that more follow"
            break
        last = b"".join(hashes_here)
    found = len(hashes) if unit is None else len(page_of)
    total = totals.pop()
    if totals:
        problem = f"the number of {noun} changed while the pages were read"
    elif total is None and number > 1:
        doubt = doubt or f"the vendor does not say how many {noun} there are"
    elif total is not None and found != total:
        problem = problem or f"{found} {noun} on {number} pages, the vendor counts {total}"
    return _Reading(problem, doubt, hashlib.blake2b(b"".join(sorted(hashes)), digest_size=16).digest())
