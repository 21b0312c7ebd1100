"""Anthropic's documented responses (tests/fixtures/anthropic): a Console account, one with the older ledger, and an Enterprise one."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[1] / "fixtures" / "anthropic"
SPAN = (date(2026, 10, 31), date(2026, 11, 1))
NOW = datetime(2026, 11, 7, 6, 0, tzinfo=UTC)
ENV = {
    "REC_ANTHROPIC_NEW": "sk-ant-admin01-recorded-new",
    "REC_ANTHROPIC_OLD": "sk-ant-admin01-recorded-old",
    "REC_ANTHROPIC_ENTERPRISE": "sk-ant-api01-recorded-enterprise",
}
SETTINGS = """
[[sources.anthropic]]
account = "console"
kind = "console"
base_url = "{base}/new"
key_env = "REC_ANTHROPIC_NEW"

[[sources.anthropic]]
account = "console-old"
kind = "console"
base_url = "{base}/old"
key_env = "REC_ANTHROPIC_OLD"
ledger = "cost_report"

[[sources.anthropic]]
account = "claude"
kind = "enterprise"
base_url = "{base}/enterprise"
key_env = "REC_ANTHROPIC_ENTERPRISE"
"""
DAY = "2026-11-01"
Query = dict[str, list[str]]


def answer(method: str, path: str, query: Query, body: bytes) -> tuple[int, bytes] | None:
    account, _, route = path.removeprefix("/").partition("/v1/organizations/")
    serve = SERVED.get((account, route)) or SERVED.get(("*", route))
    if serve is None or method != "GET":
        return None
    return 200, json.dumps(serve(query)).encode()


def _example(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def _analytics(name: str) -> Callable[[Query], Any]:
    """The recorded answer, its rows cut to the days asked for."""

    def serve(query: Query) -> Any:
        start, end = query["starting_at"][0], query["ending_at"][0]
        whole = _example(name)
        return {
            **whole,
            "data": [row for row in whole["data"] if start <= row["starting_at"] < end],
            "data_refreshed_at": "2026-11-07T04:00:00Z",
        }

    return serve


def _nothing(query: Query) -> Any:
    return {"data": [], "has_more": False, "next_page": None, "data_refreshed_at": "2026-11-07T04:00:00Z"}


def _buckets(name: str) -> Callable[[Query], Any]:
    """One bucket per day that ends before `ending_at`; the example's results on the first of November. One page per bucket."""

    def serve(query: Query) -> Any:
        start = date.fromisoformat(query["starting_at"][0][:10])
        end = date.fromisoformat(query["ending_at"][0][:10])
        days = [start + timedelta(days=n) for n in range((end - start).days - 1)]
        at = int(query["page"][0].removeprefix("page_")) if "page" in query else 0
        text = json.dumps(_example(name)["data"][0]["results"]).replace("wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ", "wrkspc_01OfTheOlderLedger")
        results = json.loads(text.replace("apikey_01Rj2N8SVvo6BePZj99NhmiT", "apikey_01OfTheOlderLedger"))
        day = days[at]
        bucket = {
            "starting_at": f"{day}T00:00:00Z",
            "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
            "results": results if str(day) == DAY else [],
        }
        more = at + 1 < len(days)
        return {"data": [bucket], "has_more": more, "next_page": f"page_{at + 1}" if more else None}

    return serve


def _claude_code(query: Query) -> Any:
    """Two recorded people on the first of November, on two pages."""
    if query["starting_at"] != [DAY]:
        return {"data": [], "has_more": False, "next_page": None}
    first, second = _example("usage_report_claude_code.example.json"), _example("guide_claude_code_analytics.example.json")
    whole = second if "page" in query else first
    return {**whole, "data": [{**record, "date": f"{DAY}T00:00:00Z"} for record in whole["data"]]}


def _directory(name: str) -> Callable[[Query], Any]:
    def serve(query: Query) -> Any:
        whole = _example(name)
        ended = {"data": [], "has_more": False, "first_id": None, "last_id": None}
        return ended if query.get("after_id") == [whole["last_id"]] else whole

    return serve


def _paged(name: str) -> Callable[[Query], Any]:
    def serve(query: Query) -> Any:
        whole = _example(name)
        return {"data": [], "next_page": None} if query.get("page") == [whole["next_page"]] else whole

    return serve


def _summaries(query: Query) -> Any:
    record = _example("analytics_summaries.example.json")["summaries"][0]
    day = query["starting_date"][0]
    return {"summaries": [{**record, "starting_at": f"{day}T00:00:00Z", "ending_at": f"{query['ending_date'][0]}T00:00:00Z"}]}


SERVED: dict[tuple[str, str], Callable[[Query], Any]] = {
    ("new", "analytics/cost"): _analytics("analytics_cost.v2.json"),
    ("new", "analytics/usage"): _analytics("analytics_usage.v2.json"),
    ("enterprise", "analytics/cost"): _nothing,
    ("enterprise", "analytics/usage"): _nothing,
    ("old", "cost_report"): _buckets("cost_report.example.json"),
    ("old", "usage_report/messages"): _buckets("usage_report_messages.example.json"),
    ("new", "usage_report/claude_code"): _claude_code,
    ("old", "usage_report/claude_code"): lambda query: {"data": [], "has_more": False, "next_page": None},
    ("*", "users"): _directory("organizations_users.example.json"),
    ("*", "workspaces"): _directory("organizations_workspaces.example.json"),
    ("*", "api_keys"): _directory("organizations_api_keys.example.json"),
    ("enterprise", "analytics/users"): _paged("analytics_users.example.json"),
    ("enterprise", "analytics/summaries"): _summaries,
    ("enterprise", "spend_limits/effective"): _paged("guide_spend_limits_effective.example.json"),
}
