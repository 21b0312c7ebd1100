"""What `spend doctor` asks: one cheap request per stream."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from spend_assets.answers import VendorError, Window
from spend_assets.settings import SettingsError
from spend_assets.vendors.cursor.activity import ask_audit_logs, ask_commits, ask_daily_usage
from spend_assets.vendors.cursor.events import ask_events
from spend_assets.vendors.cursor.routes import GROUPS, MEMBERS, REFUSED
from spend_assets.vendors.cursor.scope import Scope
from spend_assets.vendors.cursor.team import GroupList, MemberList, ask_spend
from spend_assets.vendors.cursor.times import bounds_ms
from spend_assets.vendors.http import Answer
from spend_assets.vendors.probes import Probe

T = TypeVar("T")


def probes(scope: Scope) -> Iterator[Probe]:
    """One Probe per stream. An optional stream that is refused is no failure: only Enterprise teams have it."""
    yesterday = Window.of_day(scope.today - timedelta(days=1))
    for stream in scope.streams:
        works: bool | None
        try:
            message, works = _CALLS[stream](scope, yesterday), True
        except _NotThere as missing:
            message, works = str(missing), None
        except (VendorError, SettingsError) as error:
            message, works = str(error), False
        yield Probe(stream, works, message)


class _NotThere(Exception):
    """An optional endpoint that this team does not have."""


def _members(scope: Scope, window: Window) -> str:
    members = scope.client.ask(MEMBERS, {}, MemberList, day=window.start).value
    return f"works: {len(members.teamMembers) if members else 0} members, removed ones included"


def _daily_usage(scope: Scope, window: Window) -> str:
    return f"works: {ask_daily_usage(scope, window, 1, 1).pagination.totalUsers or 0} members on {window.start}"


def _spend(scope: Scope, window: Window) -> str:
    return f"works: {ask_spend(scope, window, 1, 1).totalMembers or 0} members with spend"


def _usage_events(scope: Scope, window: Window) -> str:
    first, last = bounds_ms(window)
    return f"works: {ask_events(scope, window, first, last, 1, 1).totalUsageEventsCount or 0} events on {window.start}"


def _groups(scope: Scope, window: Window) -> str:
    groups = _there(scope, "groups", scope.client.ask(GROUPS, {}, GroupList, day=window.start, accept=REFUSED)).value
    return f"works: {len(groups.groups) if groups else 0} billing groups"


def _commits(scope: Scope, window: Window) -> str:
    page = _there(scope, "ai_code_commits", ask_commits(scope, window, 1, 1)).value
    return f"works: {(page.totalCount if page else 0) or 0} commits on {window.start}"


def _audit_logs(scope: Scope, window: Window) -> str:
    page = _there(scope, "audit_logs", ask_audit_logs(scope, window, 1, 1)).value
    return f"works: {(page.pagination.totalCount if page else 0) or 0} changes of seats on {window.start}"


def _there(scope: Scope, stream: str, answer: Answer[T]) -> Answer[T]:
    if answer.status in REFUSED:
        raise _NotThere(f"not available: {scope.refused_by_plan(stream, answer.status).detail}")
    return answer


_CALLS: dict[str, Callable[[Scope, Window], str]] = {
    "members": _members,
    "daily_usage": _daily_usage,
    "spend": _spend,
    "usage_events": _usage_events,
    "groups": _groups,
    "ai_code_commits": _commits,
    "audit_logs": _audit_logs,
}
