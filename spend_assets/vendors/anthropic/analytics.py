"""Usage and cost analytics (streams analytics_cost, analytics_usage): ranked rows, read whole before anything is handed on.

Source: platform.claude.com/docs/en/manage-claude/usage-cost-analytics-api. Rows are ranked and not chronological, so a page is no
prefix of days; a cursor dies with status 410 when the vendor refreshes its data; values move for 30 days.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.vendors.anthropic.pages import EXPIRED, READS, keyed, refreshed_too_often, report_pages
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.http import Params
from spend_assets.vendors.records import HeldRecords, decode_leniently

MAX_DAYS = 31

PAGE_ROWS = 1000
"""The largest page. The split by cost and token type is not counted, so a page of costs may hold several times as many rows."""

FRESH_DAYS = 1
"""Days this young may not be in the vendor's data yet: it is refreshed within 24 hours. The contract's available_after_days."""

DIMENSIONS = ("actor", "api_key_id", "model", "product", "workspace_id")
"""Five are allowed; cost_type and token_type are not counted. Groups of people (rbac_group_id) overlap and are never asked for."""

GROUP_BY = {"analytics_cost": (*DIMENSIONS, "cost_type", "token_type"), "analytics_usage": DIMENSIONS}


class Row(msgspec.Struct):
    starting_at: str
    group: msgspec.Raw


def fetch_analytics(scope: Scope, window: Window, sink: Sink, *, stream: str) -> Outcome:
    """Up to 31 UTC days: one record per day, actor, key, model, product and workspace, of costs also per cost and token type.

    `group_by` is added to each record: a null of a dimension that was asked for means that there is none. Only days that the vendor's
    data covers whole are handed on (`data_refreshed_at`); where an older day is not covered, the answer is incomplete.
    """
    if (window.end - window.start).days > MAX_DAYS:
        raise ValueError(f"{stream}: the vendor answers at most {MAX_DAYS} days at once, got [{window.start}, {window.end})")
    params = {"group_by": ",".join(GROUP_BY[stream])}
    detail = ""
    with HeldRecords(scope.limits) as held:
        refreshed_at, broken = _read(scope, stream, window, held)
        if refreshed_at is not None:
            params["data_refreshed_at"] = refreshed_at.isoformat()
        covered = window.end if refreshed_at is None else min(window.end, refreshed_at.astimezone(UTC).date())
        if covered <= window.start:
            return Outcome("not_ready", detail="the vendor's data does not cover a whole day of this window yet", params=params)
        if covered < window.end:
            late = scope.today - covered > timedelta(days=FRESH_DAYS)
            detail = f"days from {covered} on are not in the vendor's data yet" if late else ""
        held.emit(sink if covered == window.end else lambda record: _before(covered, record, sink))
    detail = "; ".join(text for text in (detail, broken) if text)
    return Outcome("data", complete=not detail, detail=detail, params=params)


def _read(scope: Scope, stream: str, window: Window, held: HeldRecords) -> tuple[datetime | None, str]:
    """Fill `held` with one consistent read. (when the vendor's data was refreshed, why the read is not exact: empty where it is).

    None for the refresh where the vendor does not tell it.
    """
    query: Params = {
        "starting_at": f"{window.start}T00:00:00Z",
        "ending_at": f"{window.end}T00:00:00Z",
        "time_bucket_width": "1d",
        "group_by[]": GROUP_BY[stream],
        "order_by": "time",
        "order": "asc",
        "limit": str(PAGE_ROWS),
    }
    added = {"group_by": ",".join(GROUP_BY[stream])}
    refreshed_at: datetime | None = None
    problem = ""
    before = b""
    for _ in range(READS):
        held.clear()
        stamps: set[str | msgspec.UnsetType | None] = set()
        seen: set[bytes] = set()
        contents = hashlib.sha256()
        rows = 0
        problem = ""
        for answer in report_pages(scope, stream, query, window.start, accept=(EXPIRED,)):
            if answer.value is None:
                problem = "expired"
                break
            stamps.add(answer.value.data_refreshed_at)
            for record in answer.value.data:
                seen.add(_identity(record))
                contents.update(record)
                held.add(keyed(record, added))
            rows += len(answer.value.data)
        if problem:
            continue
        refreshed_at = _refreshed_at(scope, stream, window, stamps, rows)
        # Two reads in a row that say the same are one state, whatever the stamps do.
        steady, before = contents.digest() == before, contents.digest()
        if len(seen) < rows:
            problem = f"{rows - len(seen)} rows came twice in every read: the pages shifted"
        elif len(stamps) > 1 and not steady:
            problem = "the vendor refreshed its data during every read: pages of two states"
        else:
            return refreshed_at, ""
    if problem == "expired":
        raise refreshed_too_often(scope, stream, window.start)
    return refreshed_at, problem


def _row(record: msgspec.Raw | bytes) -> Row | None:
    """None for a record of another shape: it is handed on, and quarantined where records are typed."""
    try:
        return decode_leniently(record, Row)
    except msgspec.ValidationError:
        return None


def _identity(record: msgspec.Raw) -> bytes:
    """What tells two rows apart: day and group. No two rows of one state share them."""
    row = _row(record)
    told = bytes(record) if row is None else row.starting_at.encode() + bytes(row.group)
    return hashlib.blake2b(told, digest_size=16).digest()


def _refreshed_at(scope: Scope, stream: str, window: Window, stamps: set[str | msgspec.UnsetType | None], rows: int) -> datetime | None:
    """The oldest refresh that a page told. Null says that no export covers the range: with rows that is a contradiction and is not used."""
    told = [stamp for stamp in stamps if isinstance(stamp, str)]
    if not told:
        return datetime.combine(window.start, time(), UTC) if None in stamps and not rows else None
    try:
        instants = [datetime.fromisoformat(stamp) for stamp in told]
    except ValueError:
        instants = []
    if not instants or any(instant.tzinfo is None for instant in instants):
        raise scope.client.error(UnexpectedAnswer, scope.route(stream), "data_refreshed_at is no instant", day=window.start)
    return min(instants)


def _before(covered: date, record: bytes, sink: Sink) -> None:
    row = _row(record)
    # ISO days compare as text.
    if row is None or row.starting_at[:10] < covered.isoformat():
        sink(record)
