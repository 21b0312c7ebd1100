"""Cursor's Admin and AI Code Tracking API as far as the platform reads it: access, paging, limits per minute, and the faults on top.

Written from cursor.com/docs/account/teams/admin-api and .../ai-code-tracking-api.
"""

import base64
import functools
import gzip
import re
import threading
import time as wall
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import msgspec

from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.cells import Cell, WithheldCell
from spend_assets.sandbox.cursor_team import CursorTeam
from spend_assets.sandbox.cursor_usage import CursorUsage
from spend_assets.sandbox.cursor_views import CursorViews, Row
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.request_faults import RequestFaults
from spend_assets.sandbox.world import World

ACCOUNT = "team"
MOST_EVENTS = 500
"""The server's page of events, whatever was asked for: it is smaller than the 1,000 that the documentation allows."""
_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
_SMALLEST_PACKED = 1_000


class _Bad(Exception):
    """A request that Cursor answers with 400."""


@dataclass
class _Minute:
    used: int = 0
    began: float = 0.0
    refused_at: float | None = None
    ordered: float = 0.0


def answer_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(status, msgspec.json.encode(value), {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return answer_json({"error": _TITLES.get(status, "Internal Server Error"), "message": message}, status, headers)


class CursorServer:
    prefix = "cursor"

    def __init__(self, world: World):
        self.world, self.clock = world, world.clock
        self.team = CursorTeam(world)
        self.usage = CursorUsage(world, self.team)
        self.views = CursorViews(self.team, self.usage)
        self.tokens = {"CURSOR_API_KEY": f"key_{world.dice.token(64, 'cursor key')}"}
        self._faults = RequestFaults(world, "cursor")
        self._minutes: dict[str, _Minute] = defaultdict(_Minute)
        self._lock = threading.Lock()
        self._routes: list[tuple[str, re.Pattern[str], int, Callable[[Request, dict[str, str]], Response]]] = [
            _route("GET", "/teams/members", 20, self._members),
            _route("POST", "/teams/daily-usage-data", 20, self._daily_usage),
            _route("POST", "/teams/spend", 20, self._spend),
            _route("POST", "/teams/filtered-usage-events", 60, self._usage_events),
            _route("GET", "/teams/groups", 20, self._groups),
            _route("GET", "/teams/groups/{group}", 20, self._group),
            _route("GET", "/teams/audit-logs", 20, self._audit_logs),
            _route("GET", "/analytics/ai-code/commits", 20, self._commits),
        ]

    def settings(self, base_url: str) -> str:
        return f'[[sources.cursor]]\naccount = "{ACCOUNT}"\nbase_url = "{base_url}"\nkey_env = "CURSOR_API_KEY"\n'

    def handle(self, request: Request) -> Response:
        response = self._answer(request)
        response.headers.setdefault("Date", format_datetime(self.clock.now(), usegmt=True))
        if request.accepts_gzip() and len(response.body) >= _SMALLEST_PACKED and "Content-Encoding" not in response.headers:
            response.body = gzip.compress(response.body, compresslevel=1, mtime=0)
            response.headers["Content-Encoding"] = "gzip"
        return response

    def _answer(self, request: Request) -> Response:
        expected = base64.b64encode(f"{self.tokens['CURSOR_API_KEY']}:".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return problem(401, "Invalid API key")
        for method, pattern, limit, answer in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None or method != request.method:
                continue
            refusal = self._spend_request(pattern.pattern, limit)
            if refusal:
                return refusal
            shown = " ".join(f"{name}={request.query[name]}" for name in sorted(request.query)) + request.body.decode(errors="replace")
            key = f"cursor {request.method} {request.path} {shown}".strip()
            give = functools.partial(_checked, answer, request, match.groupdict())
            return self._faults.around(key, give, self._limited, _failed)
        return problem(404, "Resource not found")

    def _spend_request(self, route: str, limit: int) -> Response | None:
        """So many requests per minute and endpoint. The virtual clock may stand still, so a minute ends as well once a refused client has
        waited as long as it was told."""
        scale = self.world.config.wait_scale
        with self._lock:
            minute, now = self._minutes[route], wall.monotonic()
            waited = minute.refused_at is not None and now - minute.refused_at >= minute.ordered
            if waited or now - minute.began >= 60:
                minute = self._minutes[route] = _Minute(began=now)
            minute.used += 1
            if minute.used <= limit:
                return None
            if minute.refused_at is None:
                minute.refused_at, minute.ordered = now, (60 - (now - minute.began)) * scale
            return problem(429, "Rate limit exceeded. Please try again later.", {"Retry-After": str(round(minute.ordered))})

    def _limited(self, kind: str, seconds: float) -> Response:
        """Cursor documents no Retry-After; its answers carry one all the same, as seconds or as a date."""
        headers = {}
        if kind == "secondary_limit_date":
            headers["Retry-After"] = format_datetime(self.clock.now() + timedelta(seconds=round(seconds)), usegmt=True)
        elif kind != "secondary_limit_bare":
            headers["Retry-After"] = str(round(seconds))
        return problem(429, "Rate limit exceeded. Please try again later.", headers)

    # --- endpoints ---

    def _members(self, _: Request, __: dict[str, str]) -> Response:
        return answer_json({"teamMembers": self.views.members(self.clock.now())})

    def _usage_events(self, request: Request, _: dict[str, str]) -> Response:
        body, now = _body(request), self.clock.now()
        last = _whole(body, "endDate", int(now.timestamp() * 1000))
        first = _whole(body, "startDate", last - 30 * 86_400_000)
        page, size = _whole(body, "page", 1), min(_whole(body, "pageSize", 100), MOST_EVENTS)
        events = self.views.events(first, last, now)
        pages = max(1, -(-len(events) // size))
        begin = (page - 1) * size
        if begin and self.world.faults.for_request(f"cursor page {page} of {first}-{last}", ("shifted_page",)):
            begin -= 1  # a call was shown in front since the page before: its last one is here again, and this page's last one is nowhere
        answer: Row = {
            "totalUsageEventsCount": len(events),
            "pagination": {
                "numPages": pages,
                "currentPage": page,
                "pageSize": size,
                "hasNextPage": page < pages,
                "hasPreviousPage": page > 1,
            },
            "usageEvents": [self.views.event_row(event) for event in events[begin : begin + size]],
            "period": {"startDate": first, "endDate": last},
        }
        if datetime.fromtimestamp(first // 1000, UTC).date() in self.usage.withheld_days:
            del answer["usageEvents"]
        return answer_json(answer)

    def _daily_usage(self, request: Request, _: dict[str, str]) -> Response:
        body, now = _body(request), self.clock.now()
        first, last = _whole(body, "startDate"), _whole(body, "endDate")
        if last - first > 30 * 86_400_000:
            raise _Bad("Date range cannot exceed 30 days")
        if ("page" in body) != ("pageSize" in body):
            raise _Bad("page and pageSize must be provided together")
        start, end = (datetime.fromtimestamp(stamp // 1000, UTC).date() for stamp in (first, last))
        members = self.views.daily_members(start, end)
        answer: Row = {"period": {"startDate": first, "endDate": last}}
        if "page" in body:
            page, size = _whole(body, "page"), _whole(body, "pageSize")
            pages = max(1, -(-len(members) // size))
            answer["data"] = self.views.daily_rows(members[(page - 1) * size : page * size], start, end, now)
            answer["pagination"] = {
                "page": page,
                "pageSize": size,
                "totalUsers": len(members),
                "totalPages": pages,
                "hasNextPage": page < pages,
                "hasPreviousPage": page > 1,
            }
        else:
            answer["data"] = [row for row in self.views.daily_rows(members, start, end, now) if row["isActive"]]
        return answer_json(answer)

    def _spend(self, request: Request, _: dict[str, str]) -> Response:
        body = _body(request)
        cycle_start, rows = self.views.spend(self.clock.now())
        size = _whole(body, "pageSize", 100)
        begin = (_whole(body, "page", 1) - 1) * size
        return answer_json(
            {
                "teamMemberSpend": rows[begin : begin + size],
                "subscriptionCycleStart": cycle_start,
                "totalMembers": len(rows),
                "totalPages": max(1, -(-len(rows) // size)),
            }
        )

    def _groups(self, request: Request, _: dict[str, str]) -> Response:
        return answer_json(self.views.groups(self._cycle_day(request), self.clock.now()))

    def _group(self, request: Request, at: dict[str, str]) -> Response:
        groups = self.views.groups(self._cycle_day(request), self.clock.now())
        for group in [*_list(groups["groups"]), groups["unassignedGroup"]]:
            if isinstance(group, dict) and group["id"] == at["group"]:
                return answer_json({"group": group, "billingCycle": groups["billingCycle"]})
        return problem(404, "Resource not found")

    def _cycle_day(self, request: Request) -> date:
        return date.fromisoformat(request.query.get("billingCycle", self.clock.now().date().isoformat()))

    def _audit_logs(self, request: Request, _: dict[str, str]) -> Response:
        start, end = _instants(request, "startTime", "endTime", self.clock.now())
        if end - start > timedelta(days=30):
            raise _Bad("Date range cannot exceed 30 days")
        wanted = [name for name in request.query.get("eventTypes", "").split(",") if name]
        events = [
            {
                "event_id": f"evt_{self.world.dice.token(16, kind, who, instant.isoformat(), str(data.get('email', '')))}",
                "timestamp": instant.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "ip_address": "203.0.113.42",
                "user_email": who,
                "event_type": kind,
                "event_data": data,
            }
            for instant, kind, who, data in self.team.audit_events(start, min(end, self.clock.now()))
            if not wanted or kind in wanted
        ]
        page, size = int(request.query.get("page", "1")), min(int(request.query.get("pageSize", "100")), 500)
        pages = max(1, -(-len(events) // size))
        pagination = {"page": page, "pageSize": size, "totalCount": len(events), "totalPages": pages}
        pagination |= {"hasNextPage": page < pages, "hasPreviousPage": page > 1}
        params = {"teamId": 40211, "startDate": int(start.timestamp() * 1000), "endDate": int(end.timestamp() * 1000)}
        return answer_json({"events": events[(page - 1) * size : page * size], "pagination": pagination, "params": params})

    def _commits(self, request: Request, _: dict[str, str]) -> Response:
        start, end = _instants(request, "startDate", "endDate", self.clock.now())
        rows = self.views.commits(start, end, self.clock.now())
        page, size = int(request.query.get("page", "1")), min(int(request.query.get("pageSize", "100")), 1000)
        return answer_json({"items": rows[(page - 1) * size : page * size], "totalCount": len(rows), "page": page, "pageSize": size})

    # --- truth ---

    def cells(self, start: date, end: date, as_of: datetime) -> list[Cell]:
        """Per day, principal and model. Calls that are not charged are consumption and billed at nothing."""
        cells = []
        for day in self.world.config.history():
            if start <= day <= end:
                cells += self._cells_of(day, as_of)
        return cells

    def _cells_of(self, day: date, as_of: datetime) -> list[Cell]:
        sums: dict[tuple[str, str, str | None, str], list[int]] = {}
        for event in self.usage.day(day, as_of):
            who: tuple[str, str, str | None]
            if event.member is None:
                who = (self.team.service_accounts[event.service or 0].id, "machine", None)
            else:
                member = self.team.by_number[event.member]
                who = (member.principal, "person", member.person.employee_id)
            total = sums.setdefault((*who, event.price.model), [0] * 6)
            values = (event.consumption, event.billed, event.input, event.cache_read, event.cache_write, event.output)
            for place, value in enumerate(values):
                total[place] += value
        return [
            Cell("cursor", ACCOUNT, day, *who[:3], who[3], exact(total[0], 12), exact(total[1], 12), *total[2:])
            for who, total in sorted(sums.items(), key=lambda pair: (pair[0][0], pair[0][3]))
        ]

    def withheld(self) -> list[WithheldCell]:
        days = self.usage.broken_days | self.usage.withheld_days
        return [WithheldCell("cursor", ACCOUNT, "usage_events", day) for day in sorted(days)]


def _checked(answer: Callable[[Request, dict[str, str]], Response], request: Request, at: dict[str, str]) -> Response:
    try:
        return answer(request, at)
    except _Bad as bad:
        return problem(400, str(bad))
    except (ValueError, msgspec.DecodeError):
        return problem(400, "Invalid request")


def _failed(status: int) -> Response:
    return problem(status, "An unexpected error occurred")


def _route(
    method: str, template: str, limit: int, answer: Callable[[Request, dict[str, str]], Response]
) -> tuple[str, re.Pattern[str], int, Callable[[Request, dict[str, str]], Response]]:
    return method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)), limit, answer


def _body(request: Request) -> dict[str, object]:
    return msgspec.json.decode(request.body or b"{}", type=dict[str, object])


def _whole(body: dict[str, object], name: str, default: int | None = None) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or value < 0:
        raise _Bad(f"{name} must be a number")
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _instants(request: Request, start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """ISO instants or dates; by default the last seven days."""
    until = datetime.fromisoformat(request.query[end]) if end in request.query else now
    since = datetime.fromisoformat(request.query[start]) if start in request.query else until - timedelta(days=7)
    return _utc(since), _utc(until)


def _utc(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
