"""Billing: the daily AI-credit summary, and the CSV exports that GitHub builds on request (ai_credit_report, billing_report)."""

from contextlib import ExitStack
from datetime import date, timedelta

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.vendors.account import one_day
from spend_assets.vendors.bodies import check_depth
from spend_assets.vendors.github.parts import download_parts, missing_detail
from spend_assets.vendors.github.routes import CREATE_EXPORT, READ_EXPORT
from spend_assets.vendors.github.scope import Scope
from spend_assets.vendors.records import BadTable, emit_csv_rows, one_line

MAX_EXPORT_DAYS = 31
"""GitHub's longest period of a detailed or ai_credit export (docs.github.com, billing reports)."""

REPORT_TYPES = {"ai_credit_report": "ai_credit", "billing_report": "detailed"}

BILLED_ELSEWHERE = (
    "status 404: this organisation is billed through an enterprise (or the token may not see its billing); "
    "configure the enterprise as the account: enterprise = ... in place of org = ..."
)


class Period(msgspec.Struct):
    year: int
    month: int | None = None
    day: int | None = None


class UsageSummary(msgspec.Struct):
    usageItems: list[msgspec.Raw]
    timePeriod: Period | None = None


class Export(msgspec.Struct):
    id: str | int
    status: str
    """completed, failed, or anything else while it is being built"""
    report_type: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    download_urls: list[str] | None = None


def fetch_usage_summary(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """ai_credit/usage of one UTC day: one record per product, SKU and model. Amounts are USD numbers, kept as text.

    Year, month and day are always sent: without them GitHub answers for a month or a year, which would be counted as a day.
    """
    day = one_day("ai_credit_usage", window)
    route = scope.route("ai_credit_usage")
    params = {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
    accept = () if scope.source.enterprise else (404,)
    answer = scope.client.ask(route, scope.values, UsageSummary, params=params, day=day, accept=accept)
    if answer.status == 404:
        return Outcome("not_available", detail=BILLED_ELSEWHERE, params=params)
    if answer.value is None:
        return Outcome("not_ready", detail=f"status {answer.status} without a body: nothing billed yet", params=params)
    period = answer.value.timePeriod
    if period is not None and (period.year, period.month, period.day) != (day.year, day.month, day.day):
        raise scope.client.error(UnexpectedAnswer, route, "the answer is for another period than the day asked", day=day)
    for item in answer.value.usageItems:
        check_depth(bytes(item), scope.limits.depth)
        sink(one_line(bytes(item)))
    return Outcome("data", params=params)


def fetch_export(scope: Scope, window: Window, sink: Sink, *, stream: str) -> Outcome:
    """A CSV export of at most 31 days, built by GitHub on request: one record per row, header name to text as sent.

    GitHub builds one export at a time per enterprise (409 meanwhile); both waits are bounded by poll_attempts x poll_seconds.
    """
    last = window.end - timedelta(days=1)
    if (window.end - window.start).days > MAX_EXPORT_DAYS:
        raise ValueError(f"{stream}: an export spans at most {MAX_EXPORT_DAYS} days, got [{window.start}, {window.end})")
    params = {"report_type": REPORT_TYPES[stream], "start_date": window.start.isoformat(), "end_date": last.isoformat()}
    export = _finished(scope, _create(scope, params, window), params, window)
    links = export.download_urls or []
    if not links:
        return Outcome("data", detail="completed without files: no rows in this period", params=params)

    def renew() -> list[str]:
        return _read(scope, str(export.id), window).download_urls or []

    with ExitStack() as stack:
        parts = download_parts(stack, scope.client, READ_EXPORT, links, renew, day=window.start)
        for part in parts:
            if part is not None:
                try:
                    emit_csv_rows(part, sink)
                except BadTable as bad:
                    raise scope.client.error(UnexpectedAnswer, READ_EXPORT, f"CSV export: {bad}", day=window.start) from None
    detail = missing_detail(parts)
    return Outcome("data", complete=not detail, detail=detail, params=params)


def _create(scope: Scope, params: dict[str, str], window: Window) -> Export:
    body = {**params, "send_email": False}
    for _ in range(scope.limits.poll_attempts):
        answer = scope.client.ask(CREATE_EXPORT, scope.values, Export, json=body, day=window.start, accept=(409,))
        if answer.value is not None:
            return answer.value
        if answer.status != 409:
            raise scope.client.error(UnexpectedAnswer, CREATE_EXPORT, "no export id came back", day=window.start, status=answer.status)
        scope.client.sleep(scope.limits.poll_seconds)
    raise scope.client.error(
        VendorUnavailable,
        CREATE_EXPORT,
        "another export of this enterprise stays in flight; the next run asks again",
        day=window.start,
        status=409,
    )


def _finished(scope: Scope, export: Export, params: dict[str, str], window: Window) -> Export:
    for _ in range(scope.limits.poll_attempts):
        asked = (params["report_type"], window.start, window.end - timedelta(days=1))
        told = (export.report_type, export.start_date, export.end_date)
        if any(theirs not in (None, ours) for theirs, ours in zip(told, asked, strict=True)):
            raise scope.client.error(UnexpectedAnswer, READ_EXPORT, "the export is of another type or period than asked", day=window.start)
        if export.status == "completed":
            return export
        if export.status == "failed":
            raise scope.client.error(
                VendorUnavailable, READ_EXPORT, "GitHub could not build the export; the next run asks again", day=window.start
            )
        scope.client.sleep(scope.limits.poll_seconds)
        export = _read(scope, str(export.id), window)
    raise scope.client.error(
        VendorUnavailable, READ_EXPORT, "the export is not finished in time; the next run asks again", day=window.start
    )


def _read(scope: Scope, report_id: str, window: Window) -> Export:
    answer = scope.client.ask(READ_EXPORT, {**scope.values, "report_id": report_id}, Export, day=window.start)
    if answer.value is None:
        raise scope.client.error(UnexpectedAnswer, READ_EXPORT, "an empty answer", day=window.start, status=answer.status)
    return answer.value
