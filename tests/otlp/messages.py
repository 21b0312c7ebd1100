"""OTLP lines as a collector writes them, made by hand: `attributes` takes Python values, 64-bit integers go out as text."""

import json
from typing import Any

DAY = 1_791_590_400_000_000_000
"""2026-10-10T00:00:00Z in nanoseconds."""
SECOND = 1_000_000_000


def value(given: object) -> dict[str, Any]:
    match given:
        case bool():
            return {"boolValue": given}
        case int():
            return {"intValue": str(given)}
        case float():
            return {"doubleValue": given}
        case dict():
            return given
    return {"stringValue": str(given)}


def attributes(given: dict[str, object]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(item)} for key, item in given.items()]


def span(name: str, at: float, seconds: float = 1, *, trace: str = "a" * 32, id: str = "", parent: str = "", **more: Any) -> dict[str, Any]:
    """`at` in seconds after midnight of 2026-10-10."""
    start = DAY + round(at * 1000) * 1_000_000
    return {
        "traceId": trace,
        "spanId": id or f"{round(at * 1000):016x}",
        "parentSpanId": parent,
        "name": name,
        "kind": more.get("kind", 1),
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(seconds * 1000) * 1_000_000),
        "attributes": attributes(more.get("attributes", {})),
        "status": {"code": more.get("status", 0), "message": more.get("message", "")},
    }


def log(event: str, at: float, given: dict[str, object], **more: Any) -> dict[str, Any]:
    time = DAY + round(at * 1000) * 1_000_000
    return {
        "timeUnixNano": str(time),
        "observedTimeUnixNano": str(time),
        "body": {"stringValue": event},
        "attributes": attributes({"event.name": event, **given}),
        **more,
    }


def spans(resource: dict[str, object], *given: dict[str, Any], scope: str = "") -> bytes:
    groups = [{"resource": {"attributes": attributes(resource)}, "scopeSpans": [{"scope": {"name": scope}, "spans": list(given)}]}]
    return json.dumps({"resourceSpans": groups}).encode()


def logs(resource: dict[str, object], *given: dict[str, Any], scope: str = "") -> bytes:
    groups = [{"resource": {"attributes": attributes(resource)}, "scopeLogs": [{"scope": {"name": scope}, "logRecords": list(given)}]}]
    return json.dumps({"resourceLogs": groups}).encode()


def counter(resource: dict[str, object], name: str, points: list[dict[str, Any]], temporality: int = 1) -> bytes:
    metric = {"name": name, "sum": {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": points}}
    groups = [{"resource": {"attributes": attributes(resource)}, "scopeMetrics": [{"scope": {}, "metrics": [metric]}]}]
    return json.dumps({"resourceMetrics": groups}).encode()


CLAUDE = {"service.name": "claude-code", "service.version": "2.1.274"}


def claude_call(at: float, session: str = "s1", number: int = 1, **more: object) -> dict[str, Any]:
    """An api_request event: three uncached tokens, much cache."""
    given: dict[str, object] = {
        "session.id": session,
        "prompt.id": "p1",
        "event.sequence": number,
        "model": "claude-sonnet-5",
        "input_tokens": 3,
        "output_tokens": 100,
        "cache_read_tokens": 17241,
        "cache_creation_tokens": 16935,
        "cost_usd": 0.1,
        "cost_usd_micros": 100_000,
        "duration_ms": 2000,
        "request_id": f"req_{session}_{number}",
    }
    return log("claude_code.api_request", at, {**given, **more})
