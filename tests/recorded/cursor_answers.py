"""Cursor's documented responses, DevLake's recordings, and our own page of edge cases (tests/fixtures/cursor)."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SETTINGS = """
[[sources.cursor]]
account = "team"
base_url = "{base}"
key_env = "CURSOR_API_KEY"
"""
ENV = {"CURSOR_API_KEY": "crsr_recorded"}
SPAN = (date(2026, 9, 1), date(2026, 9, 2))
MORE_SPANS = (
    (date(2024, 1, 15), date(2024, 1, 15)),  # the audit log
    (date(2024, 3, 18), date(2024, 3, 18)),  # daily usage
    (date(2025, 6, 26), date(2025, 6, 26)),  # usage events
    (date(2025, 7, 30), date(2025, 7, 30)),  # commits
    (date(2026, 7, 9), date(2026, 7, 9)),  # DevLake's event
)
"""The days of the documented examples and of the recording."""
NOW = datetime(2026, 9, 10, 6, tzinfo=UTC)

FILES_OF_ANSWERS = Path(__file__).parents[1] / "fixtures" / "cursor"


def raw(name: str) -> bytes:
    return (FILES_OF_ANSWERS / f"{name}.json").read_bytes()


def devlake(name: str) -> list[dict[str, Any]]:
    """The API's objects that DevLake recorded."""
    with (FILES_OF_ANSWERS / f"devlake_raw_cursor_{name}.csv").open(encoding="utf-8", newline="") as file:
        return [json.loads(row["data"]) for row in csv.DictReader(file)]


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    asked = json.loads(body) if body else {}
    first = query.get("startDate", query.get("startTime", [""]))[0]
    empty_pages = {"hasNextPage": False, "totalUsers": 0, "totalCount": 0}
    match method, path:
        case "POST", "/teams/filtered-usage-events":
            return events(asked)
        case "POST", "/teams/daily-usage-data":
            told = asked["startDate"] == 1710720000000
            return 200, raw("docs_teams_daily_usage_data.paginated") if told else encoded({"data": [], "pagination": empty_pages})
        case "POST", "/teams/spend":
            return 200, raw("docs_teams_spend")
        case "GET", "/teams/members":
            documented = json.loads(raw("docs_teams_members"))
            return 200, encoded({"teamMembers": documented["teamMembers"] + devlake("members")})
        case "GET", "/teams/groups":
            past = "billingCycle" in query
            return (404, raw("docs_error_responses")) if past else (200, raw("docs_teams_groups_list"))
        case "GET", "/teams/groups/group_PDSPmvukpYgZEDXsoNirw3CFhy":
            return 200, raw("docs_teams_group_get")
        case "GET", "/teams/groups/group_kljUvI0ASZORvSEXf9hV0ydcso":
            return 404, b'{"error":"Not Found","message":"Resource not found"}'
        case "GET", "/analytics/ai-code/commits":
            told = first.startswith("2025-07-30") and query["page"] == ["1"]
            return 200, raw("docs_ai_code_commits") if told else encoded({"items": [], "totalCount": 42 if first.startswith("2025") else 0})
        case "GET", "/teams/audit-logs":
            told = first.startswith("2024-01-15")
            return 200, raw("docs_teams_audit_logs") if told else encoded({"events": [], "pagination": empty_pages})
    return None


def events(asked: dict[str, Any]) -> tuple[int, bytes]:
    """The two documented pages of one day, though their counts are not those of their rows; else what was recorded in the window."""
    if asked["startDate"] == 1750896000000:
        return 200, raw("docs_teams_filtered_usage_events" + (".service_account" if asked["page"] == 2 else ""))
    known = devlake("usage_events") + json.loads(raw("synthetic_filtered_usage_events.edge_cases"))["usageEvents"]
    inside = [event for event in known if asked["startDate"] <= int(event["timestamp"]) <= asked["endDate"]]
    pagination = {"numPages": 1, "currentPage": 1, "pageSize": 1000, "hasNextPage": False, "hasPreviousPage": False}
    return 200, encoded({"totalUsageEventsCount": len(inside), "pagination": pagination, "usageEvents": inside})


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
