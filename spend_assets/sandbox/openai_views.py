"""How OpenAI's API tells what the company used: rows with dimensions and sums, and the objects of its directories."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from spend_assets.sandbox.openai_usage import Call, Key, Member, Project, Tool, midnight

CALLER = ("project_id", "user_id", "api_key_id")
MODALITIES = {
    "embeddings": ((*CALLER, "model"), "embeddings", "input_tokens"),
    "moderations": ((*CALLER, "model"), "moderations", "input_tokens"),
    "images": ((*CALLER, "model", "size", "source"), "images", "images"),
    "audio_speeches": ((*CALLER, "model"), "audio_speeches", "characters"),
    "audio_transcriptions": ((*CALLER, "model"), "audio_transcriptions", "seconds"),
    "vector_stores": (("project_id",), "vector_stores", "usage_bytes"),
    "code_interpreter_sessions": (("project_id",), "code_interpreter_sessions", "num_sessions"),
    "file_search_calls": ((*CALLER, "vector_store_id"), "file_searches", "num_requests"),
    "web_search_calls": ((*CALLER, "model", "context_level"), "web_searches", "num_requests"),
}
"""Dimensions, name of the result object and field of the quantity."""
SUMS = (
    *("input_tokens", "input_uncached_tokens", "input_cached_tokens", "input_cache_write_tokens", "input_cache_write_30m_tokens"),
    *("input_cache_write_12h_tokens", "output_tokens", "num_model_requests"),
)
Row = tuple[dict[str, Any], dict[str, int]]
"""Dimensions and sums."""


def line_items(call: Call) -> Iterator[tuple[str, int, int]]:
    """Line item, tokens and pico-dollars. A batch costs half."""
    model, half = call.model, 2 if call.batch else 1
    word = "batch " if call.batch else ""
    for kind, tokens, price in (
        ("input", call.uncached, model.input),
        ("cached input", call.cached, model.cached),
        ("cache write", call.write_30m + call.write_12h, model.write),
        ("output", call.output, model.output),
    ):
        if tokens:
            yield f"{model.line}, {word}{kind}", tokens, tokens * (price // half)


def model_of(line: str) -> str:
    """What a person reads as the model of a line item."""
    name, comma, _ = line.partition(", ")
    return name if comma else "(not split)"


def unit_of(line: str | None) -> str | None:
    if not line or ", " not in line:
        return None
    return "images" if line.endswith("images") else "tokens"


def completion_row(call: Call) -> Row:
    dimensions = {
        "project_id": call.project.id,
        "user_id": call.member.id if call.member else None,
        "api_key_id": call.key.id if call.key else None,
        "model": call.model.name,
        "batch": call.batch,
        "service_tier": "batch" if call.batch else "default",
        "api_source": "unlabeled",
    }
    written = call.write_30m + call.write_12h
    uncached = call.uncached + call.blocked
    counts = (uncached + call.cached + written, uncached, call.cached, written, call.write_30m, call.write_12h, call.output, call.requests)
    return dimensions, dict(zip(SUMS, counts, strict=True))


def tool_row(tool: Tool, quantity: str) -> Row:
    dimensions = {"project_id": tool.project.id, "api_key_id": tool.key.id if tool.key else None, "user_id": None, "model": tool.model}
    return dimensions, {quantity: tool.quantity, "num_model_requests": tool.requests}


def grouped(rows: Iterable[Row], grouping: tuple[str, ...]) -> Iterator[Row]:
    groups: dict[tuple[Any, ...], dict[str, int]] = {}
    for dimensions, sums in rows:
        held = groups.setdefault(tuple(dimensions.get(name) for name in grouping), dict.fromkeys(sums, 0))
        for name, value in sums.items():
            held[name] += value
    for values, sums in groups.items():
        yield dict(zip(grouping, values, strict=True)), sums


def user_object(member: Member) -> dict[str, Any]:
    name = f"{member.person.first} {member.person.last}"
    added = int(midnight(member.start).timestamp())
    common = {"object": "organization.user", "id": member.id, "name": name, "email": member.email}
    return {**common, "role": "reader", "added_at": added, "is_service_account": False}


def project_object(project: Project, today: date) -> dict[str, Any]:
    archived = project.archived if project.archived and project.archived <= today else None
    return {
        "id": project.id,
        "object": "organization.project",
        "name": project.name,
        "created_at": int(midnight(project.created).timestamp()),
        "archived_at": int(midnight(archived).timestamp()) if archived else None,
        "status": "archived" if archived else "active",
    }


def key_object(key: Key, today: date) -> dict[str, Any]:
    created = int(midnight(key.start).timestamp())
    if key.owner:
        left = not key.owner.there_on(today)
        person = key.owner.person
        user = {
            "id": key.owner.id,
            "name": f"{person.first} {person.last}",
            "email": key.owner.email,
            "role": "member",
            "created_at": created,
        }
        owner: dict[str, Any] = {"type": "user", "user": user}
    else:
        left = False
        account = {"id": f"svc_acct_{key.project.id[5:13]}", "name": key.name, "role": "member", "created_at": created}
        owner = {"type": "service_account", "service_account": account}
    return {
        "object": "organization.project.api_key",
        "redacted_value": f"sk-...{key.id[-4:]}",
        "name": key.name,
        "created_at": created,
        "last_used_at": None,
        "id": key.id,
        "owner_project_access": "none" if left else "active",
        "owner": owner,
    }
