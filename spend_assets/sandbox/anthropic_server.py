"""Anthropic's organisation APIs as the platform reads them: access, cursors, limits, and the faults on top.

Written from platform.claude.com/docs: "Usage and Cost Analytics API", "Usage and Cost API", "Claude Code Analytics API", "Analytics APIs",
"Spend Limits API", "Errors" and the reference of the Admin API.
"""

import base64
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import TypeVar

import msgspec

from spend_assets.sandbox.anthropic_directory import AnthropicDirectory
from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE, AnthropicPeople
from spend_assets.sandbox.anthropic_reports import DIMENSIONS, AnthropicReports, Json, bucket
from spend_assets.sandbox.anthropic_truth import cells
from spend_assets.sandbox.anthropic_usage import AnthropicUsage
from spend_assets.sandbox.cells import Cell, WithheldCell
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.request_faults import RequestFaults
from spend_assets.sandbox.world import World

KEYS = {CONSOLE: "ANTHROPIC_ADMIN_KEY", ENTERPRISE: "ANTHROPIC_ENTERPRISE_KEY"}
BETA = "analytics-usage-cost-2026-08-24"
VERSIONS = ("2023-06-01", "2026-10-21")
FIRST_DAY = date(2026, 1, 1)
_MAX_DIMENSIONS = 5
_KINDS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
_FAILURES = {429: "rate_limit_error", 500: "api_error", 503: "api_error", 529: "overloaded_error"}
_ENTERPRISE_LAG = 2
"""Days until activity of a day is there: computed at 10:00 UTC of the next day, with a day to spare."""


T = TypeVar("T")


class _Refused(Exception):
    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True)
class _Route:
    accounts: tuple[str, ...]
    answer: Callable[[str, Request], Json]
    beta: bool = False


class AnthropicServer:
    """`handle` answers one request. Two organisations stand behind it, told apart by the key."""

    prefix = "anthropic"

    def __init__(self, world: World):
        self.world = world
        self.people = AnthropicPeople(world.organisation)
        self.usage = AnthropicUsage(self.people, world.faults)
        self.reports = AnthropicReports(self.usage, world.faults)
        self.directory = AnthropicDirectory(self.usage)
        self._faults = RequestFaults(world, "anthropic")
        self._deaths: dict[str, int] = {}
        self._lock = threading.Lock()
        self.tokens = {name: f"sk-ant-{_word(account)}-{world.dice.token(40, 'claude key', account)}" for account, name in KEYS.items()}
        both, console, enterprise = (CONSOLE, ENTERPRISE), (CONSOLE,), (ENTERPRISE,)
        base = "/v1/organizations"
        self._routes = {
            f"{base}/analytics/cost": _Route(both, self._ranked("cost"), beta=True),
            f"{base}/analytics/usage": _Route(both, self._ranked("usage"), beta=True),
            f"{base}/usage_report/messages": _Route(console, self._buckets(self.reports.messages)),
            f"{base}/cost_report": _Route(console, self._buckets(self.reports.costs)),
            f"{base}/usage_report/claude_code": _Route(console, self._claude_code),
            f"{base}/users": _Route(both, lambda account, request: self._listed(request, self.directory.users(account, self._today()))),
            f"{base}/workspaces": _Route(console, self._workspaces),
            f"{base}/api_keys": _Route(console, lambda _, request: self._listed(request, self.directory.api_keys(self._today()))),
            f"{base}/analytics/users": _Route(enterprise, self._activity),
            f"{base}/analytics/summaries": _Route(enterprise, self._summaries),
            f"{base}/spend_limits/effective": _Route(enterprise, self._spend_limits),
            f"{base}/me": _Route(
                both, lambda account, _: {"id": world.dice.token(32, "org", account), "name": "Acme", "type": "organization"}
            ),
        }

    def settings(self, base_url: str) -> str:
        """Both organisations as [[sources.anthropic]] sections."""
        kinds = {CONSOLE: "console", ENTERPRISE: "enterprise"}
        return "\n".join(
            f'[[sources.anthropic]]\naccount = "{account}"\nkind = "{kind}"\nbase_url = "{base_url}"\nkey_env = "{KEYS[account]}"\n'
            for account, kind in kinds.items()
        )

    def cells(self, start: date, end: date, as_of: datetime) -> list[Cell]:
        """What the vendor's ledger holds of [start, end] at `as_of`, per principal and model."""
        return cells(self.usage, start, end, as_of)

    def withheld(self) -> list[WithheldCell]:
        """Days of which one row never comes whole."""
        return [WithheldCell("anthropic", CONSOLE, "analytics_cost", day) for day in self.reports.broken_days]

    # --- requests ---

    def handle(self, request: Request) -> Response:
        try:
            account, route = self._admit(request)
        except _Refused as refused:
            return _problem(refused.status, refused.text)
        shown = " ".join(f"{name}={value}" for name, value in sorted(request.pairs))
        key = f"anthropic {account} {request.path} {shown}".strip()

        def answer() -> Response:
            try:
                return Response(200, msgspec.json.encode(route.answer(account, request)), {"Content-Type": "application/json"})
            except _Refused as refused:
                return _problem(refused.status, refused.text)

        return self._faults.around(key, answer, self._limited, lambda status: _problem(529 if status == 502 else status, "Overloaded"))

    def _admit(self, request: Request) -> tuple[str, _Route]:
        """The organisation of the key, and the route that it may use."""
        given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        account = next((account for account, name in KEYS.items() if given and self.tokens[name] == given), None)
        if account is None:
            raise _Refused(401, "invalid x-api-key")
        version = request.headers.get("anthropic-version")
        if version not in VERSIONS:
            raise _Refused(400, "anthropic-version: header is required" if version is None else "anthropic-version: unknown version")
        route = self._routes.get(request.path)
        if route is None or request.method != "GET":
            raise _Refused(404, "Not found")
        if route.beta and BETA not in request.headers.get("anthropic-beta", "") and request.query.get("beta") != "true":
            raise _Refused(404, "Not found")
        if account not in route.accounts:
            raise _Refused(403, "Your API key does not have permission to use the specified resource.")
        return account, route

    def _limited(self, kind: str, seconds: float) -> Response:
        now = self.world.clock.now()
        headers = {"Date": format_datetime(now, usegmt=True)}
        if kind == "secondary_limit_date":
            headers["Retry-After"] = format_datetime(now + timedelta(seconds=round(seconds)), usegmt=True)
        elif kind != "secondary_limit_bare":
            headers["Retry-After"] = str(round(seconds))
        response = _problem(429, "Number of requests has exceeded your organization's rate limit.")
        response.headers.update(headers)
        return response

    def _today(self) -> date:
        return self.world.clock.now().date()

    # --- usage and cost analytics ---

    def _ranked(self, report: str) -> Callable[[str, Request], Json]:
        metric = {"cost": ("amount", "list_amount"), "usage": ("total_tokens", "requests", "output_tokens", "uncached_input_tokens")}[
            report
        ]

        def answer(account: str, request: Request) -> Json:
            query = request.query
            stamp = self.usage.refreshed_at(account, self.world.clock.now())
            start, end = self._range(query)
            if query.get("time_bucket_width") != "1d":
                raise _Refused(400, "time_bucket_width: this sandbox serves 1d only")
            asked = tuple(dict.fromkeys(request.all_of("group_by[]")))
            extra = ("cost_type", "token_type") if report == "cost" else ()
            if unknown := [name for name in asked if name not in (*DIMENSIONS, *extra)]:
                raise _Refused(400, f"group_by: unsupported dimension {unknown[0]}")
            if len([name for name in asked if name not in extra]) > _MAX_DIMENSIONS:
                raise _Refused(400, f"group_by: at most {_MAX_DIMENSIONS} dimensions are supported")
            order_by = query.get("order_by", metric[0])
            if order_by not in (*metric, "time"):
                raise _Refused(400, f"order_by: {order_by} is not supported")
            order = f"{order_by} {query.get('order', 'desc')}"
            limit = _limit(query, 20, 1000)
            rows = self.reports.ranked(account, report, start, end, asked, order, stamp)
            page, cursor = self._cut(request, rows, limit, stamp.isoformat())
            data = [row for group in page for row in group]
            refreshed = stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
            return {"data": data, "has_more": cursor is not None, "next_page": cursor, "data_refreshed_at": refreshed}

        return answer

    def _range(self, query: dict[str, str]) -> tuple[date, date]:
        now = self.world.clock.now()
        start = _instant(query, "starting_at")
        end = _instant(query, "ending_at")
        if end - start > timedelta(days=31) or end <= start:
            raise _Refused(400, "ending_at: must be after starting_at and at most 31 days later")
        if start < now - timedelta(days=365) or start.date() < FIRST_DAY:
            raise _Refused(400, "starting_at: must be within the last 365 days and not before 2026-01-01")
        return start.date(), end.date()

    # --- the older reports ---

    def _buckets(self, results: Callable[[date, tuple[str, ...], datetime], list[Json]]) -> Callable[[str, Request], Json]:
        def answer(account: str, request: Request) -> Json:
            query, now = request.query, self.world.clock.now()
            start = _instant(query, "starting_at").date()
            end = _instant(query, "ending_at") if "ending_at" in query else now
            if query.get("bucket_width", "1d") != "1d":
                raise _Refused(400, "bucket_width: this sandbox serves 1d only")
            limit = _limit(query, 7, 31)
            stamp = self.usage.refreshed_at(account, now)
            last = min(end.date(), self._today() + timedelta(days=1))
            # Buckets that end before `ending_at`: the one that ends with it is not there.
            ends = [start + timedelta(days=n) for n in range((last - start).days) if start + timedelta(days=n + 1) < end.date()]
            days, cursor = self._cut(request, ends, limit, "")
            dims = tuple(dict.fromkeys(request.all_of("group_by[]")))
            data = [{**bucket(day), "results": results(day, dims, stamp)} for day in days]
            return {"data": data, "has_more": cursor is not None, "next_page": cursor}

        return answer

    def _claude_code(self, account: str, request: Request) -> Json:
        day = _day(request.query, "starting_at")
        records = self.reports.claude_code(day, self.usage.refreshed_at(account, self.world.clock.now()))
        page, cursor = self._cut(request, records, _limit(request.query, 20, 1000), "")
        return {"data": page, "has_more": cursor is not None, "next_page": cursor}

    # --- Claude Enterprise ---

    def _activity(self, account: str, request: Request) -> Json:
        day = self._available(_day(request.query, "date"))
        page, cursor = self._cut(request, self.directory.activity(day), _limit(request.query, 20, 1000), day.isoformat())
        return {"data": page, "next_page": cursor}

    def _summaries(self, account: str, request: Request) -> Json:
        start, end = _day(request.query, "starting_date"), _day(request.query, "ending_date")
        self._available(end - timedelta(days=1))
        return {"summaries": [self.directory.summary(start + timedelta(days=n)) for n in range((end - start).days)]}

    def _available(self, day: date) -> date:
        latest = (self.world.clock.now() - timedelta(hours=10)).date() - timedelta(days=_ENTERPRISE_LAG - 1)
        if day > latest:
            raise _Refused(400, f"date: data is not available yet; the latest available day is {latest}")
        if day < FIRST_DAY:
            raise _Refused(400, "date: must not be before 2026-01-01")
        return day

    def _spend_limits(self, account: str, request: Request) -> Json:
        page, cursor = self._cut(request, self.directory.spend_limits(self._today()), _limit(request.query, 20, 100), "")
        return {"data": page, "next_page": cursor}

    def _workspaces(self, account: str, request: Request) -> Json:
        return self._listed(request, self.directory.workspaces(self._today(), request.query.get("include_archived") == "true"))

    # --- pages ---

    def _listed(self, request: Request, rows: list[Json]) -> Json:
        """A page of a directory, behind `after_id`."""
        limit = _limit(request.query, 20, 1000)
        after = request.query.get("after_id")
        ids = [str(row["id"]) for row in rows]
        if after is not None and after not in ids:
            raise _Refused(400, "after_id: no such id")
        start = ids.index(after) + 1 if after else 0
        page = rows[start : start + limit]
        ends = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        return {"data": page, "first_id": ends[0], "last_id": ends[1], "has_more": start + limit < len(rows)}

    def _cut(self, request: Request, rows: Sequence[T], limit: int, stamp: str) -> tuple[Sequence[T], str | None]:
        """A page and the cursor of the next. A cursor is bound to its query (400) and to the state of the data (410)."""
        asked = sorted((name, value) for name, value in request.pairs if name != "page")
        digest = hashlib.sha256(repr((request.path, asked)).encode()).hexdigest()[:16]
        start = 0
        if "page" in request.query:
            try:
                start, bound, state = msgspec.json.decode(base64.urlsafe_b64decode(request.query["page"].removeprefix("page_")))
            except (ValueError, msgspec.DecodeError):
                raise _Refused(400, "page: invalid cursor") from None
            if bound != digest:
                raise _Refused(400, "page: cursor does not match current query parameters")
            if state != stamp or self._dies(f"{request.path} {digest}"):
                raise _Refused(410, "page: the cursor has expired because data was refreshed; restart from the first page")
        if start + limit >= len(rows):
            return rows[start : start + limit], None
        cursor = base64.urlsafe_b64encode(msgspec.json.encode([start + limit, digest, stamp])).decode()
        return rows[start : start + limit], f"page_{cursor}"

    def _dies(self, report: str) -> bool:
        """Of some reports the first cursor, or the first two, die on the way: the data was refreshed meanwhile."""
        dice = self.world.dice
        if dice.fraction("cursor dies", report) >= self.world.faults.rate("expired_cursor"):
            return False
        with self._lock:
            deaths = self._deaths[report] = self._deaths.get(report, 0) + 1
        if deaths > 1 + dice.number("deaths", report) % 2:
            return False
        self.world.faults.note("expired_cursor", f"anthropic {report}", None, f"cursor {deaths}")
        return True


def _word(account: str) -> str:
    return "admin01" if account == CONSOLE else "api01"


def _problem(status: int, text: str) -> Response:
    kind = _KINDS.get(status) or _FAILURES.get(status, "api_error")
    body = {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}
    return Response(status, msgspec.json.encode(body), {"Content-Type": "application/json"})


def _limit(query: dict[str, str], default: int, most: int) -> int:
    text = query.get("limit", str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise _Refused(400, f"limit: must be between 1 and {most}")
    return int(text)


def _instant(query: dict[str, str], name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(query[name])
    except (KeyError, ValueError):
        raise _Refused(400, f"{name}: must be an RFC 3339 timestamp") from None
    if instant.tzinfo is None:
        raise _Refused(400, f"{name}: must have a time zone")
    return instant.astimezone(UTC)


def _day(query: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except (KeyError, ValueError):
        raise _Refused(400, f"{name}: must be a date, YYYY-MM-DD") from None
