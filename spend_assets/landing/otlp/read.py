"""A line of OTLP as records of the streams in contracts/otlp.yml, each with the UTC day that it belongs to."""

from collections.abc import Callable
from typing import Any

import msgspec

from spend_assets.landing.otlp import emitters
from spend_assets.landing.otlp.attributes import Plan, plan_of
from spend_assets.landing.otlp.commands import Hasher
from spend_assets.landing.otlp.messages import Attribute, Group, LogRecord, Metric, Span, groups, integer, number, plain
from spend_assets.landing.otlp.records import Contexts, Values, client_estimate, hash64, instant, read

Put = Callable[[str, str | None, bytes], None]
"""Takes stream, day (YYYY-MM-DD; None where the record has no time) and record."""

_USAGE = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens")
_ERROR_STATUS = (2, "STATUS_CODE_ERROR")
_SERVER = (2, "SPAN_KIND_SERVER")
_KEY_KINDS = {"request_id": "request", "client_request_id": "request", "response_id": "response"}
_TEMPORALITY = {1: "delta", 2: "cumulative", "AGGREGATION_TEMPORALITY_DELTA": "delta", "AGGREGATION_TEMPORALITY_CUMULATIVE": "cumulative"}


class Reader:
    """Reads the lines of one file. Of prompts and paths only what `hasher` makes of them is left."""

    def __init__(self, put: Put, hasher: Hasher):
        self._put, self._hasher, self._contexts = put, hasher, Contexts()
        self._said: set[tuple[int, str]] = set()

    def line(self, body: bytes) -> None:
        """Put every record of the line. Raises NotOtlp, and then has put nothing."""
        for group in list(groups(body)):
            emitter = emitters.emitter_of(group, _named(group.resource, "service.name") or "")
            if emitter is not None:
                _Source(self, emitter, group).read(group)


class _Source:
    """One scope of one resource."""

    def __init__(self, reader: Reader, emitter: str, group: Group):
        self.emitter = emitter
        self._put, self._hasher, self._contexts, self._said = reader._put, reader._hasher, reader._contexts, reader._said
        self._plan: Plan = plan_of(emitter)
        self._resource = read(group.resource, self._plan, self._hasher)

    def read(self, group: Group) -> None:
        for span in group.spans:
            self._span(span)
        for log in group.logs:
            self._log(log)
        for metric in group.metrics:
            if metric.name in emitters.METRICS:
                self._metric(metric)

    def _span(self, span: Span) -> None:
        values = read(span.attributes, self._plan, self._hasher, self._resource)
        kind = emitters.kind_of_span(span.name or "", values.get("operation"), any(name in values for name in _USAGE))
        if kind == "skip":
            return
        start, end = integer(span.startTimeUnixNano), integer(span.endTimeUnixNano)
        if start and end and end >= start:
            values["duration_ms"] = (end - start) // 1_000_000
        trace, own, parent = ((text or "").lower() for text in (span.traceId, span.spanId, span.parentSpanId))
        keys = {"trace_key": _key("trace", trace), "span_key": _key("span", trace, own), "parent_key": _key("span", trace, parent)}
        signal = "server_span" if span.kind in _SERVER else "span"
        if span.status and span.status.code in _ERROR_STATUS:
            values.setdefault("succeeded", False)
            values["failed"] = True
        values["identity"] = ("span", trace, own)
        self._record(kind, span.name or "", signal, instant(start), keys, values)

    def _log(self, log: LogRecord) -> None:
        name = emitters.event_name(self.emitter, log.eventName or _named(log.attributes, "event.name"), _short_text(log.body))
        if name is None:
            return
        values = read(log.attributes, self._plan, self._hasher, self._resource)
        kind = emitters.LOGS[name]
        if kind == "call" and not any(usage in values for usage in _USAGE):
            return  # of a stream of many events only the one that closes it has the counts
        at = integer(log.timeUnixNano) or integer(log.observedTimeUnixNano)
        duration = values.get("duration_ms")
        ends = kind in ("call", "tool") and isinstance(duration, int) and 0 <= duration < 86_400_000
        started_at = instant(at, before_ms=duration if ends and duration else 0)
        keys = {"trace_key": _key("trace", (log.traceId or "").lower())}
        if log.spanId:
            keys["parent_key"] = _key("span", (log.traceId or "").lower(), log.spanId.lower())
        order = values.get("sequence")
        values["identity"] = ("event", str(values.get("session_id", "")), name, str(at if order is None else order))
        self._record(kind, name, "log", started_at, keys, values)
        if name == "gemini_cli.tool_call" and "decision" in values:
            self._record("approval", name, "log", started_at, keys, values)

    def _record(self, kind: str, name: str, signal: str, at: str | None, keys: Values, values: Values) -> None:
        """Put one record and its context. Session and time come first, so that sorted lines stand by session and in order."""
        session = values.get("session_id")
        day = at[:10] if at else None
        context = self._context(day, values)
        turn = values.get("turn_id")
        front = {
            "session_key": _key("session", session) if session else None,
            "started_at": at,
            "emitter": self.emitter,
            "signal": signal,
            **keys,
            "turn_key": hash64("turn", session or "", turn) if turn else None,
            "context_key": context,
            "sequence": values.get("sequence"),
            "duration_ms": values.get("duration_ms"),
        }
        stream, body = getattr(self, f"_{kind}", self._event)(kind, name, values)
        self._write(stream, day, {**front, **body}, values)

    def _context(self, day: str | None, values: Values) -> int:
        """Put what the record's session says of itself; returns its key."""
        key, said = self._contexts.key_of(values, self.emitter)
        if day and (key, day) not in self._said:
            self._said.add((key, day))
            self._write("contexts", day, {"context_key": key, "day": day, "emitter": self.emitter, **said}, {})
        return key

    def _call(self, kind: str, name: str, values: Values) -> tuple[str, Values]:
        client_estimate(values)
        sent = next((name for name in ("request_id", "client_request_id", "response_id") if values.get(name)), None)
        # Without an id of its own an event is told from others by its counts as well: clocks repeat.
        counts = (str(values.get(usage, "")) for usage in ("model", *_USAGE))
        key = hash64("call", values[sent]) if sent else hash64("call", *values["identity"], *counts)
        return "model_calls", {
            "call_key": key,
            "key_kind": _KEY_KINDS[sent] if sent else values["identity"][0],
            "source": name if name in emitters.LOGS or name.startswith("claude_code.") else "gen_ai",
            "operation": values.get("operation"),
            "provider": values.get("provider"),
            "model": values.get("model") or values.get("requested_model"),
            "requested_model": values.get("requested_model") if values.get("model") else None,
            **{usage: values.get(usage) for usage in (*_USAGE, "tool_tokens")},
            "client_estimated_usd": values.get("client_estimated_usd"),
            "nano_aiu": values.get("nano_aiu"),
            "attempts": values.get("attempts"),
            "failed": values.get("failed", True if "error_type" in values else None),
            "error_type": values.get("error_type"),
            "initiator": values.get("initiator"),
            "agent_key": _key("agent", values.get("agent_id")),
        }

    def _agent(self, kind: str, name: str, values: Values) -> tuple[str, Values]:
        return "agent_spans", {
            "kind": values.get("operation") or ("interaction" if name == "claude_code.interaction" else "usage"),
            "agent_key": _key("agent", values.get("agent_id")),
            "model": values.get("model") or values.get("requested_model"),
            **{usage: values.get(usage) for usage in _USAGE},
            "nano_aiu": values.get("nano_aiu"),
            "failed": values.get("failed"),
        }

    def _tool(self, kind: str, name: str, values: Values) -> tuple[str, Values]:
        return "tool_calls", {
            "tool_key": _tool_key(values),
            "tool": values.get("tool"),
            "command_class": values.get("command_class"),
            "target_key": values.get("target_key"),
            "commit": values.get("made_commit"),
            "succeeded": values.get("succeeded"),
            "exit_code": values.get("exit_code"),
            "error_type": values.get("error_type"),
        }

    def _approval(self, kind: str, name: str, values: Values) -> tuple[str, Values]:
        return "approvals", {
            "approval_key": hash64("approval", *values["identity"]),
            "tool_key": _tool_key(values),
            "tool": values.get("tool"),
            "decision": values.get("decision"),
            "decision_source": values.get("decision_source"),
        }

    def _event(self, kind: str, name: str, values: Values) -> tuple[str, Values]:
        return "events", {
            "event_key": hash64(*values["identity"]),
            "kind": kind,
            "prompt_key": values.get("prompt_key"),
            "prompt_length": values.get("prompt_length"),
            "attempts": values.get("attempts"),
            "status_code": values.get("status_code"),
            "error_type": values.get("error_type"),
        }

    def _metric(self, metric: Metric) -> None:
        points = metric.points
        for point in points.dataPoints:
            values = read(point.attributes, self._plan, self._hasher, self._resource)
            digits = next((bytes(raw) for raw in (point.sum, point.asDouble) if bytes(raw) != b"null"), None)
            amount = point.asInt if digits is None else number(digits)
            at = instant(integer(point.timeUnixNano))
            session = values.get("session_id")
            record = {
                "session_key": _key("session", session) if session else None,
                "at": at,
                "since": instant(integer(point.startTimeUnixNano)),
                "emitter": self.emitter,
                "context_key": self._context(at[:10] if at else None, values),
                "metric": metric.name,
                "temporality": _TEMPORALITY.get(points.aggregationTemporality),
                "model": values.get("model") or values.get("requested_model"),
                "token_type": values.get("token_type"),
                "initiator": values.get("initiator"),
                "amount": str(amount) if amount is not None else None,
            }
            self._write("metrics", at[:10] if at else None, record, values)

    def _write(self, stream: str, day: str | None, record: Values, values: Values) -> None:
        body: dict[str, Any] = {name: value for name, value in record.items() if value is not None}
        # A name that nobody knows goes on without its value, and typing reports it as it reports every undeclared key.
        body.update(dict.fromkeys(f"attributes.{name}" for name in sorted(set(values.get("?", ())))))
        self._put(stream, day, msgspec.json.encode(body))


def _key(what: str, *parts: str | None) -> int | None:
    return hash64(what, *(part or "" for part in parts)) if parts[-1] else None


def _tool_key(values: Values) -> int:
    call = values.get("tool_call_id")
    return hash64("tool", str(values.get("session_id", "")), call) if call else hash64("tool", *values["identity"])


def _named(attributes: list[Attribute], name: str) -> str | None:
    for attribute in attributes:
        if attribute.key == name:
            value = plain(attribute.value)
            return value if isinstance(value, str) else None
    return None


def _short_text(body: msgspec.Raw) -> str | None:
    """A log's body, where it can be no more than an event's name."""
    if len(bytes(body)) > 120:
        return None
    value = plain(body)
    return value if isinstance(value, str) else None
