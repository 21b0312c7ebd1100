"""Which streams an account's repositories have, which requests serve them, and what streams of one run share."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

import msgspec

from spend_assets.answers import VendorError, VendorUnavailable, Window
from spend_assets.sources import GitHubSource
from spend_assets.vendors.account import AccountScope
from spend_assets.vendors.git_delivery.routes import OF_STREAM
from spend_assets.vendors.http import Route
from spend_assets.vendors.link_pages import pages

FRESH = timedelta(hours=1)
"""A list that was read this long ago is read again: a client may live for days, and a backfill of a year takes hours."""

T = TypeVar("T")


@dataclass(frozen=True)
class Repository:
    """`full_name` is owner/name as GitHub spells it. `there` is False for one that the settings name and GitHub answers 404 for."""

    full_name: str
    archived: bool = False
    there: bool = True

    @property
    def values(self) -> dict[str, str]:
        """What fills the templates of this repository's routes."""
        owner, _, name = self.full_name.partition("/")
        return {"owner": owner, "repo": name}


@dataclass
class _Kept:
    read_at: datetime
    reaches: date
    items: list[Any]


@dataclass(frozen=True)
class Scope(AccountScope[GitHubSource]):
    _lists: dict[tuple[str, str], _Kept] = field(default_factory=dict)

    @property
    def streams(self) -> tuple[str, ...]:
        """None without repositories, agent tasks only with a token for them."""
        if not self.source.repositories:
            return ()
        return tuple(stream for stream in OF_STREAM if stream != "agent_tasks" or self.source.agent_tasks_token_env)

    def route(self, stream: str) -> Route:
        return OF_STREAM[stream]

    def shared(self, name: str, repository: str, window: Window, read: Callable[[datetime], list[T]]) -> list[T]:
        """A list of one repository, newest first, that reaches back to the start of `window`: as read for an earlier window or a
        sibling stream, if that was after the end of `window` and is fresh; else by `read`, which is given the start.
        """
        now, end = self.now().astimezone(UTC), midnight(window.end)
        kept = self._lists.get((name, repository))
        if kept is None or kept.reaches > window.start or kept.read_at < end or not now - FRESH < kept.read_at <= now:
            kept = self._lists[name, repository] = _Kept(now, window.start, read(midnight(window.start)))
        return kept.items

    def day_in(self, window: Window, changed_at: datetime) -> date | None:
        """The day of `window` that something which changed last at this instant is read for; None where another window has it.

        The window that ends today also takes what has changed since midnight: it has left the day of its last change already, and no other
        window can be asked for it before tomorrow.
        """
        day = day_of(changed_at)
        if window.end <= day and window.end == day_of(self.now()):
            return window.end - timedelta(days=1)
        return day if window.start <= day < window.end else None

    def items(
        self,
        route: Route,
        values: Mapping[str, str],
        day: date,
        *,
        params: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
    ) -> Iterator[msgspec.Raw]:
        """The items of a list in pages. Items that shifted onto the next page while it was read come twice."""
        for answer in pages(self.client, route, values, list[msgspec.Raw], len, day=day, params=params, accept=accept):
            yield from answer.value or ()

    def one(self, route: Route, values: Mapping[str, str], day: date) -> msgspec.Raw | None:
        """One object; None when it is gone (404) since the list was read."""
        answer = self.client.ask(route, values, msgspec.Raw, day=day, accept=(404,))
        if answer.value is None and answer.status != 404:
            raise self.client.error(VendorUnavailable, route, "an empty body where an object was due", day=day, status=answer.status)
        return answer.value


@contextmanager
def naming(repository: Repository) -> Iterator[None]:
    """Errors of the vendor inside say which repository was asked about."""
    try:
        yield
    except VendorError as error:
        text = f"{error} (repository {repository.full_name})"
        raise type(error)(text, account=error.account, route=error.route, day=error.day, status=error.status) from None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def day_of(instant: datetime) -> date:
    """The UTC day of an instant."""
    return instant.astimezone(UTC).date()


def newest_first(items: Iterator[T], instant: Callable[[T], datetime], start: datetime) -> Iterator[T]:
    """The items from `start` on, of a list that is sorted newest first; reading ends with the first older one.

    A list that is found unsorted is read to its end.
    """
    sorted_so_far, last = True, None
    for item in items:
        at = instant(item)
        sorted_so_far = sorted_so_far and (last is None or at <= last)
        last = at
        if at >= start:
            yield item
        elif sorted_so_far:
            return
