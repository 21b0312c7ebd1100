"""Lists in pages along `Link: rel="next"`, as GitHub serves them, whatever size the server gives a page."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from spend_assets.answers import UnexpectedAnswer, VendorUnavailable
from spend_assets.vendors.http import Answer, HttpClient, Route

PER_PAGE = 100
"""GitHub's largest page."""

READS = 4
"""A list of several pages is read so often at most, until two readings agree."""

T = TypeVar("T")


def pages(
    client: HttpClient,
    route: Route,
    values: Mapping[str, str],
    shape: type[T],
    size: Callable[[T], int],
    *,
    day: date,
    params: Mapping[str, str] | None = None,
    accept: Collection[int] = (),
) -> Iterator[Answer[T]]:
    """The pages of `route` with the filters `params`; a full page without any Link header is followed by the next number.

    Answers with a status in `accept` come back without a value; an empty body where a page was due raises VendorUnavailable.
    """
    filters = {**(params or {}), "per_page": str(PER_PAGE)}
    query = {**filters, "page": "1"}
    seen: set[str] = set()
    before: T | None = None
    while True:
        answer = client.ask(route, values, shape, params=query, day=day, accept=accept)
        if answer.value is None and answer.status not in accept:
            # Nothing at all is no empty list: landing it as one would say that there is nothing.
            raise client.error(VendorUnavailable, route, "an empty body where a page was due", day=day, status=answer.status)
        yield answer
        following = client.next_page(route, answer.headers, seen, day=day)
        if following is None:
            if "link" in answer.headers or answer.value is None or size(answer.value) < PER_PAGE:
                return
            if answer.value == before:
                raise client.error(UnexpectedAnswer, route, "the same page again under another number; paging would never end", day=day)
            before = answer.value
            following = {"page": str(int(query.get("page", "1")) + 1)}
        query = {**filters, **following}


def steady_items(
    client: HttpClient,
    route: Route,
    values: Mapping[str, str],
    identity: Callable[[msgspec.Raw], object],
    *,
    day: date,
    params: Mapping[str, str] | None = None,
    accept: Collection[int] = (),
) -> list[msgspec.Raw]:
    """The items of a list that may change while its pages are read: one of several pages is read until two readings name the same.

    An item that goes meanwhile hides another one, which has moved to a page that was read already. Raises VendorUnavailable when no two
    readings in READS agree.
    """
    before: set[object] = set()
    for _ in range(READS):
        answers = [
            answer.value or [] for answer in pages(client, route, values, list[msgspec.Raw], len, day=day, params=params, accept=accept)
        ]
        items = [item for answer in answers for item in answer]
        names = {identity(item) for item in items}
        if len(answers) == 1 or names == before:
            return items
        before = names
    raise client.error(VendorUnavailable, route, "the list changed with every reading; the next run asks again", day=day)
