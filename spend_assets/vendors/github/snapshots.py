"""Snapshots in pages: seats, teams and team members, as they are on the day of asking. GitHub keeps no history of them."""

from collections.abc import Mapping
from datetime import date

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.github.routes import TEAM_MEMBERS, TEAMS
from spend_assets.vendors.github.scope import Scope
from spend_assets.vendors.http import Route
from spend_assets.vendors.link_pages import pages, steady_items
from spend_assets.vendors.records import HeldRecords, decode_leniently, with_keys

READS = 2
"""A list that shifted between two pages is read once more."""


class SeatPage(msgspec.Struct):
    total_seats: int
    seats: list[msgspec.Raw]


class Assignee(msgspec.Struct):
    id: int


class SeatHolder(msgspec.Struct):
    assignee: Assignee | None = None


class Listed(msgspec.Struct):
    """A team or one of its members."""

    id: int


class Team(msgspec.Struct):
    id: int
    slug: str


def fetch_seats(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per seat grant. `total_seats` counts people, who may hold several grants (docs.github.com, list seats).

    Fewer people than it says means that a page shifted while it was read: read once more, then marked incomplete.
    """
    route, detail = scope.route("seats"), ""
    with HeldRecords(scope.limits) as held:
        for _ in range(READS):
            held.clear()
            people: set[int] = set()
            unnamed = total = 0
            for answer in pages(scope.client, route, scope.values, SeatPage, lambda page: len(page.seats), day=window.start, accept=(422,)):
                if answer.status == 422:
                    return Outcome("not_available", detail="status 422: Copilot is not enabled for this account")
                page = answer.value or SeatPage(0, [])
                total = page.total_seats
                for seat in page.seats:
                    held.add(bytes(seat))
                    holder = decode_leniently(seat, SeatHolder).assignee
                    if holder:
                        people.add(holder.id)
                    else:
                        unnamed += 1
            seen = len(people) + unnamed
            detail = f"{seen} people on the pages, total_seats says {total}" if seen < total else ""
            if not detail:
                break
        held.emit(sink)
    return Outcome("data", complete=not detail, detail=detail)


def fetch_teams(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per team of each configured organisation; the key `organization` is added."""
    with HeldRecords(scope.limits) as held:
        for org in scope.team_orgs:
            for record in _list(scope, TEAMS, {"org": org}, window.start):
                held.add(with_keys(record, {"organization": org}))
        held.emit(sink)
    return Outcome("data")


def fetch_team_members(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per team and member, members of child teams included; organization, team_id and team_slug are added.

    A team that is deleted while it is read has no members any more, which is what is landed.
    """
    with HeldRecords(scope.limits) as held:
        for org in scope.team_orgs:
            for record in _list(scope, TEAMS, {"org": org}, window.start):
                team = decode_leniently(record, Team)
                added: dict[str, str | int] = {"organization": org, "team_id": team.id, "team_slug": team.slug}
                for member in _list(scope, TEAM_MEMBERS, {"org": org, "team_slug": team.slug}, window.start, accept=(404,)):
                    held.add(with_keys(member, added))
        held.emit(sink)
    return Outcome("data")


def _list(scope: Scope, route: Route, values: Mapping[str, str], day: date, accept: tuple[int, ...] = ()) -> list[msgspec.Raw]:
    def number(record: msgspec.Raw) -> int:
        return decode_leniently(record, Listed).id

    return steady_items(scope.client, route, values, number, day=day, accept=accept)
