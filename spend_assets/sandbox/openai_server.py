"""OpenAI's organization API, and Codex analytics, as far as the platform reads them (OpenAPI document of 2026-08-21, SDK 3.52.0)."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec

from spend_assets.sandbox.amounts import noisy, plain
from spend_assets.sandbox.cells import Cell, WithheldCell
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.openai_bill import ACCOUNT, OpenAIBill
from spend_assets.sandbox.openai_usage import OpenAISchedule, OpenAIUsage
from spend_assets.sandbox.openai_views import (
    MODALITIES,
    completion_row,
    grouped,
    key_object,
    project_object,
    tool_row,
    unit_of,
    user_object,
)
from spend_assets.sandbox.request_faults import RequestFaults
from spend_assets.sandbox.world import World

WORKSPACE = "ws-acme-codex"
DAY = 86_400
CROOKED_SECOND = 17 * 3600 + 31 * 60
_COST_DIMENSIONS = ("project_id", "line_item", "api_key_id", "user_id", "api_source")
_COMPLETION_DIMENSIONS = ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source")


class Refused(Exception):
    """A request that OpenAI answers with an error."""

    def __init__(self, status: int, message: str, code: str | None = None):
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


class OpenAIServer:
    prefix = "openai"

    def __init__(self, world: World):
        self.world = world
        self.usage = OpenAIUsage(world.organisation, world.dice, world.faults)
        self.schedule = OpenAISchedule(self.usage, world.dice, world.faults)
        self.tokens = {
            "OPENAI_ADMIN_KEY": f"sk-admin-sandbox-{world.dice.token(32, 'openai admin key')}",
            "OPENAI_CODEX_KEY": f"sk-codex-sandbox-{world.dice.token(32, 'openai codex key')}",
        }
        self.bill = OpenAIBill(self.usage, self.schedule, world.dice)
        self._faults = RequestFaults(world, "openai")
        self._grown_from = None
        if world.faults.rate("schema_growth"):
            history = world.config.history()
            self._grown_from = history[len(history) // 2]
            world.faults.note("schema_growth", "openai/usage_completions", self._grown_from, "latency_class appears")

    def settings(self, base_url: str) -> str:
        return (
            f'[[sources.openai]]\naccount = "{ACCOUNT}"\nbase_url = "{base_url}"\nkey_env = "OPENAI_ADMIN_KEY"\n'
            f'codex_workspace = "{WORKSPACE}"\ncodex_key_env = "OPENAI_CODEX_KEY"\ncodex_base_url = "{base_url}"\n'
        )

    def handle(self, request: Request) -> Response:
        shown = "&".join(f"{name}={value}" for name, value in sorted(request.pairs))
        key = f"openai {request.method} {request.path} {shown}".strip()
        response = self._faults.around(key, functools.partial(self._answer, request), self._limited, self._failed)
        response.headers.setdefault("Date", format_datetime(self.world.clock.now(), usegmt=True))
        response.headers.setdefault("x-request-id", f"req_{self.world.dice.token(24, key)}")
        return response

    def _limited(self, kind: str, seconds: float) -> Response:
        headers = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s"}
        if kind in ("rate_limit_primary", "secondary_limit_seconds"):
            headers["Retry-After"] = str(round(seconds))
        elif kind == "secondary_limit_date":
            headers["Retry-After"] = format_datetime(self.world.clock.now() + timedelta(seconds=round(seconds)), usegmt=True)
        return _error(429, "Rate limit reached for requests.", "rate_limit_exceeded", headers)

    @staticmethod
    def _failed(status: int) -> Response:
        return _error(status, "The server had an error while processing your request. Sorry about that!", None)

    def _answer(self, request: Request) -> Response:
        try:
            codex = re.fullmatch(r"/v1/analytics/codex/workspaces/([^/]+)/usage", request.path)
            self._check_key(request, "OPENAI_CODEX_KEY" if codex else "OPENAI_ADMIN_KEY")
            if request.method != "GET":
                raise Refused(405, f"Method {request.method} is not allowed.")
            if codex:
                return self._codex(request, codex[1])
            if request.path == "/v1/organization/costs":
                return self._buckets(request, _COST_DIMENSIONS, 180, "organization.costs.result", self._costs)
            if match := re.fullmatch(r"/v1/organization/usage/([a-z_]+)", request.path):
                return self._usage(request, match[1])
            return self._directory(request)
        except Refused as refused:
            return _error(refused.status, refused.message, refused.code)

    def _check_key(self, request: Request, name: str) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(401, "You didn't provide an API key.")
        if token.strip() != self.tokens[name]:
            raise Refused(401, "Incorrect API key provided.", "invalid_api_key")

    # --- reports in buckets ---

    def _usage(self, request: Request, name: str) -> Response:
        if name == "completions":
            return self._buckets(request, _COMPLETION_DIMENSIONS, 31, "organization.usage.completions.result", self._completions)
        if name not in MODALITIES:
            raise Refused(404, f"Invalid URL (GET {request.path})")
        dimensions, result, _ = MODALITIES[name]
        return self._buckets(request, dimensions, 31, f"organization.usage.{result}.result", functools.partial(self._other, name))

    def _buckets(
        self,
        request: Request,
        dimensions: tuple[str, ...],
        most: int,
        result: str,
        rows: Callable[[date, int, int, tuple[str, ...]], Iterable[dict[str, Any]]],
    ) -> Response:
        """Buckets from start_time on: the first begins at start_time itself, at whatever second of the day that is."""
        query, now = request.query, int(self.world.clock.now().timestamp())
        start, end = _number(query, "start_time"), min(_number(query, "end_time", now), now)
        if query.get("bucket_width", "1d") != "1d":
            raise Refused(400, "Invalid value for 'bucket_width': the sandbox serves '1d'.")
        limit = _number(query, "limit", 7)
        if not 1 <= limit <= most:
            raise Refused(400, f"Invalid 'limit': integer above maximum value. Expected a value <= {most}, but got {limit} instead.")
        grouping = tuple(request.all_of("group_by") or request.all_of("group_by[]"))
        unknown = [name for name in grouping if name not in dimensions]
        if unknown:
            raise Refused(400, f"Invalid value: '{unknown[0]}'. Supported values are: {', '.join(dimensions)}.")
        if "line_item" in dimensions and {"user_id", "project_id"} <= set(grouping):
            raise Refused(400, "Grouping by user_id and project_id is not supported for this organization.")
        bound = self.world.dice.token(12, request.path, start, end, *grouping)
        at = self._cursor(query.get("page"), bound, start)
        data: list[dict[str, Any]] = []
        while at < end and len(data) < limit:
            until = min((at // DAY + 1) * DAY, end)
            day = datetime.fromtimestamp(at, UTC).date()
            begins = at
            if "line_item" in dimensions and day in self.schedule.crooked and at % DAY == 0:
                begins = at + CROOKED_SECOND
            results = [{"object": result, **row} for row in rows(day, begins % DAY, (until - 1) % DAY + 1, grouping)]
            data.append({"object": "bucket", "start_time": begins, "end_time": until, "results": results})
            at = until
        more = at < end
        return _json({"object": "page", "data": data, "has_more": more, "next_page": f"page_{bound}_{at:x}" if more else None})

    @staticmethod
    def _cursor(page: str | None, bound: str, start: int) -> int:
        if page is None:
            return start
        match = re.fullmatch(r"page_([0-9a-f]+)_([0-9a-f]+)", page)
        if match is None or match[1] != bound:
            raise Refused(400, "Invalid 'page': the cursor does not belong to this query.")
        return int(match[2], 16)

    def _completions(self, day: date, first: int, last: int, grouping: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        rows = (completion_row(call) for call in self.usage.day(day)[0] if first <= call.second < last)
        for dimensions, sums in grouped(rows, grouping):
            row = {**sums, **dict.fromkeys(_COMPLETION_DIMENSIONS), **dimensions}
            if self._grown_from and day >= self._grown_from:
                row["latency_class"] = "default"
            yield row

    def _other(self, name: str, day: date, first: int, last: int, grouping: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        dimensions, _, quantity = MODALITIES[name]
        rows = (tool_row(tool, quantity) for tool in self.usage.day(day)[1] if tool.modality == name and first <= tool.second < last)
        for found, sums in grouped(rows, grouping):
            counts = sums if "model" in dimensions else {quantity: sums[quantity]}
            yield {**counts, **dict.fromkeys(dimensions), **found}

    def _costs(self, day: date, first: int, last: int, grouping: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        now = self.world.clock.now()
        rows = (row for second, row in self.bill.cost_rows(day, now) if first <= second < last)
        by_item = "line_item" in grouping
        for found, sums in grouped(rows, grouping):
            number = self.world.dice.number("openai noise", day, *[str(value) for value in found.values()])
            text = noisy(sums["pico"], 12, bool(number & 1)) if number % 3 == 0 and sums["pico"] else plain(sums["pico"], 12)
            unit = unit_of(found.get("line_item")) if by_item else None
            yield {
                "amount": {"value": msgspec.Raw((text if "." in text else f"{text}.0").encode()), "currency": "usd"},
                **dict.fromkeys(_COST_DIMENSIONS),
                **found,
                "quantity": float(sums["quantity"]) if by_item else None,
                "quantity_unit": unit,
            }

    # --- directories ---

    def _directory(self, request: Request) -> Response:
        today = self.world.clock.now().date()
        if request.path == "/v1/organization/users":
            return self._list(request, [user_object(member) for member in self.usage.members if member.there_on(today)])
        if request.path == "/v1/organization/projects":
            hidden = request.query.get("include_archived", "false").lower() != "true"
            there = [project_object(project, today) for project in self.usage.projects if project.created <= today]
            return self._list(request, [project for project in there if not (hidden and project["archived_at"])])
        if match := re.fullmatch(r"/v1/organization/projects/([^/]+)/api_keys", request.path):
            if match[1] not in {project.id for project in self.usage.projects}:
                raise Refused(404, f"Project with ID {match[1]} not found.")
            keys = [key_object(key, today) for key in self.usage.keys if key.project.id == match[1] and key.there_on(today)]
            return self._list(request, keys)
        raise Refused(404, f"Invalid URL (GET {request.path})")

    @staticmethod
    def _list(request: Request, items: list[dict[str, Any]]) -> Response:
        limit = _number(request.query, "limit", 20)
        if not 1 <= limit <= 100:
            raise Refused(400, "Invalid 'limit': expected a value between 1 and 100.")
        ids = [item["id"] for item in items]
        after = request.query.get("after")
        if after is not None and after not in ids:
            raise Refused(400, f"Invalid 'after': no item with the id {after}.")
        begin = ids.index(after) + 1 if after is not None else 0
        page = items[begin : begin + limit]
        edges = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
        return _json({"object": "list", "data": page, **edges, "has_more": begin + limit < len(items)})

    def _codex(self, request: Request, workspace: str) -> Response:
        """The keys of these records are a guess: the vendor documents only the measures."""
        if workspace != WORKSPACE:
            raise Refused(404, "Workspace not found.")
        now = self.world.clock.now()
        start, end = _number(request.query, "start_time"), _number(request.query, "end_time", int(now.timestamp()))
        if start < now.timestamp() - 91 * DAY:
            raise Refused(400, "start_time is more than 90 days ago.")
        rows = []
        at = start - start % DAY
        while at < min(end, int(now.timestamp())):
            for use in self.usage.codex(datetime.fromtimestamp(at, UTC).date()):
                rows.append(
                    {
                        "start_time": at,
                        "end_time": at + DAY,
                        "user": {"id": self.bill.codex_user(use.member), "email": use.member.email},
                        "credits": use.credits,
                        "threads": use.threads,
                        "turns": use.turns,
                        "text_input_tokens": use.uncached,
                        "cached_input_tokens": use.cached,
                        "output_tokens": use.output,
                        "clients": [{"client_id": "CODEX_CLI", "threads": use.threads, "turns": use.turns, "credits": use.credits}],
                    }
                )
            at += DAY
        limit, begin = _number(request.query, "limit", 20), int(request.query.get("page", "0"))
        more = begin + limit < len(rows)
        page = {"data": rows[begin : begin + limit], "has_more": more, "next_page": str(begin + limit) if more else None}
        return _json({"object": "page", **page})

    # --- truth ---

    def cells(self, start: date, end: date, as_of: datetime) -> list[Cell]:
        return self.bill.cells(start, end, as_of)

    def withheld(self) -> list[WithheldCell]:
        return [WithheldCell("openai", ACCOUNT, "costs", day) for day in sorted(self.schedule.crooked)]


def _number(query: dict[str, str], name: str, default: int | None = None) -> int:
    try:
        return int(query[name]) if default is None or name in query else default
    except KeyError:
        raise Refused(400, f"Missing required parameter: '{name}'.") from None
    except ValueError:
        raise Refused(400, f"Invalid type for '{name}': expected an integer.") from None


def _json(value: object) -> Response:
    return Response(200, msgspec.json.encode(value), {"Content-Type": "application/json"})


def _error(status: int, message: str, code: str | None, headers: dict[str, str] | None = None) -> Response:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return Response(status, msgspec.json.encode(body), {"Content-Type": "application/json", **(headers or {})})
