"""Pages behind opaque cursors: `next_page` of the reports, `last_id` of the directories. Read to the end, or an error."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from spend_assets.answers import UnexpectedAnswer, VendorError, VendorUnavailable
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.http import Answer, Params
from spend_assets.vendors.records import with_keys

T = TypeVar("T")

READS = 4
"""A read that was cut by a refresh of the vendor's data is begun again up to this many times in all."""

EXPIRED = 410
"""A cursor that died because the vendor refreshed its data: begin again with the first page."""


class Page(msgspec.Struct):
    """One page of a report. `data_refreshed_at` is UNSET where the report has no such field, None where no export covers the range."""

    data: list[msgspec.Raw]
    has_more: bool | None = None
    next_page: str | None = None
    data_refreshed_at: str | msgspec.UnsetType | None = msgspec.UNSET


class Listing(msgspec.Struct):
    """One page of a directory: `after_id` continues behind `last_id`; the newer directories have `next_page` like the reports."""

    data: list[msgspec.Raw]
    has_more: bool | None = None
    last_id: str | None = None
    next_page: str | None = None


def report_pages(scope: Scope, stream: str, params: Params, day: date, accept: tuple[int, ...] = ()) -> Iterator[Answer[Page]]:
    """The pages of a report in order. The query stays the same: a cursor is bound to it. An accepted status ends the pages."""
    cursors: set[str] = set()
    query = params
    while True:
        answer = scope.client.ask(scope.route(stream), {}, Page, params=query, day=day, accept=accept)
        page = _value(scope, stream, answer, day, accept)
        yield answer
        if page is None or page.has_more is False or not page.next_page:
            if page is not None and page.has_more and not page.next_page:
                raise _broken(scope, stream, day, "has_more says that there are more pages, but next_page names none")
            return
        if page.next_page in cursors:
            raise _broken(scope, stream, day, "the page cursor repeats; paging would never end")
        cursors.add(page.next_page)
        query = {**params, "page": page.next_page}


def read_report(
    scope: Scope, stream: str, params: Params, day: date, begin: Callable[[], Callable[[Page], None]], accept: tuple[int, ...] = ()
) -> int:
    """Hand every page of a report to what `begin` gives; after a dead cursor `begin` is called again and what was taken is void.

    Returns the accepted status that came in place of a page, else 200. Raises VendorUnavailable when every read is cut.
    """
    for _ in range(READS):
        take = begin()
        status = 200
        for answer in report_pages(scope, stream, params, day, (*accept, EXPIRED)):
            if answer.value is None:
                status = answer.status
            else:
                take(answer.value)
        if status != EXPIRED:
            return status
    raise refreshed_too_often(scope, stream, day)


def keyed(record: msgspec.Raw, added: Mapping[str, str]) -> bytes:
    """`record` with keys added in front; what is no JSON object stays as sent, and is quarantined where records are typed."""
    try:
        return with_keys(record, added)
    except msgspec.ValidationError:
        return bytes(record)


def listing_pages(scope: Scope, stream: str, params: Params, day: date) -> Iterator[Listing]:
    """The pages of a directory in order."""
    cursors: set[str] = set()
    query = params
    while True:
        answer = scope.client.ask(scope.route(stream), {}, Listing, params=query, day=day)
        page = _value(scope, stream, answer, day, ())
        if page is None:
            return
        yield page
        following = ("page", page.next_page) if page.next_page else ("after_id", page.last_id)
        if page.has_more is False or not (page.has_more or page.next_page):
            return
        cursor = following[1]
        if not cursor:
            raise _broken(scope, stream, day, "has_more says that there are more pages, but last_id names none")
        if cursor in cursors:
            raise _broken(scope, stream, day, "the page cursor repeats; paging would never end")
        cursors.add(cursor)
        query = {**params, following[0]: cursor}


def refreshed_too_often(scope: Scope, stream: str, day: date) -> VendorError:
    """The error for a report that could not be read to its end in READS attempts."""
    text = f"the vendor refreshed its data during each of {READS} reads (status 410); the next run asks again"
    return scope.client.error(VendorUnavailable, scope.route(stream), text, day=day, status=EXPIRED)


def _value(scope: Scope, stream: str, answer: Answer[T], day: date, accept: tuple[int, ...]) -> T | None:
    if answer.value is None and answer.status not in accept:
        # Nothing at all is no empty page: landing it as one would say that nothing was used.
        raise scope.client.error(
            VendorUnavailable, scope.route(stream), "an empty body where a page was due", day=day, status=answer.status
        )
    return answer.value


def _broken(scope: Scope, stream: str, day: date, text: str) -> VendorError:
    return scope.client.error(UnexpectedAnswer, scope.route(stream), text, day=day)
