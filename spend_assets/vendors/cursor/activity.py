"""What people did, day by day: daily usage, commits with AI-written lines, changes of seats in the audit log. No money in any of them."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.cursor.pages import Ask, Keep, Page, read_exactly
from spend_assets.vendors.cursor.routes import AUDIT_LOGS, COMMITS, DAILY_USAGE, REFUSED
from spend_assets.vendors.cursor.scope import Scope
from spend_assets.vendors.cursor.times import bounds_iso, bounds_ms, day_of_iso, day_of_ms, lenient
from spend_assets.vendors.http import Answer
from spend_assets.vendors.records import HeldRecords, with_keys

USERS_PER_PAGE = 200
"""A page of daily usage counts users and holds all their days: 30 days of so many stay far below the bound on one answer."""
COMMITS_PER_PAGE = 1000
AUDIT_PER_PAGE = 500
"""Cursor's largest pages of these two."""

T = TypeVar("T")

SEAT_EVENTS = ("add_user", "remove_user", "update_user_role", "user_spend_limit")
"""The audit events that say who had a seat when, and under which limit; others are not asked for."""


class DailyPagination(msgspec.Struct):
    hasNextPage: bool
    totalUsers: int | None = None


class DailyPage(msgspec.Struct):
    """With paging, all members of the range are listed, the inactive ones with zeros; without, only active ones (admin-api)."""

    data: list[msgspec.Raw]
    pagination: DailyPagination


class CommitPage(msgspec.Struct):
    """There is no hasNextPage here: `totalCount` tells the end."""

    items: list[msgspec.Raw]
    totalCount: int | None = None


class AuditPagination(msgspec.Struct):
    hasNextPage: bool
    totalCount: int | None = None


class AuditPage(msgspec.Struct):
    events: list[msgspec.Raw]
    pagination: AuditPagination


def fetch_daily_usage(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per member and UTC day, of at most 30 days; `day` is added from `date` where it is absent (before 2026)."""

    def ask(number: int, size: int) -> Page:
        page = ask_daily_usage(scope, window, number, size)
        return Page(page.data, page.pagination.totalUsers, page.pagination.hasNextPage)

    with HeldRecords(scope.limits) as held:
        detail = read_exactly(held, ask, lambda: _with_day, _member, "members", USERS_PER_PAGE)
        held.emit(sink)
    return Outcome("data", complete=not detail, detail=detail)


def ask_daily_usage(scope: Scope, window: Window, number: int, size: int) -> DailyPage:
    first, last = bounds_ms(window)
    body = {"startDate": first, "endDate": last, "page": number, "pageSize": size}
    answer = scope.client.ask(DAILY_USAGE, {}, DailyPage, json=body, day=window.start)
    if answer.value is None:
        raise scope.empty(DAILY_USAGE, window, answer.status)
    return answer.value


def fetch_commits(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per commit as scored, amended ones again; `day` is added: the day it was taken in, or made, whichever the window holds."""
    seen = 0

    def ask(number: int, size: int) -> Page:
        nonlocal seen
        page = _value(scope, window, "ai_code_commits", ask_commits(scope, window, number, size))
        seen = len(page.items) + (seen if number > 1 else 0)
        more = seen < page.totalCount if page.totalCount is not None else bool(page.items)
        return Page(page.items, page.totalCount, more)

    return _optional(scope, "ai_code_commits", sink, ask, lambda record: _in_window(record, window), None, "commits", COMMITS_PER_PAGE)


def ask_commits(scope: Scope, window: Window, number: int, size: int) -> Answer[CommitPage]:
    first, last = bounds_iso(window)
    params = {"startDate": first, "endDate": last, "page": str(number), "pageSize": str(size)}
    return scope.client.ask(COMMITS, {}, CommitPage, params=params, day=window.start, accept=REFUSED)


def fetch_audit_logs(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per event of SEAT_EVENTS, of at most 30 days; `day` is added."""

    def ask(number: int, size: int) -> Page:
        page = _value(scope, window, "audit_logs", ask_audit_logs(scope, window, number, size))
        return Page(page.events, page.pagination.totalCount, page.pagination.hasNextPage)

    return _optional(scope, "audit_logs", sink, ask, _of_event, _event, "events", AUDIT_PER_PAGE)


def ask_audit_logs(scope: Scope, window: Window, number: int, size: int) -> Answer[AuditPage]:
    first, last = bounds_iso(window)
    params = {"startTime": first, "endTime": last, "eventTypes": ",".join(SEAT_EVENTS), "page": str(number), "pageSize": str(size)}
    return scope.client.ask(AUDIT_LOGS, {}, AuditPage, params=params, day=window.start, accept=REFUSED)


class _Refused(Exception):
    """An optional endpoint that this team does not have."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


def _value(scope: Scope, window: Window, stream: str, answer: Answer[T]) -> T:
    if answer.status in REFUSED:
        raise _Refused(answer.status)
    if answer.value is None:
        raise scope.empty(scope.route(stream), window, answer.status)
    return answer.value


def _optional(
    scope: Scope,
    stream: str,
    sink: Sink,
    ask: Ask,
    keep: Keep,
    unit: Callable[[msgspec.Raw], bytes] | None,
    noun: str,
    size: int,
) -> Outcome:
    with HeldRecords(scope.limits) as held:
        try:
            detail = read_exactly(held, ask, lambda: keep, unit, noun, size)
        except _Refused as refused:
            return scope.refused_by_plan(stream, refused.status)
        held.emit(sink)
    return Outcome("data", complete=not detail, detail=detail)


def _with_day(record: msgspec.Raw) -> bytes:
    values = lenient(record, "day", "date")
    day = None if values["day"] else day_of_ms(values["date"])
    return with_keys(record, {"day": day}) if day else bytes(record)


def _in_window(record: msgspec.Raw, window: Window) -> bytes:
    values = lenient(record, "createdAt", "commitTs")
    days = [day_of_iso(str(values[name])) for name in ("createdAt", "commitTs")]
    inside = [day for day in days if day and window.start.isoformat() <= day < window.end.isoformat()]
    return with_keys(record, {"day": inside[0]}) if inside else bytes(record)


def _of_event(record: msgspec.Raw) -> bytes:
    day = day_of_iso(str(lenient(record, "timestamp")["timestamp"]))
    return with_keys(record, {"day": day}) if day else bytes(record)


def _member(record: msgspec.Raw) -> bytes:
    values = lenient(record, "userId", "email")
    name = values["userId"] or values["email"]
    return str(name).encode() if name else bytes(record)


def _event(record: msgspec.Raw) -> bytes:
    name = lenient(record, "event_id")["event_id"]
    return str(name).encode() if name else bytes(record)
