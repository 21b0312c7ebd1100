"""GitHub's REST API as far as the platform reads it: routes, paging, access, and the request faults on top."""

import functools
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import format_datetime

import msgspec

from spend_assets.sandbox.access import Access, json_response, problem
from spend_assets.sandbox.delivery_server import DeliveryServer
from spend_assets.sandbox.directory import Directory
from spend_assets.sandbox.downloads import PREFIX, Downloads
from spend_assets.sandbox.exports import LINK_SECONDS, Exports
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.request_faults import RequestFaults
from spend_assets.sandbox.world import World

FIRST_DAY = {"enterprise": date(2025, 10, 10), "org": date(2025, 12, 12)}
_COPILOT = frozenset({"manage_billing:copilot", "read:enterprise"})
_ORG = _COPILOT | {"read:org"}
_BILLING = frozenset({"manage_billing:enterprise"})
_ORG_BILLING = _BILLING | {"manage_billing:copilot"}
_SMALLEST_PACKED = 1_000


@dataclass(frozen=True)
class _Route:
    method: str
    pattern: re.Pattern[str]
    scopes: frozenset[str]
    answer: Callable[[Request, dict[str, str]], Response]


class GitHubServer:
    """The application behind the sandbox's port: `handle` answers one request."""

    def __init__(self, world: World):
        self.world = world
        self.config, self.clock, self.dice, self.faults = world.config, world.clock, world.dice, world.faults
        self.access = Access(world.config, world.clock, world.dice)
        self.enterprise = "acme" if world.config.scope == "enterprise" else None
        self.orgs = world.organisation.orgs
        self._downloads = Downloads(world.clock, world.faults, world.dice.token(40, "signing"))
        self._exports = Exports(world.files, world.clock, world.dice)
        self._directory = Directory(world)
        self.delivery = DeliveryServer(world)
        self._request_faults = RequestFaults(world, "github_copilot")
        reports, billing = "/copilot/metrics/reports/", "/settings/billing/"
        enterprise, org, organization = "/enterprises/{enterprise}", "/orgs/{org}", "/organizations/{org}"
        self._routes = [
            *(
                _route("GET", scope + reports + "users-1-day", needed, self._users)
                for scope, needed in ((enterprise, _COPILOT), (org, _ORG))
            ),
            *(
                _route("GET", scope + reports + "users-28-day/latest", n, self._users_28)
                for scope, n in ((enterprise, _COPILOT), (org, _ORG))
            ),
            *(
                _route("GET", scope + reports + "user-teams-1-day", n, self._user_teams)
                for scope, n in ((enterprise, _COPILOT), (org, _ORG))
            ),
            *(
                _route("GET", scope + "/copilot/billing/seats", n, self._directory.seats)
                for scope, n in ((enterprise, _COPILOT), (org, _ORG))
            ),
            _route("GET", org + "/teams", frozenset({"read:org"}), self._directory.teams),
            _route("GET", org + "/teams/{slug}/members", frozenset({"read:org"}), self._directory.members),
            _route("GET", enterprise + billing + "ai_credit/usage", _BILLING, self._credit_usage),
            _route("GET", organization + billing + "ai_credit/usage", _ORG_BILLING, self._credit_usage),
            _route("POST", enterprise + billing + "reports", _BILLING, lambda request, _: self._exports.create(request.body)),
            _route("GET", enterprise + billing + "reports", _BILLING, lambda *_: self._exports.listed(self._export_links)),
            _route("GET", enterprise + billing + "reports/{id}", _BILLING, lambda _, at: self._exports.get(at["id"], self._export_links)),
            *(_route("GET", template, needed, answer) for template, needed, answer in self.delivery.routes()),
            _route("GET", "/user", frozenset(), self._user),
            _route("GET", "/rate_limit", frozenset(), self._rate_limit),
        ]

    def handle(self, request: Request) -> Response:
        if request.path == "/__clock":
            response = self._clock(request)
        elif request.path.startswith(PREFIX):
            response = self._downloads.answer(request)
        else:
            response = self._api(request)
        response.headers.setdefault("Date", format_datetime(self.clock.now(), usegmt=True))
        return response

    def _api(self, request: Request) -> Response:
        token = self.access.token_of(request)
        if token is None:
            return problem(401, "Bad credentials" if "authorization" in request.headers else "Requires authentication")
        headers, refusal = self.access.spend(token)
        headers["X-OAuth-Scopes"] = ", ".join(sorted(self.access.scopes[token]))
        headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        response = refusal or self._routed(request, token, headers)
        response.headers = {**headers, **response.headers}
        if request.accepts_gzip() and len(response.body) >= _SMALLEST_PACKED:
            response.body = gzip.compress(response.body, compresslevel=1, mtime=0)
            response.headers["Content-Encoding"] = "gzip"
        return response

    def _routed(self, request: Request, token: str, headers: dict[str, str]) -> Response:
        refusal = self.access.version_problem(request)
        if refusal:
            return refusal
        for route in self._routes:
            match = route.pattern.fullmatch(request.path)
            if match is None or route.method != request.method:
                continue
            at = match.groupdict()
            if ("enterprise" in at and at["enterprise"] != self.enterprise) or ("org" in at and at["org"] not in self.orgs):
                return problem(404, "Not Found")
            refusal = self.access.scope_problem(token, route.scopes)
            if refusal:
                return refusal
            return self._perhaps_broken(request, headers, functools.partial(route.answer, request, at))
        return problem(404, "Not Found")

    def _perhaps_broken(self, request: Request, headers: dict[str, str], answer: Callable[[], Response]) -> Response:
        shown = " ".join(f"{name}={request.query[name]}" for name in sorted(request.query))
        key = f"{request.method} {request.path} {shown}".strip()

        def limited(kind: str, seconds: float) -> Response:
            return self.access.limit_fault(kind, seconds, bool(self.dice.number("forbidden", key) % 2), headers)

        return self._request_faults.around(key, answer, limited, lambda status: problem(status, "Server Error"))

    def _users(self, request: Request, at: dict[str, str]) -> Response:
        day = _day(request)
        if isinstance(day, Response):
            return day
        org, now, reports = at.get("org"), self.clock.now(), self.world.reports
        missing = self._no_report(day, org, now)
        if missing:
            return missing
        lost = {reports.parts - 1} if day in reports.parts_withheld else set()
        key = f"users-1-day {org or 'enterprise'} {day}"
        fault = self.faults.for_request(f"part of {key}", ("missing_part",))
        if fault:
            lost.add(self.dice.number("which part", fault[1]) % reports.parts)

        def content(part: int) -> bytes:
            return self._file(key, [line for place, line in reports.users(day, org, now) if place == part])

        links = self._links(key, reports.parts, content, frozenset(lost))
        return json_response({"download_links": links, "report_day": day.isoformat()})

    def _users_28(self, request: Request, at: dict[str, str]) -> Response:
        org, now, reports = at.get("org"), self.clock.now(), self.world.reports
        first, last = reports.last_28_days(now)
        key = f"users-28-day {org or 'enterprise'} {last}"

        def content(part: int) -> bytes:
            return self._file(key, list(reports.users_28(org, now, part)))

        links = self._links(key, reports.parts, content, frozenset())
        return json_response({"download_links": links, "report_start_day": first.isoformat(), "report_end_day": last.isoformat()})

    def _user_teams(self, request: Request, at: dict[str, str]) -> Response:
        day = _day(request)
        if isinstance(day, Response):
            return day
        org, now = at.get("org"), self.clock.now()
        missing = self._no_report(day, org, now, withheld=False)
        if missing:
            return missing
        key = f"user-teams-1-day {org or 'enterprise'} {day}"
        links = self._links(key, 1, lambda _: self._file(key, self.world.reports.teams(day, org, now)), frozenset())
        return json_response({"download_links": links, "report_day": day.isoformat()})

    def _no_report(self, day: date, org: str | None, now: datetime, withheld: bool = True) -> Response | None:
        """One of the four ways in which GitHub says that there is nothing, or None where the day's report is there."""
        oldest = max(FIRST_DAY["org" if org else "enterprise"], (now - timedelta(days=365)).date())
        if day < oldest or day > now.date():
            return problem(404, "Not Found")
        ways = (
            Response(204),
            problem(404, "Not Found"),
            Response(200, b"", {"Content-Type": "application/json; charset=utf-8"}),
            json_response({"download_links": [], "report_day": day.isoformat()}),
        )
        if day < self.config.start:
            return ways[2]
        if now < self.world.schedule.ready(day, "metrics") or (withheld and day in self.world.reports.withheld_days):
            return ways[self.dice.number("not ready answer", day) % 4]
        return None

    def _file(self, key: str, lines: list[bytes]) -> bytes:
        """NDJSON; one file in three ends with a blank line."""
        end = b"\n\n" if self.dice.number("blank line", key) % 3 == 0 else b"\n"
        return b"\n".join(lines) + end if lines else b""

    def _links(self, key: str, parts: int, content: Callable[[int], bytes], lost: frozenset[int]) -> list[str]:
        return self._downloads.issue(self.world.base_url, key, parts, content, seconds=self.config.link_seconds, suffix="ndjson", lost=lost)

    def _export_links(self, key: str, parts: int, content: Callable[[int], bytes]) -> list[str]:
        return self._downloads.issue(self.world.base_url, key, parts, content, seconds=LINK_SECONDS, suffix="csv", lost=frozenset())

    def _credit_usage(self, request: Request, at: dict[str, str]) -> Response:
        if "org" in at and self.enterprise is not None:
            return problem(404, "Not Found")  # billed through the enterprise
        now, query = self.clock.now(), request.query
        try:
            year, month = int(query.get("year", now.year)), int(query.get("month", now.month))
            first = date(year, month, 1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            days = [date(year, month, int(query["day"]))] if "day" in query else [first.replace(day=n) for n in range(1, last.day + 1)]
        except ValueError:
            return problem(400, "year, month and day must be a date.")
        only = {name: query[name] for name in ("user", "model", "product") if name in query}
        period = {"year": year, "month": month} | ({"day": days[0].day} if "day" in query else {})
        items = self.world.files.summary(days, now, only, query.get("organization"))
        owner = {"organization": at["org"]} if "org" in at else {"enterprise": at["enterprise"]}
        return json_response({"timePeriod": period, **owner, **only, "usageItems": items})

    def _user(self, request: Request, _: dict[str, str]) -> Response:
        return json_response({"login": "platform-reader_acme", "id": 187_220_411, "type": "User", "site_admin": False})

    def _rate_limit(self, request: Request, _: dict[str, str]) -> Response:
        limit = self.config.hourly_limit
        reset = int(self.clock.now().timestamp()) + 3600
        return json_response({"resources": {"core": {"limit": limit, "used": 0, "remaining": limit, "reset": reset}}})

    def _clock(self, request: Request) -> Response:
        """GET tells the virtual time; POST {"now": iso} or {"advance_seconds": n} moves it."""
        if request.method == "POST":
            try:
                order = msgspec.json.decode(request.body)
                if "now" in order:
                    self.clock.set(datetime.fromisoformat(order["now"]))
                else:
                    self.clock.advance(float(order["advance_seconds"]))
            except (msgspec.DecodeError, KeyError, TypeError, ValueError):
                return problem(400, 'Send {"now": "2026-11-01T06:00:00Z"} or {"advance_seconds": 86400}.')
        return json_response({"now": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")})


def _route(method: str, template: str, scopes: frozenset[str], answer: Callable[[Request, dict[str, str]], Response]) -> _Route:
    return _Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)), scopes, answer)


def _day(request: Request) -> date | Response:
    try:
        return date.fromisoformat(request.query["day"])
    except (KeyError, ValueError):
        return problem(422, "The query parameter day is required, as YYYY-MM-DD.")
