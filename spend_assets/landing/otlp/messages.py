"""OTLP in JSON (opentelemetry-proto) as spans, log records and metric points. Nothing but the fields below is decoded.

Names and messages of people stand in fields that are not here (bodies, span events, status messages), and in attribute values, which stay
undecoded until attributes.yml keeps their name. 64-bit integers come as text or as numbers, ids as hex in any case.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

Integer = int | str | None
ABSENT = msgspec.Raw(b"null")
"""msgspec takes no optional Raw; an absent field and a null are one."""


class Attribute(msgspec.Struct):
    key: str
    value: msgspec.Raw = msgspec.Raw(b"{}")


class _Value(msgspec.Struct):
    stringValue: str | None = None
    intValue: msgspec.Raw = ABSENT
    doubleValue: msgspec.Raw = ABSENT
    boolValue: bool | None = None


class Span(msgspec.Struct):
    traceId: str | None = None
    spanId: str | None = None
    parentSpanId: str | None = None
    name: str | None = None
    kind: int | str = 0
    startTimeUnixNano: Integer = None
    endTimeUnixNano: Integer = None
    attributes: list[Attribute] = []
    status: "_Status | None" = None


class _Status(msgspec.Struct):
    code: int | str = 0


class LogRecord(msgspec.Struct):
    timeUnixNano: Integer = None
    observedTimeUnixNano: Integer = None
    eventName: str | None = None
    body: msgspec.Raw = ABSENT
    attributes: list[Attribute] = []
    traceId: str | None = None
    spanId: str | None = None


class Point(msgspec.Struct):
    startTimeUnixNano: Integer = None
    timeUnixNano: Integer = None
    asInt: Integer = None
    asDouble: msgspec.Raw = ABSENT
    sum: msgspec.Raw = ABSENT
    attributes: list[Attribute] = []


class _Points(msgspec.Struct):
    dataPoints: list[Point] = []
    aggregationTemporality: int | str = 0


class Metric(msgspec.Struct):
    name: str | None = None
    sum: _Points | None = None
    gauge: _Points | None = None
    histogram: _Points | None = None
    exponentialHistogram: _Points | None = None

    @property
    def points(self) -> _Points:
        return self.sum or self.gauge or self.histogram or self.exponentialHistogram or _Points()


class _Scope(msgspec.Struct):
    name: str | None = None


class _Resource(msgspec.Struct):
    attributes: list[Attribute] = []


class _OfScope(msgspec.Struct):
    """Of one scope; only one of the three lists is there."""

    scope: _Scope = msgspec.field(default_factory=_Scope)
    spans: list[Span] = []
    logRecords: list[LogRecord] = []
    metrics: list[Metric] = []


class _OfResource(msgspec.Struct):
    """Of one resource; only one of the three lists is there."""

    resource: _Resource = msgspec.field(default_factory=_Resource)
    scopeSpans: list[_OfScope] = []
    scopeLogs: list[_OfScope] = []
    scopeMetrics: list[_OfScope] = []


class _Message(msgspec.Struct):
    resourceSpans: list[_OfResource] | None = None
    resourceLogs: list[_OfResource] | None = None
    resourceMetrics: list[_OfResource] | None = None


class Group(NamedTuple):
    """What one scope of one resource says in one line."""

    resource: list[Attribute]
    scope: str
    spans: list[Span]
    logs: list[LogRecord]
    metrics: list[Metric]


_message = msgspec.json.Decoder(_Message)
_value = msgspec.json.Decoder(_Value)


class NotOtlp(Exception):
    """A line that is no OTLP message; the text says why, without a value."""


def groups(line: bytes) -> Iterator[Group]:
    """Everything on one line, whatever signals it mixes. Raises NotOtlp before anything of the line is handed out."""
    try:
        message = _message.decode(line)
    except msgspec.ValidationError:
        raise NotOtlp("a field has a type that OTLP does not have there") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        raise NotOtlp("no valid JSON") from None
    if message.resourceSpans is None and message.resourceLogs is None and message.resourceMetrics is None:
        raise NotOtlp("neither resourceSpans nor resourceLogs nor resourceMetrics; only what a collector writes is read")
    for resources in (message.resourceSpans, message.resourceLogs, message.resourceMetrics):
        for told in resources or ():
            for part in (*told.scopeSpans, *told.scopeLogs, *told.scopeMetrics):
                yield Group(told.resource.attributes, part.scope.name or "", part.spans, part.logRecords, part.metrics)


class Text(str):
    """The digits of a JSON number with a fraction or an exponent, as sent."""

    __slots__ = ()


def plain(value: msgspec.Raw) -> str | int | bool | None:
    """An attribute's value: text, integer, boolean, or the digits of a double as `Text`; None for lists, maps and bytes."""
    try:
        known = _value.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    if known.stringValue is not None:
        return known.stringValue
    for digits in (bytes(known.intValue), bytes(known.doubleValue)):
        if digits != b"null":
            return number(digits)
    return known.boolValue


def number(digits: bytes) -> int | str:
    """A JSON number, or one in quotes: as an integer where it is one, else as its digits."""
    text = digits.decode().strip().strip('"')
    return int(text) if len(text) <= 20 and text.lstrip("-").isdigit() else Text(text)


def integer(value: Integer) -> int | None:
    """A 64-bit field that comes as text or as number; None for what is absent, 0 (OTLP's unknown time) or no integer."""
    if isinstance(value, str):
        value = int(value) if len(value) <= 20 and value.isdigit() else None
    return value or None
