"""The virtual clock: it stands still until it is set or advanced, so that weeks of late data play in seconds."""

import threading
from datetime import UTC, datetime, timedelta


class VirtualClock:
    def __init__(self, instant: datetime):
        self._lock = threading.Lock()
        self._instant = _utc(instant)

    def now(self) -> datetime:
        """The virtual instant, timezone-aware UTC."""
        with self._lock:
            return self._instant

    def set(self, instant: datetime) -> None:
        """Go to an instant, also back in time. A datetime without zone is read as UTC."""
        with self._lock:
            self._instant = _utc(instant)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._instant += timedelta(seconds=seconds)


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
