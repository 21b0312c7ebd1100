"""Usage events, Cursor's ledger: one record per model call, with its tokens and cents (POST /teams/filtered-usage-events).

The events have no id (admin-api), and two calls of one millisecond can be equal in every field. So each record gets `day`, the UTC day
of its timestamp, and `occurrence`, which counts equal events of one answer: two equal events stay two.
"""

from collections import Counter

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.cursor.pages import Keep, Page, read_exactly
from spend_assets.vendors.cursor.routes import USAGE_EVENTS
from spend_assets.vendors.cursor.scope import Scope
from spend_assets.vendors.cursor.times import bounds_ms, day_of_ms, lenient
from spend_assets.vendors.records import HeldRecords, with_keys

PAGE_SIZE = 1000
"""Cursor's largest page of events; the server may choose a smaller one."""

FIELDS = (
    *("timestamp", "userEmail", "serviceAccountId", "serviceAccountName", "cloudAgentId", "automationId", "conversationId"),
    *("model", "kind", "maxMode", "requestsCosts", "isTokenBasedCall", "isChargeable", "isHeadless", "isFreeBugbot", "tokenUsage"),
    *("chargedCents", "cursorTokenFee", "hostingType"),
)
TOKEN_FIELDS = ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "totalCents", "discountPercentOff")
"""What makes two events equal: the fields that the contract keeps, whatever else is sent beside them and in whatever order."""


class EventPagination(msgspec.Struct):
    """Of this endpoint; daily usage names its keys otherwise."""

    hasNextPage: bool


class EventPage(msgspec.Struct):
    """An answer without `usageEvents` is an error and not an empty day, so it has no default."""

    usageEvents: list[msgspec.Raw]
    pagination: EventPagination
    totalUsageEventsCount: int | None = None


def fetch_usage_events(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """All events of the window, both bounds in, to the millisecond. Incomplete where two readings were not what Cursor counts."""
    first, last = bounds_ms(window)

    def ask(number: int, size: int) -> Page:
        page = ask_events(scope, window, first, last, number, size)
        return Page(page.usageEvents, page.totalUsageEventsCount, page.pagination.hasNextPage)

    with HeldRecords(scope.limits) as held:
        detail = read_exactly(held, ask, _numbered, None, "events", PAGE_SIZE)
        held.emit(sink)
    return Outcome("data", complete=not detail, detail=detail, params={"startDate": str(first), "endDate": str(last)})


def ask_events(scope: Scope, window: Window, first: int, last: int, number: int, size: int) -> EventPage:
    """One page of events between two instants in epoch milliseconds."""
    body = {"startDate": first, "endDate": last, "page": number, "pageSize": size}
    answer = scope.client.ask(USAGE_EVENTS, {}, EventPage, json=body, day=window.start)
    if answer.value is None:
        raise scope.empty(USAGE_EVENTS, window, answer.status)
    return answer.value


def _numbered() -> Keep:
    seen: Counter[bytes] = Counter()

    def keep(record: msgspec.Raw) -> bytes:
        try:
            sent = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
        except msgspec.DecodeError:
            return bytes(record)  # no object: refused and counted where records are typed
        name = _identity(sent)
        seen[name] += 1
        added: dict[str, str | int] = {"occurrence": seen[name]}
        if day := day_of_ms(lenient(record, "timestamp")["timestamp"]):
            added = {"day": day, **added}
        return with_keys(record, added)

    return keep


def _identity(sent: dict[str, msgspec.Raw]) -> bytes:
    parts = [bytes(sent.get(name, b"null")) for name in FIELDS if name != "tokenUsage"]
    usage = sent.get("tokenUsage", msgspec.Raw(b"null"))
    try:
        tokens = msgspec.json.decode(usage, type=dict[str, msgspec.Raw])
        parts += [bytes(tokens.get(name, b"null")) for name in TOKEN_FIELDS]
    except msgspec.DecodeError:
        parts.append(bytes(usage))
    return b"\n".join(parts)
