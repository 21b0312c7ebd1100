"""The older reports of a Console organisation (usage_messages, cost_report), Claude Code analytics, and activity of Claude Enterprise.

Source: platform.claude.com/docs/en/manage-claude/{usage-cost-api,claude-code-analytics-api,analytics-api}.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.vendors.account import one_day
from spend_assets.vendors.anthropic.pages import Page, keyed, read_report
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.http import Params
from spend_assets.vendors.records import HeldRecords, decode_leniently

MAX_DAYS = 31
FRESH_DAYS = 1
"""A bucket this young may be missing: buckets appear once they are over."""

YOUNG_DAYS = 4
"""A day this young may be refused with status 400, which then names the latest day there is."""

GROUP_BY = {
    "cost_report": ("workspace_id", "description"),
    "usage_messages": ("account_id", "api_key_id", "model", "service_account_id", "service_tier", "workspace_id"),
}


class Bucket(msgspec.Struct):
    starting_at: str
    results: list[msgspec.Raw]


class Summaries(msgspec.Struct):
    summaries: list[msgspec.Raw]


class Starts(msgspec.Struct):
    starting_at: str


def fetch_buckets(scope: Scope, window: Window, sink: Sink, *, stream: str) -> Outcome:
    """cost_report or usage_messages of up to 31 UTC days: one record per day and group, `day` and `group_by` added.

    One day more is asked for and thrown away: this endpoint answers with buckets that end *before* `ending_at`. Days without use come as
    empty buckets, so a day without a bucket is missing and the answer incomplete, unless the day is too young; none at all is no answer.
    """
    if (window.end - window.start).days > MAX_DAYS:
        raise ValueError(f"{stream}: the vendor answers at most {MAX_DAYS} days at once, got [{window.start}, {window.end})")
    dimensions = ",".join(GROUP_BY[stream])
    query: Params = {
        "starting_at": f"{window.start}T00:00:00Z",
        "ending_at": f"{window.end + timedelta(days=1)}T00:00:00Z",
        "bucket_width": "1d",
        "group_by[]": GROUP_BY[stream],
        "limit": str(MAX_DAYS),
    }
    missing: set[date] = set()
    twice: set[date] = set()
    with HeldRecords(scope.limits) as held:

        def begin() -> Callable[[Page], None]:
            held.clear()
            missing.update(window.days())
            twice.clear()
            return take

        def take(page: Page) -> None:
            for raw in page.data:
                bucket = decode_leniently(raw, Bucket)
                day = _day_of(scope, stream, window, bucket)
                if window.start <= day < window.end:
                    twice.update({day} - missing)
                    missing.discard(day)
                    for result in bucket.results:
                        held.add(keyed(result, {"day": day.isoformat(), "group_by": dimensions}))

        read_report(scope, stream, query, window.start, begin)
        if missing == set(window.days()):
            return Outcome("not_ready", detail="no bucket of any day of this window", params={"group_by": dimensions})
        held.emit(sink)
    absent = sorted(day for day in missing if (scope.today - day).days > FRESH_DAYS)
    problems = [f"no bucket of {absent[0]} and {len(absent) - 1} other days" if absent else "", "a bucket came twice" if twice else ""]
    detail = "; ".join(text for text in problems if text)
    return Outcome("data", complete=not detail, detail=detail, params={"group_by": dimensions})


def fetch_claude_code(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """Claude Code of one UTC day: one record per actor, terminal, customer type and place of the session. The costs are estimates."""
    return _fetch_day(scope, "claude_code", "starting_at", window, sink)


def fetch_activity(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """What each member of a Claude Enterprise organisation did on one UTC day; `day` is added."""
    return _fetch_day(scope, "analytics_users", "date", window, sink, young=True, added=True)


def fetch_summary(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """Assigned seats and active people of one UTC day: one record."""
    day = one_day("analytics_summaries", window)
    params = {"starting_date": day.isoformat(), "ending_date": window.end.isoformat()}
    route, accept = scope.route("analytics_summaries"), scope.accepted("analytics_summaries")
    answer = scope.client.ask(route, {}, Summaries, params=params, day=day, accept=(*accept, *_young(scope, day)))
    if answer.status in accept:
        return scope.not_available("analytics_summaries", answer.status)
    if answer.status == 400:
        return Outcome("not_ready", detail="status 400: the vendor has no data of this day yet", params=params)
    if answer.value is None:
        raise scope.client.error(VendorUnavailable, route, "an empty body where a summary was due", day=day, status=answer.status)
    records = [r for r in answer.value.summaries if decode_leniently(r, Starts).starting_at[:10] == day.isoformat()]
    if not records:
        return Outcome("not_ready", detail="no summary of this day yet", params=params)
    with HeldRecords(scope.limits) as held:
        for record in records:
            held.add(bytes(record))
        held.emit(sink)
    return Outcome("data", params=params)


def _fetch_day(
    scope: Scope, stream: str, parameter: str, window: Window, sink: Sink, *, young: bool = False, added: bool = False
) -> Outcome:
    day = one_day(stream, window)
    params = {parameter: day.isoformat()}
    accept = scope.accepted(stream)
    also = _young(scope, day) if young else ()
    with HeldRecords(scope.limits) as held:

        def begin() -> Callable[[Page], None]:
            held.clear()
            return take

        def take(page: Page) -> None:
            for record in page.data:
                held.add(keyed(record, {"day": day.isoformat()}) if added else bytes(record))

        status = read_report(scope, stream, {**params, "limit": "1000"}, day, begin, (*accept, *also))
        if status in accept:
            return scope.not_available(stream, status)
        if status == 400:
            return Outcome("not_ready", detail="status 400: the vendor has no data of this day yet", params=params)
        held.emit(sink)
    return Outcome("data", params=params)


def _day_of(scope: Scope, stream: str, window: Window, bucket: Bucket) -> date:
    try:
        start = datetime.fromisoformat(bucket.starting_at)
    except ValueError:
        start = datetime.max
    if start.tzinfo is None or start.astimezone(UTC).time() != time():
        text = "a bucket does not start at midnight UTC, so its figures are not those of a day"
        raise scope.client.error(UnexpectedAnswer, scope.route(stream), text, day=window.start)
    return start.astimezone(UTC).date()


def _young(scope: Scope, day: date) -> tuple[int, ...]:
    return (400,) if (scope.today - day).days <= YOUNG_DAYS else ()
