"""Snapshots in pages: users, projects and their keys, as they are on the day of asking. OpenAI keeps no history of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.vendors.http import Route
from spend_assets.vendors.openai.routes import PROJECT_API_KEYS, PROJECTS, USERS
from spend_assets.vendors.openai.scope import Scope
from spend_assets.vendors.records import HeldRecords, decode_leniently, with_keys

PER_PAGE = 100
"""OpenAI's largest page for these endpoints; the default is 20."""

WITH_ARCHIVED = {"include_archived": "true"}
"""Archived projects are hidden by default, and what they used still costs."""

CLOSED = (400, 403, 404)
"""How an archived or deleted project may refuse to show its keys."""


class ListPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool | None = None
    last_id: str | None = None


class Item(msgspec.Struct):
    id: str


class Project(msgspec.Struct):
    id: str
    status: str | None = None
    archived_at: object = None
    """An instant in whatever notation; that there is one is what counts."""

    @property
    def archived(self) -> bool:
        return self.archived_at is not None or self.status == "archived"


@dataclass
class _List:
    """The records of all pages, and why they may not be all."""

    scope: Scope
    route: Route
    day: date
    problem: str = ""

    def read(self, values: Mapping[str, str], more: Mapping[str, str], accept: tuple[int, ...] = ()) -> Iterator[msgspec.Raw]:
        params = {"limit": str(PER_PAGE), **more}
        seen: set[str] = set()
        while True:
            answer = self.scope.client.ask(self.route, values, ListPage, params=params, day=self.day, accept=accept)
            if answer.status in accept:
                return
            page = answer.value
            if page is None:
                text = "an empty body where a page was due"
                raise self.scope.client.error(VendorUnavailable, self.route, text, day=self.day, status=answer.status)
            yield from page.data
            if not page.has_more:
                return
            after = page.last_id or (decode_leniently(page.data[-1], Item).id if page.data else None)
            if after is None:
                self.problem = "more pages were announced than can be asked for"
                return
            if after in seen:
                raise self.scope.client.error(UnexpectedAnswer, self.route, "the page cursor repeats; paging would never end", day=self.day)
            seen.add(after)
            params["after"] = after


def fetch_users(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per member of the organization."""
    return _fetch(_List(scope, USERS, window.start), {}, scope, sink)


def fetch_projects(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per project, archived ones included."""
    return _fetch(_List(scope, PROJECTS, window.start), WITH_ARCHIVED, scope, sink)


def fetch_project_api_keys(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per key of each project, the key `project_id` added. One request per project and page.

    A project that is deleted while it is read has no keys any more; an archived one may refuse to show them.
    """
    projects = _List(scope, PROJECTS, window.start)
    keys = _List(scope, PROJECT_API_KEYS, window.start)
    with HeldRecords(scope.limits) as held:
        for record in list(projects.read({}, WITH_ARCHIVED)):
            project = decode_leniently(record, Project)
            for key in keys.read({"project_id": project.id}, {}, CLOSED if project.archived else (404,)):
                held.add(with_keys(key, {"project_id": project.id}))
        held.emit(sink)
    detail = projects.problem or keys.problem
    return Outcome("data", complete=not detail, detail=detail)


def _fetch(directory: _List, more: Mapping[str, str], scope: Scope, sink: Sink) -> Outcome:
    with HeldRecords(scope.limits) as held:
        for record in directory.read({}, more):
            held.add(bytes(record))
        held.emit(sink)
    return Outcome("data", complete=not directory.problem, detail=directory.problem)
