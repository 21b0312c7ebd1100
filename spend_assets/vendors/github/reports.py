"""Copilot usage metrics reports: an envelope with signed links to NDJSON files (streams user_days, user_28_days, user_teams)."""

from contextlib import ExitStack
from datetime import date

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.vendors.account import one_day
from spend_assets.vendors.github.parts import download_parts, missing_detail
from spend_assets.vendors.github.scope import Scope
from spend_assets.vendors.http import Answer
from spend_assets.vendors.records import emit_json_lines

NO_REPORT = (404, 422)
"""404: not built yet, or hidden. 422: metrics are disabled. 204 and empty bodies say "not yet" too."""

FIRST_DAY_OF_ORGANISATIONS = date(2025, 12, 12)
"""Reports of an organisation begin here, those of an enterprise two months earlier (docs.github.com, Copilot usage metrics)."""


class Envelope(msgspec.Struct):
    """Of a 1-day report (`report_day`) or of the 28-day one (`report_start_day`, `report_end_day`, both inclusive)."""

    download_links: list[str]
    report_day: date | None = None


def fetch_report(scope: Scope, window: Window, sink: Sink, *, stream: str) -> Outcome:
    """One day of user_days or user_teams, or the latest 28 days: one record per line of the files."""
    dated = stream != "user_28_days"
    day = one_day(stream, window) if dated else window.start
    params = {"day": day.isoformat()} if dated else {}
    route = scope.route(stream)

    def envelope() -> Answer[Envelope]:
        answer = scope.client.ask(route, scope.values, Envelope, params=params, day=day, accept=NO_REPORT)
        if dated and answer.value and answer.value.report_day not in (None, day):
            raise scope.client.error(UnexpectedAnswer, route, f"answered for another day, {answer.value.report_day}", day=day) from None
        return answer

    def links() -> list[str]:
        value = envelope().value
        return value.download_links if value else []

    first = envelope()
    if first.status == 422:
        return Outcome("not_available", detail="status 422: Copilot usage metrics are switched off for this account", params=params)
    if first.value is None or not first.value.download_links:
        if dated and scope.source.org and day < FIRST_DAY_OF_ORGANISATIONS:
            detail = f"GitHub has reports of organisations from {FIRST_DAY_OF_ORGANISATIONS} on"
            return Outcome("not_available", detail=detail, params=params, of_window=True)
        return Outcome("not_ready", detail=_why_not_ready(first), params=params)
    with ExitStack() as stack:
        parts = download_parts(stack, scope.client, route, first.value.download_links, links, day=day)
        for part in parts:
            if part is not None:
                emit_json_lines(part, sink, scope.limits)
    detail = missing_detail(parts)
    return Outcome("data", complete=not detail, detail=detail, params=params)


def _why_not_ready(answer: Answer[Envelope]) -> str:
    if answer.status == 404:
        return "status 404: no report for this day yet (or the name or a permission is wrong: `spend doctor` tells)"
    return f"status {answer.status} without a report: not built yet"
