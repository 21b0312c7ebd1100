"""Snapshots as they are on the day of asking: people, workspaces, API keys, spend limits. The vendor keeps no history of them.

Source: platform.claude.com/docs/en/api/admin (users, workspaces, api_keys) and /docs/en/manage-claude/spend-limits-api. Archived keys and
workspaces are asked for, because they still appear in usage; people who left are not listed any more.
"""

from collections.abc import Callable

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.anthropic.pages import Page, listing_pages, read_report
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.http import Params
from spend_assets.vendors.records import HeldRecords

LIMIT = "1000"
"""The largest page of the directories."""

QUERIES: dict[str, Params] = {
    "users": {"limit": LIMIT},
    "workspaces": {"limit": LIMIT, "include_archived": "true"},
    "api_keys": {"limit": LIMIT},
}


def fetch_directory(scope: Scope, window: Window, sink: Sink, *, stream: str) -> Outcome:
    """users, workspaces or api_keys: one record per entry."""
    with HeldRecords(scope.limits) as held:
        for page in listing_pages(scope, stream, QUERIES[stream], window.start):
            for record in page.data:
                held.add(bytes(record))
        held.emit(sink)
    return Outcome("data")


def fetch_spend_limits(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per member of a Claude Enterprise organisation: the limit that holds and where it comes from.

    No page size is asked for: the vendor documents none beyond its own.
    """
    with HeldRecords(scope.limits) as held:

        def begin() -> Callable[[Page], None]:
            held.clear()
            return take

        def take(page: Page) -> None:
            for record in page.data:
                held.add(bytes(record))

        status = read_report(scope, "spend_limits", {}, window.start, begin, scope.accepted("spend_limits"))
        if status in scope.accepted("spend_limits"):
            return scope.not_available("spend_limits", status)
        held.emit(sink)
    return Outcome("data")
