"""One landed line against its contract: strict types, bounds before any conversion, unknown keys by path.

A value is never guessed: what does not fit its declared type is a `BadRecord`, whose message says where and what was expected, never
the value (security-privacy 9). Absent and null stay None; neither is ever 0.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from typing import Any

import msgspec

from spend_assets.landing.contracts import Field, StreamContract
from spend_assets.landing.notation import DATE_FIELDS, NUMBER_FIELDS, PLAIN, WRITTEN, plain_date, plain_export, plain_number, written_of

LINE_BYTES = 16 * 2**20
DEPTH = 64
_DECIMAL_TEXT = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)
_INTEGER_TEXT = re.compile(r"[+-]?\d{1,25}(?:\.0*)?", re.ASCII)
_DATE_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SCALE = Decimal("1e-12")
EXACT = Context(prec=120)
"""Holds every sum of the numbers that the bounds let through without rounding."""
_ZERO = Decimal(0)
TOMBSTONE, TOMBSTONE_ID = "(erased)", -1
"""What stands where an erased person was named (screen.py): one word, and one number, for all of them."""
TWIN = "_twin"
"""Numbers the records of one generation that are alike since nobody is named in them: they are several, and none of them a repetition."""
_INT64 = 2**63

Converter = Callable[[Any], Any]


class BadRecord(Exception):
    """Why a record is quarantined: `field` is the path inside it, `shape` describes what stands there, both without values."""

    def __init__(self, reason: str, *, field: str = "", shape: str = ""):
        super().__init__(reason)
        self.reason, self.field, self.shape = reason, field, shape


class Number(str):
    """A JSON number with a fraction or an exponent, as the text that was sent."""

    __slots__ = ()


_decoder = msgspec.json.Decoder(float_hook=Number)


def shape_of(value: object) -> str:
    """What a value is, without what it says: "object with 14 keys"."""
    match value:
        case dict():
            return f"object with {len(value)} keys"
        case list():
            return f"list of {len(value)}"
        case bool():
            return "boolean"
        case Number() | int():
            return "number"
        case str():
            return f"text of {len(value)} characters"
    return "null"


def decode_line(line: bytes) -> dict[str, Any]:
    """The object on a landed line. Raises BadRecord for what is no JSON, no object, too long or too deep."""
    if len(line) > LINE_BYTES:
        raise BadRecord(f"longer than the bound of {LINE_BYTES} bytes", shape=f"{len(line)} bytes")
    try:
        value = _decoder.decode(line)
    except RecursionError:
        raise BadRecord(f"nested deeper than {DEPTH}", shape=f"{len(line)} bytes") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise BadRecord("no valid JSON", shape=f"{len(line)} bytes") from None
    # Only a line with more openers than the bound can be too deep, so most lines skip the walk.
    if line.count(b"{") + line.count(b"[") > DEPTH and _depth(value, DEPTH + 1) > DEPTH:
        raise BadRecord(f"nested deeper than {DEPTH}", shape=shape_of(value))
    if type(value) is not dict:
        raise BadRecord(
            "a record must be a JSON object (a CSV row with another number of cells than its header is none)", shape=shape_of(value)
        )
    return value


def _depth(value: object, left: int) -> int:
    if left == 0 or not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(item, left - 1) for item in inner if isinstance(item, dict | list)), default=0)


def decimal_of(text: str) -> Decimal:
    """The exact value of a decimal text. Raises ValueError beyond exponent +-30 or 16 integer digits, before anything is computed."""
    match = _DECIMAL_TEXT.fullmatch(text) if len(text) <= 128 else None
    if match is None or not (match[2] or match[3]):
        raise ValueError("no decimal number")
    if match[4] and (len(match[4]) > 4 or abs(int(match[4])) > 30):
        raise ValueError("exponent beyond +-30")
    value = EXACT.create_decimal(text)
    if value and value.adjusted() >= 16:
        raise ValueError("more than 16 integer digits")
    return value


def _decimal(value: Any) -> Decimal:
    if type(value) is int:
        if abs(value) >= 10**16:
            raise ValueError("more than 16 integer digits")
        return Decimal(value)
    if isinstance(value, str):
        return decimal_of(value)
    raise ValueError("expected a decimal number")


def _bigint(value: Any) -> int:
    if type(value) is int:
        if not -_INT64 <= value < _INT64:
            raise ValueError("integer of more than 64 bits")
        return value
    if type(value) is Number:
        exact = decimal_of(value)
        if exact != exact.to_integral_value():
            raise ValueError("expected an integer, got a fraction")
        return int(exact)
    raise ValueError("expected an integer")


def _bigint_text(value: Any) -> int:
    # Vendors send one count as a number here and as text there; the digits are the same.
    if type(value) is not str:
        return _bigint(value)
    if not _INTEGER_TEXT.fullmatch(value):
        raise ValueError("expected an integer")
    return _bigint(int(value.partition(".")[0]))


def _double(value: Any) -> float:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return float(_decimal(value))
    raise ValueError("expected a number")


def _string(value: Any) -> str:
    # Vendors send one id as a number here and as text there; the digits are the same.
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise ValueError("expected text")
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("expected true or false")
    return value


def _boolean_text(value: Any) -> bool:
    if type(value) is str and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return _boolean(value)


def _timestamp_value(value: Any) -> datetime:
    if type(value) is not str or len(value) > 40 or not _DATE_TEXT.match(value):
        raise ValueError("expected an ISO 8601 instant, for example 2026-07-01T00:00:00Z")
    try:
        instant = datetime.fromisoformat(value)
        return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError("expected an ISO 8601 instant, for example 2026-07-01T00:00:00Z") from None


def _timestamp(value: Any) -> str:
    return _timestamp_value(value).isoformat(sep=" ")


def _date(value: Any) -> str:
    if type(value) is str and _DATE_TEXT.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError("expected a date that exists, as YYYY-MM-DD") from None
    try:
        instant = _timestamp_value(value)
    except ValueError:
        raise ValueError("expected a date as YYYY-MM-DD") from None
    if instant.time() != datetime.min.time():
        raise ValueError("expected a date as YYYY-MM-DD, got an instant inside a day")
    return instant.date().isoformat()


_SCALARS: dict[str, Converter] = {
    "string": _string,
    "bigint": _bigint_text,
    "double": _double,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
_CSV_SCALARS = {**_SCALARS, "boolean": _boolean_text}


class Typer:
    """Types the records of one stream. Holds what was found on the way: unknown keys, and what rounding to 12 decimals left over.

    `drift`: unknown key paths of the record typed last. `residual`: per decimal path, the sum of exact minus kept, also of the last record.
    `twin`: its number among the records of erased people that are alike.
    """

    def __init__(self, contract: StreamContract):
        self.contract = contract
        self.drift: list[str] = []
        self.residual: dict[str, Decimal] = {}
        self.twin = 0
        self._written = PLAIN
        self._convert = self._struct("", contract.fields, contract.open)

    def __call__(self, line: bytes) -> dict[str, Any]:
        """The record's kept fields, in contract order, without the absent ones. Decimals have 12 places, rounded half up once.

        Dates are ISO text, instants UTC text without offset. Raises BadRecord.
        """
        self.drift, self.residual = [], {}
        record = decode_line(line)
        self._heed(record)
        record.pop(WRITTEN, None)
        twin = record.pop(TWIN, 0)
        self.twin = twin if type(twin) is int else 0
        typed: dict[str, Any] = self._convert(record)
        return typed

    def faults(self, line: bytes) -> list[BadRecord]:
        """Everything that is wrong with a record's own fields, in contract order, where `__call__` stops at the first."""
        try:
            record = decode_line(line)
        except BadRecord as bad:
            return [bad]
        self._heed(record)
        found = []
        for field in self.contract.kept:
            item = record.get(field.name)
            blank = item is None or (type(item) is str and not item.strip())
            if blank and field.required:
                found.append(BadRecord("empty, but every row needs it", field=field.name, shape=shape_of(item)))
            elif not blank:
                try:
                    self._converters[field.name](item)
                except ValueError as error:
                    found.append(BadRecord(str(error), field=field.name, shape=shape_of(item)))
                except BadRecord as bad:
                    found.append(bad)
        return found

    @cached_property
    def _converters(self) -> dict[str, Converter]:
        return {field.name: self._field(field.name, field) for field in self.contract.kept}

    def _heed(self, record: dict[str, Any]) -> None:
        """Read dates and numbers in the way that the record's file is written (notation.py)."""
        mark = record.get(WRITTEN) if self.contract.from_csv else None
        self._written = written_of(mark) if type(mark) is str else PLAIN

    def value(self, record: dict[str, Any], name: str) -> Any:
        """One top-level field of a decoded record, typed. Raises BadRecord where it is absent or does not fit."""
        self._heed(record)
        try:
            return self._converters[name](record.get(name))
        except ValueError as error:
            raise BadRecord(str(error), field=name, shape=shape_of(record.get(name))) from None

    def _field(self, path: str, field: Field) -> Converter:
        if field.type == "struct":
            return self._struct(path, field.fields, field.open)
        if field.type == "list":
            return self._list(path, field)
        convert = (_CSV_SCALARS if self.contract.from_csv else _SCALARS)[field.type]
        if field.type == "decimal":
            convert = self._rounded(path)
        if self.contract.from_csv and not self.contract.hand_made and field.type in ("decimal", "bigint"):
            convert = _of_export(convert, field.type)
        if self.contract.from_csv and field.type in (*DATE_FIELDS, *NUMBER_FIELDS):
            convert = self._as_written(convert, dated=field.type in DATE_FIELDS)
        if field.minimum is not None:
            convert = _bounded(convert, field.minimum)
        if field.enum or field.pattern:
            convert = _worded(convert, field)
        return convert

    def _as_written(self, convert: Converter, *, dated: bool) -> Converter:
        def converted(value: Any) -> Any:
            if self._written is not PLAIN and type(value) is str:
                value = plain_date(value, self._written.dates) if dated else plain_number(value, self._written.decimals)
            return convert(value)

        return converted

    def _rounded(self, path: str) -> Converter:
        def convert(value: Any) -> Decimal:
            exact = _decimal(value)
            kept = exact.quantize(_SCALE, rounding=ROUND_HALF_UP, context=EXACT)
            if kept != exact:
                self.residual[path] = EXACT.add(self.residual.get(path, _ZERO), EXACT.subtract(exact, kept))
            return kept or _ZERO

        return convert

    def _list(self, path: str, field: Field) -> Converter:
        convert = self._struct(f"{path}[]", field.fields, field.open)

        def items(value: Any) -> list[dict[str, Any]]:
            if type(value) is not list:
                raise ValueError("expected a list")
            return [convert(item) for item in value]

        return items

    def _struct(self, path: str, fields: tuple[Field, ...], opened: bool) -> Converter:
        prefix = f"{path}." if path else ""
        known = {field.name for field in fields}
        empty_is_null = self.contract.from_csv
        plan = [
            (
                field.name,
                prefix + field.name,
                self._field(prefix + field.name, field),
                field.required,
                empty_is_null and field.type != "string",
            )
            for field in fields
            if field.kept
        ]

        def convert(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise BadRecord("expected an object", field=path, shape=shape_of(value))
            if not (opened or value.keys() <= known):
                self.drift.extend(prefix + key[:80] for key in value.keys() - known)
            typed: dict[str, Any] = {}
            for name, where, convert_field, required, text in plan:
                item = value.get(name)
                if item is None or (text and type(item) is str and not item.strip()):
                    if required:
                        raise BadRecord("required, but absent, null or empty", field=where, shape=shape_of(value))
                    continue
                try:
                    typed[name] = convert_field(item)
                except ValueError as error:
                    raise BadRecord(str(error), field=where, shape=shape_of(item)) from None
            return typed

        return convert


def _of_export(convert: Converter, kind: str) -> Converter:
    return lambda value: convert(plain_export(value, kind) if type(value) is str else value)


def _bounded(convert: Converter, minimum: Decimal) -> Converter:
    def bounded(value: Any) -> Any:
        typed = convert(value)
        if typed < minimum:
            raise ValueError(f"below the smallest value that is possible, {minimum}")
        return typed

    return bounded


def _worded(convert: Converter, field: Field) -> Converter:
    pattern = re.compile(field.pattern or ".*", re.ASCII | re.DOTALL)

    def worded(value: Any) -> Any:
        typed = convert(value)
        if type(typed) is str and not typed.strip():
            return typed
        if field.enum and typed not in field.enum:
            raise ValueError(f"expected one of {', '.join(field.enum)}" + (f"; {field.why}" if field.why else ""))
        if not pattern.fullmatch(str(typed)):
            raise ValueError(f"expected {field.meaning}")
        return typed

    return worded
