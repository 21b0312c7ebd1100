"""Codex analytics of a ChatGPT workspace: who used how many credits. Not available to most accounts, and without dollars.

Source: developers.openai.com/codex/enterprise/governance. It names parameters and measures but not the keys of the JSON, so that nothing of
a record is read here: the day is the one that was asked for.
"""

from collections.abc import Sequence

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.vendors.account import one_day
from spend_assets.vendors.openai.buckets import unix_range
from spend_assets.vendors.openai.routes import CODEX_USAGE
from spend_assets.vendors.openai.scope import Scope
from spend_assets.vendors.records import HeldRecords, with_keys

HIDDEN = (403, 404)
"""What an account without Codex analytics is told."""


class CodexPage(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool | None = None
    next_page: str | None = None


def fetch_codex(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per user of one UTC day; the key `day` is added."""
    day = one_day("codex_usage", window)
    client, workspace = scope.http("codex_usage"), {"workspace_id": scope.source.codex_workspace or ""}
    params: dict[str, str | Sequence[str]] = {**unix_range(window), "group_by": "day"}
    seen: set[str] = set()
    problem = ""
    with HeldRecords(scope.limits) as held:
        while True:
            answer = client.ask(CODEX_USAGE, workspace, CodexPage, params=params, day=day, accept=HIDDEN)
            if answer.status in HIDDEN:
                return Outcome("not_available", detail=f"status {answer.status}: the key lacks {CODEX_USAGE.permission}")
            page = answer.value
            if page is None:
                raise client.error(VendorUnavailable, CODEX_USAGE, "an empty body where a page was due", day=day, status=answer.status)
            for record in page.data:
                held.add(with_keys(record, {"day": day.isoformat()}))
            if not page.has_more and not (page.has_more is None and page.next_page):
                break
            if page.next_page is None:
                problem = "more pages were announced than linked"
                break
            if page.next_page in seen:
                raise client.error(UnexpectedAnswer, CODEX_USAGE, "the page cursor repeats; paging would never end", day=day)
            seen.add(page.next_page)
            params["page"] = page.next_page
        held.emit(sink)
    return Outcome("data", complete=not problem, detail=problem, params={"group_by": "day"})
