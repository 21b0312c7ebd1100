"""Cursor's two ways to write time: epoch milliseconds (as a number or as text) and ISO 8601, both UTC."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec

from spend_assets.answers import Window

HOUR = timedelta(hours=1)
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)


def bounds_ms(window: Window) -> tuple[int, int]:
    """First and last millisecond of the window. Cursor counts both bounds in (admin-api): the last one ends before the next day begins."""
    return _day_ms(window.start), _day_ms(window.end) - 1


def bounds_iso(window: Window) -> tuple[str, str]:
    """The same two instants as text."""
    last = window.end - timedelta(days=1)
    return f"{window.start.isoformat()}T00:00:00.000Z", f"{last.isoformat()}T23:59:59.999Z"


def is_closed(window: Window, now: datetime) -> bool:
    """Whether the window's last hour was aggregated: Cursor aggregates hourly, and lists shift while rows are added."""
    return now >= datetime.combine(window.end, time(), UTC) + HOUR


def day_of_ms(text: str | int | None) -> str | None:
    """The UTC day of epoch milliseconds as YYYY-MM-DD; None where `text` is no such number."""
    digits = str(text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 14:
        return None
    return (_EPOCH + timedelta(days=int(digits) // _DAY_MS)).isoformat()


def day_of_iso(text: str | None) -> str | None:
    """The UTC day of an ISO instant as YYYY-MM-DD; None where `text` is none."""
    try:
        instant = datetime.fromisoformat(text or "")
        return (instant if instant.tzinfo is None else instant.astimezone(UTC)).date().isoformat()
    except (ValueError, OverflowError):
        return None


def lenient(record: msgspec.Raw, *names: str) -> dict[str, str | int | None]:
    """The named text or whole-number values of a record, None where one is absent or anything else; never an error."""
    try:
        sent = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return dict.fromkeys(names)
    values: dict[str, str | int | None] = {}
    for name in names:
        value = msgspec.json.decode(sent[name]) if name in sent else None
        values[name] = value if isinstance(value, str | int) and not isinstance(value, bool) else None
    return values


def _day_ms(day: date) -> int:
    return (day - _EPOCH).days * _DAY_MS
