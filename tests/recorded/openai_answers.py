"""OpenAI's own example responses, its cookbook's real export, and two days built from the types of its SDK (tests/fixtures/openai)."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SETTINGS = """
[[sources.openai]]
account = "platform"
base_url = "{base}"
key_env = "OPENAI_ADMIN_KEY"
codex_workspace = "ws-acme"
codex_key_env = "OPENAI_CODEX_KEY"
codex_base_url = "{base}"
"""
ENV = {"OPENAI_ADMIN_KEY": "sk-admin-recorded", "OPENAI_CODEX_KEY": "sk-codex-recorded"}
SPAN = (date(2026, 11, 1), date(2026, 11, 2))
MORE_SPANS = ((date(2024, 11, 1), date(2024, 11, 1)), (date(2025, 1, 11), date(2025, 2, 10)))
"""The day of the documented examples, and the month of the real export."""
NOW = datetime(2026, 11, 10, 6, tzinfo=UTC)

FILES_OF_ANSWERS = Path(__file__).parents[1] / "fixtures" / "openai"
DAY = 86_400


def sample(name: str) -> Any:
    return json.loads((FILES_OF_ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def raw(name: str) -> bytes:
    return (FILES_OF_ANSWERS / f"{name}.json").read_bytes()


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    if path == "/v1/analytics/codex/workspaces/ws-acme/usage":
        told = query["start_time"] == ["1793491200"]
        return 200, raw("codex_usage.guessed") if told else b'{"data": [], "has_more": false, "next_page": null}'
    if path in ("/v1/organization/users", "/v1/organization/projects"):
        return 200, raw(f"{path.rpartition('/')[2]}.docs")
    if path == "/v1/organization/projects/proj_abc/api_keys":
        return 200, raw("project_api_keys.docs")
    match = re.fullmatch(r"/v1/organization/(costs|usage/(\w+))", path)
    return buckets(f"usage_{match[2]}" if match[2] else "costs", query) if match else None


def buckets(name: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
    """The recorded answer of the span that is asked for; empty buckets where nothing was recorded."""
    start, end = int(query["start_time"][0]), int(query["end_time"][0])
    grouping = query.get("group_by", [])
    refused = 400, b'{"error": {"message": "This grouping is not supported.", "type": "invalid_request_error"}}'
    if start == 1730419200:
        # The second page of the documented example is not documented; an empty one ends the reading.
        return 200, raw(f"{name}.docs") if "page" not in query else b'{"data": [], "has_more": false, "next_page": null}'
    if name == "usage_completions" and start < 1760000000:
        # Recorded without any grouping.
        return refused if grouping else (200, b'{"has_more": false, "next_page": null, "data": ' + raw("usage_completions.real") + b"}")
    if name == "costs" and start == 1793491200:
        return refused if "api_key_id" in grouping else (200, raw("costs.constructed"))
    if name == "usage_completions" and start == 1793491200:
        both = sample("usage_completions.constructed")
        both["data"].append({"object": "bucket", "start_time": start + DAY, "end_time": end, "results": []})
        return 200, json.dumps(both).encode()
    empty = [{"object": "bucket", "start_time": at, "end_time": at + DAY, "results": []} for at in range(start, end, DAY)]
    return 200, json.dumps({"object": "page", "data": empty, "has_more": False, "next_page": None}).encode()
