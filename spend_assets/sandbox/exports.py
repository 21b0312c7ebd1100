"""Billing report exports: ordered, processed one at a time per enterprise, then fetched from signed links."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from spend_assets.sandbox.access import json_response, problem
from spend_assets.sandbox.billing_csv import BillingFiles, encode
from spend_assets.sandbox.clock import VirtualClock
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.http_server import Response

MOST_DAYS = 31
LINK_SECONDS = 3600
ROWS_PER_FILE = 4_000
_KEPT_EXPORTS = 4
PROCESSING_SECONDS = 240
"""An export is done after one or two polls, or after this time on the virtual clock."""

Linker = Callable[[str, int, Callable[[int], bytes]], list[str]]
"""(key, files, content) -> signed links."""


@dataclass
class _Export:
    id: str
    kind: str
    start: date
    end: date
    created: datetime
    polls_left: int
    done: bool = False
    files: int | None = None
    """How many, once that is known."""


class Exports:
    def __init__(self, files: BillingFiles, clock: VirtualClock, dice: Dice):
        self._files, self._clock, self._dice = files, clock, dice
        self._lock = threading.Lock()
        self._exports: dict[str, _Export] = {}
        self._written: dict[str, list[bytes]] = {}

    def create(self, body: bytes) -> Response:
        try:
            order = msgspec.json.decode(body)
            kind = order["report_type"]
            start = date.fromisoformat(order["start_date"])
            end = date.fromisoformat(order.get("end_date") or self._clock.now().date().isoformat())
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return problem(400, "Problems parsing JSON: report_type, start_date and end_date (YYYY-MM-DD) are expected.")
        if kind not in ("ai_credit", "detailed"):
            return problem(422, f"Invalid report_type {str(kind)[:40]!r}; the sandbox exports ai_credit and detailed.")
        if end < start:
            return problem(422, "end_date is before start_date.")
        if (end - start).days + 1 > MOST_DAYS:
            return problem(422, f"The date range may have at most {MOST_DAYS} days.")
        with self._lock:
            self._work()
            busy = next((export for export in self._exports.values() if not export.done), None)
            if busy:
                busy.polls_left -= 1
                return problem(409, "A usage report export is already being processed for this enterprise.")
            number = len(self._exports)
            token = self._dice.token(32, "export", number)
            name = f"{token[:8]}-{token[8:12]}-4{token[13:16]}-a{token[17:20]}-{token[20:32]}"
            polls = self._dice.between(1, 2, "polls", number)
            export = _Export(name, kind, start, end, self._clock.now(), polls)
            self._exports[name] = export
            return json_response(_shown(export, []), 202)

    def listed(self, linker: Linker) -> Response:
        with self._lock:
            self._poll()
            found = list(self._exports.values())
        return json_response({"usage_report_exports": [_shown(export, self._links(export, linker)) for export in found]})

    def get(self, name: str, linker: Linker) -> Response:
        with self._lock:
            self._poll()
            export = self._exports.get(name)
        if export is None:
            return problem(404, "Not Found")
        return json_response(_shown(export, self._links(export, linker)))

    def _poll(self) -> None:
        for export in self._exports.values():
            if not export.done:
                export.polls_left -= 1
        self._work()

    def _work(self) -> None:
        now = self._clock.now()
        for export in self._exports.values():
            late = now - export.created >= timedelta(seconds=PROCESSING_SECONDS)
            if not export.done and (export.polls_left < 0 or late):
                export.done = True

    def _links(self, export: _Export, linker: Linker) -> list[str]:
        """Links to the files as billed when the export was ordered; none where there are no rows."""
        if not export.done:
            return []
        if export.files is None:
            export.files = len(self._content(export))
        if not export.files:
            return []
        return linker(f"{export.kind} {export.start} {export.end}", export.files, lambda part: self._content(export)[part])

    def _content(self, export: _Export) -> list[bytes]:
        """The files of an export; those of the latest few are kept, others are written again."""
        files = self._written.get(export.id)
        if files is None:
            make = self._files.ai_credit if export.kind == "ai_credit" else self._files.detailed
            header, *rows = make(export.start, export.end, export.created)
            starts = range(0, len(rows), ROWS_PER_FILE)
            files = self._written[export.id] = [encode([header, *rows[start : start + ROWS_PER_FILE]]) for start in starts]
            while len(self._written) > _KEPT_EXPORTS:
                self._written.pop(next(iter(self._written)), None)
        return files


def _shown(export: _Export, links: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": export.id,
        "report_type": export.kind,
        "start_date": export.start.isoformat(),
        "end_date": export.end.isoformat(),
        "status": "completed" if export.done else "processing",
        "actor": "billing-manager_acme",
        "created_at": export.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if export.done:
        shown["download_urls"] = links
    return shown
