"""Faults that hit a request and are gone when it is sent again, the same for every vendor's server."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spend_assets.sandbox.http_server import Response

if TYPE_CHECKING:
    from spend_assets.sandbox.world import World

KINDS = (
    *("rate_limit_primary", "secondary_limit_seconds", "secondary_limit_date", "secondary_limit_bare"),
    *("server_error", "slow_body", "reset_body", "wrong_content_type"),
)
OUTAGE = timedelta(minutes=40)
OUTAGE_REQUESTS = 60
"""The clock may stand still, so an outage also ends after this many refusals."""
_PAGE = b"<!DOCTYPE html><html><head><title>Unicorn!</title></head><body><p>This page is taking too long to load.</p></body></html>"


class RequestFaults:
    """Put around every answer of one vendor's server."""

    def __init__(self, world: "World", vendor: str):
        self._world, self._vendor = world, vendor
        self._refused: dict[str, int] = {}
        self._lock = threading.Lock()

    def around(
        self,
        key: str,
        answer: Callable[[], Response],
        limited: Callable[[str, float], Response],
        failed: Callable[[int], Response],
    ) -> Response:
        """The answer, or a fault in its place. `key` names route and window of the request, without tokens.

        `limited(kind, seconds)` makes the vendor's refusal for a rate limit of `kind` (see KINDS), `seconds` being already scaled;
        `failed(status)` its answer to a failure of the server.
        """
        if self._is_out():
            return failed(503)
        world = self._world
        fault = world.faults.for_request(key, KINDS)
        if fault is None:
            return answer()
        kind, fault_id = fault
        number = world.dice.number("how", fault_id)
        if kind == "server_error":
            return failed((500, 502, 503)[number % 3])
        if kind == "wrong_content_type":
            return Response(200, _PAGE, {"Content-Type": "text/html; charset=utf-8"})
        if kind not in ("slow_body", "reset_body"):
            return limited(kind, (20 + number % 70) * world.config.wait_scale)
        response = answer()
        response.damage = "slow" if kind == "slow_body" else "reset"
        return response

    def outage(self, year: int, month: int) -> datetime:
        """When this vendor's 40 minutes of a month begin."""
        minutes = self._world.dice.number("outage", self._vendor, year, month) % (27 * 24 * 60)
        return datetime(year, month, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    def _is_out(self) -> bool:
        world = self._world
        if not world.faults.rate("outage"):
            return False
        now = world.clock.now()
        begins = self.outage(now.year, now.month)
        if not begins <= now < begins + OUTAGE:
            return False
        with self._lock:
            refused = self._refused[begins.isoformat()] = self._refused.get(begins.isoformat(), 0) + 1
        if refused > OUTAGE_REQUESTS:
            return False
        world.faults.note("outage", self._vendor, begins.date(), f"from {begins:%H:%M} for 40 minutes")
        return True
