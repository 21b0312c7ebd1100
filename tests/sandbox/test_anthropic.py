"""The sandbox's two Claude organisations, read as Anthropic documents it: shapes, cursors, revisions, and sums that are the truth."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_server import KEYS, AnthropicServer
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.world import World

END = date(2026, 10, 31)
BETA = {"anthropic-version": "2023-06-01", "anthropic-beta": "analytics-usage-cost-2026-08-24"}
SPLIT = ["actor", "api_key_id", "model", "product", "workspace_id", "cost_type", "token_type"]


class Claude:
    """Asks the server without a socket: what stands between is tested elsewhere."""

    def __init__(self, people: int = 80, faults: Any = "none", seed: int = 5, days: int = 45):
        self.world = World(SandboxConfig(people=people, days=days, seed=seed, end=END, faults=faults))
        self.server = AnthropicServer(self.world)

    def settle(self) -> None:
        self.world.clock.set(datetime.combine(END + timedelta(days=40), time(6), UTC))

    def ask(self, account: str, path: str, query: list[tuple[str, str]] | None = None, headers: dict[str, str] | None = None) -> Response:
        pairs = tuple(query or [])
        sent = {"x-api-key": self.server.tokens[KEYS[account]], **BETA} if headers is None else headers
        return self.server.handle(Request("GET", f"/v1/organizations/{path}", dict(pairs), sent, b"", pairs))

    def json(self, account: str, path: str, query: list[tuple[str, str]] | None = None) -> Any:
        response = self.ask(account, path, query)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def pages(self, account: str, path: str, query: list[tuple[str, str]]) -> Iterator[Any]:
        page = self.json(account, path, query)
        yield page
        while page["next_page"]:
            page = self.json(account, path, [*query, ("page", page["next_page"])])
            yield page

    def rows(self, account: str, report: str, start: date, end: date, dims: list[str], limit: int = 1000) -> list[Any]:
        query = [
            ("starting_at", f"{start}T00:00:00Z"),
            ("ending_at", f"{end}T00:00:00Z"),
            ("time_bucket_width", "1d"),
            ("limit", str(limit)),
        ]
        query += [("group_by[]", dim) for dim in dims]
        return [row for page in self.pages(account, f"analytics/{report}", query) for row in page["data"]]


@pytest.fixture(scope="module")
def claude() -> Claude:
    claude = Claude()
    claude.settle()
    return claude


def test_every_grouping_adds_up_to_the_truth(claude: Claude) -> None:
    start = END - timedelta(days=29)
    truth: dict[str, Decimal] = defaultdict(Decimal)
    tokens: dict[str, int] = defaultdict(int)
    for cell in claude.server.cells(start, END, FINAL):
        truth[cell.account] += (cell.billed_usd or Decimal(0)) * 100
        tokens[cell.account] += sum(
            part or 0 for part in (cell.uncached_input_tokens, cell.cache_read_tokens, cell.cache_write_tokens, cell.output_tokens)
        )
    for account in (CONSOLE, ENTERPRISE):
        for dims in ([], ["model"], ["actor", "product"], SPLIT):
            rows = claude.rows(account, "cost", start, END + timedelta(days=1), dims)
            assert sum(Decimal(row["cost"]["amount"]) for row in rows) == truth[account]
            groups = Counter(json.dumps([row["starting_at"], row["group"]]) for row in rows)
            assert set(groups.values()) == {1}
        rows = claude.rows(account, "usage", start, END + timedelta(days=1), SPLIT[:5])
        assert sum(row["usage"]["total_tokens"] for row in rows) == tokens[account]


def test_rows_are_ranked_unless_time_is_asked_for_and_fan_out_is_not_counted(claude: Claude) -> None:
    window = [("starting_at", "2026-10-20T00:00:00Z"), ("ending_at", "2026-10-25T00:00:00Z"), ("time_bucket_width", "1d")]
    ranked = claude.json(ENTERPRISE, "analytics/cost", window)["data"]
    amounts = [Decimal(row["cost"]["amount"]) for row in ranked]
    assert amounts == sorted(amounts, reverse=True) and len({row["starting_at"] for row in ranked}) == 5
    split = [("group_by[]", dim) for dim in SPLIT]
    page = claude.json(ENTERPRISE, "analytics/cost", [*window, *split, ("order_by", "time"), ("order", "asc"), ("limit", "3")])
    assert len(page["data"]) > 3 and page["has_more"]
    ordered = claude.rows(ENTERPRISE, "cost", date(2026, 10, 20), date(2026, 10, 25), SPLIT, limit=7)
    assert len(ordered) == len(claude.rows(ENTERPRISE, "cost", date(2026, 10, 20), date(2026, 10, 25), SPLIT))


def test_a_cursor_is_bound_to_its_query_and_to_the_state_of_the_data() -> None:
    claude = Claude(people=40)
    query = [("starting_at", "2026-10-01T00:00:00Z"), ("ending_at", "2026-10-20T00:00:00Z"), ("time_bucket_width", "1d")]
    cursor = ("page", claude.json(CONSOLE, "analytics/cost", [*query, ("limit", "5"), ("group_by[]", "actor")])["next_page"])
    assert claude.ask(CONSOLE, "analytics/cost", [*query, ("limit", "5"), ("group_by[]", "model"), cursor]).status == 400
    assert claude.ask(CONSOLE, "analytics/cost", [*query, ("limit", "5"), ("group_by[]", "actor"), cursor]).status == 200
    claude.world.clock.advance(5 * 3600)
    assert claude.ask(CONSOLE, "analytics/cost", [*query, ("limit", "5"), ("group_by[]", "actor"), cursor]).status == 410


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ([("ending_at", "2026-11-02T00:00:00Z")], "31 days"),
        (
            [
                ("ending_at", "2026-10-02T00:00:00Z"),
                *[("group_by[]", dim) for dim in ("actor", "model", "product", "workspace_id", "speed", "api_key_id")],
            ],
            "at most 5",
        ),
        ([("ending_at", "2026-10-02T00:00:00Z"), ("limit", "1001")], "between 1 and 1000"),
        ([("ending_at", "2026-10-02T00:00:00Z"), ("group_by[]", "colour")], "unsupported dimension"),
    ],
)
def test_what_the_documentation_forbids_is_refused(claude: Claude, query: list[tuple[str, str]], said: str) -> None:
    answer = claude.ask(CONSOLE, "analytics/cost", [("starting_at", "2026-10-01T00:00:00Z"), ("time_bucket_width", "1d"), *query])
    assert answer.status == 400
    assert said in json.loads(answer.body)["error"]["message"]


def test_keys_open_their_own_organisation_only(claude: Claude) -> None:
    assert claude.ask(CONSOLE, "users", headers={"x-api-key": "sk-ant-wrong", **BETA}).status == 401
    assert claude.ask(CONSOLE, "users", headers={"x-api-key": claude.server.tokens[KEYS[CONSOLE]]}).status == 400
    assert claude.ask(CONSOLE, "spend_limits/effective").status == 403
    assert claude.ask(ENTERPRISE, "api_keys").status == 403
    version = {"x-api-key": claude.server.tokens[KEYS[CONSOLE]], "anthropic-version": "2023-06-01"}
    assert claude.ask(CONSOLE, "analytics/cost", headers=version).status == 404
    both = [{row["id"] for row in claude.json(account, "users", [("limit", "1000")])["data"]} for account in KEYS]
    assert not both[0] & both[1]


def test_the_company_has_what_makes_claude_hard(claude: Claude) -> None:
    rows = claude.rows(CONSOLE, "cost", END - timedelta(days=30), END + timedelta(days=1), SPLIT)
    actors = Counter(row["group"]["actor"]["type"] for row in rows)
    assert set(actors) >= {"user_actor", "service_account_actor", "api_actor"}
    keyless = [row for row in rows if row["group"]["actor"]["type"] == "user_actor"]
    assert all(row["group"]["api_key_id"] is None for row in keyless)
    assert {row["group"]["cost_type"] for row in rows} >= {"tokens", "code_execution"}
    assert all(row["group"]["model"] is None for row in rows if row["group"]["cost_type"] != "tokens")
    listed = {row["id"] for row in claude.json(CONSOLE, "workspaces", [("include_archived", "true"), ("limit", "1000")])["data"]}
    open_ones = {row["id"] for row in claude.json(CONSOLE, "workspaces", [("limit", "1000")])["data"]}
    assert listed > open_ones, "an archived workspace is listed only if asked for"
    assert {row["group"]["workspace_id"] for row in rows} - listed, "the default workspace has an id in usage and is in no list"
    keys = claude.json(CONSOLE, "api_keys", [("limit", "1000")])["data"]
    names = Counter(key["name"] for key in keys)
    assert max(names.values()) > 1, "a rotated key has a new id under its old name"
    assert sum(key["created_by"] is None for key in keys) == 4
    assert {key["status"] for key in keys} == {"active", "archived"}
    assert any(key["workspace_id"] is None for key in keys)
    enterprise = claude.rows(ENTERPRISE, "cost", END - timedelta(days=30), END + timedelta(days=1), SPLIT)
    assert {row["group"]["workspace_id"] for row in enterprise} == {None}


def test_people_who_left_keep_their_id_and_lose_their_address() -> None:
    claude = Claude(people=250, days=80)
    claude.settle()
    rows = claude.rows(ENTERPRISE, "usage", END - timedelta(days=79), END - timedelta(days=49), ["actor"])
    gone = {row["group"]["actor"]["user_id"] for row in rows if row["group"]["actor"]["deleted"]}
    assert gone
    assert {row["group"]["actor"]["email_address"] for row in rows if row["group"]["actor"]["deleted"]} == {None}
    assert not gone & {row["id"] for row in claude.json(ENTERPRISE, "users", [("limit", "1000")])["data"]}


def test_values_move_for_a_month_and_not_after() -> None:
    claude = Claude(faults={"restated_day": 0.3, "late_day": 0.2, "straggler": 0.05})
    start = END - timedelta(days=20)

    def totals() -> dict[str, Decimal]:
        found: dict[str, Decimal] = defaultdict(Decimal)
        for row in claude.rows(CONSOLE, "cost", start, END + timedelta(days=1), []):
            found[row["starting_at"][:10]] += Decimal(row["cost"]["amount"])
        return found

    first = totals()
    claude.world.clock.set(datetime.combine(END + timedelta(days=29), time(6), UTC))
    month = totals()
    claude.settle()
    assert first != month
    assert month == totals()
    kinds = {fault.kind for fault in claude.world.faults.key()}
    assert {"restated_day", "late_day"} <= kinds


def test_the_data_ends_with_its_last_refresh() -> None:
    claude = Claude(faults={"not_ready": 1.0})
    query = [("starting_at", f"{END}T00:00:00Z"), ("ending_at", f"{END + timedelta(days=1)}T00:00:00Z"), ("time_bucket_width", "1d")]
    half = claude.json(CONSOLE, "analytics/cost", query)
    assert half["data_refreshed_at"] < f"{END + timedelta(days=1)}T00:00:00Z"
    claude.settle()
    whole = claude.json(CONSOLE, "analytics/cost", query)
    assert 0 < Decimal(half["data"][0]["cost"]["amount"]) < Decimal(whole["data"][0]["cost"]["amount"])


def test_claude_code_is_a_second_view_a_little_below_the_cost(claude: Claude) -> None:
    day = END - timedelta(days=5)
    records = claude.json(CONSOLE, "usage_report/claude_code", [("starting_at", day.isoformat()), ("limit", "1000")])["data"]
    estimate = sum(part["estimated_cost"]["amount"] for record in records for part in record["model_breakdown"])
    rows = claude.rows(CONSOLE, "cost", day, day + timedelta(days=1), ["product"])
    cost = sum(Decimal(row["cost"]["amount"]) for row in rows if row["group"]["product"] == "claude_code")
    assert records and 0 < estimate < cost < estimate * 2
    assert all(isinstance(part["estimated_cost"]["amount"], int) for record in records for part in record["model_breakdown"])


def test_activity_of_the_last_days_is_not_there_yet(claude: Claude) -> None:
    fresh = Claude(people=40)
    answer = fresh.ask(ENTERPRISE, "analytics/users", [("date", END.isoformat())])
    assert answer.status == 400
    assert "latest available day" in json.loads(answer.body)["error"]["message"]
    day = END - timedelta(days=5)
    people = [
        record for page in claude.pages(ENTERPRISE, "analytics/users", [("date", str(day)), ("limit", "3")]) for record in page["data"]
    ]
    summary = claude.json(ENTERPRISE, "analytics/summaries", [("starting_date", str(day)), ("ending_date", str(day + timedelta(days=1)))])
    assert summary["summaries"][0]["daily_active_user_count"] == len(people) > 3


def test_the_same_seed_gives_the_same_bytes_in_any_order() -> None:
    first, second = Claude(seed=9, faults="heavy"), Claude(seed=9, faults="heavy")
    for claude in (first, second):
        claude.settle()
    late, early = (END - timedelta(days=2), END), (END - timedelta(days=9), END - timedelta(days=7))
    one = [first.server.reports.ranked(CONSOLE, "cost", *span, tuple(SPLIT), "time asc", FINAL) for span in (early, late)]
    other = [second.server.reports.ranked(CONSOLE, "cost", *span, tuple(SPLIT), "time asc", FINAL) for span in (late, early)]
    assert one == other[::-1]
    assert first.server.cells(*early, FINAL) != Claude(seed=10).server.cells(*early, FINAL)
