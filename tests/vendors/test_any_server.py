"""Every page is read, whatever server answers: it chooses its page size, the order of keys, further keys, nulls, how it writes counts."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spend_assets.answers import Window
from spend_assets.settings import Limits
from spend_assets.sources import AnthropicSource, CursorSource, GitHubSource, OpenAISource
from spend_assets.vendors.account import VendorAccount
from spend_assets.vendors.anthropic import Anthropic
from spend_assets.vendors.cursor import Cursor
from spend_assets.vendors.github import GitHubCopilot
from spend_assets.vendors.openai import OpenAI

from .server import Asked, Reply, ScriptedServer

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
WINDOW = Window(date(2026, 9, 1), date(2026, 9, 8))
FIRST = 1788220800
"""2026-09-01T00:00:00Z in Unix seconds."""
DAY = 86_400
JSON = dict[str, Any]


@dataclass
class Odd:
    """How a server writes: `size` records a page, keys in any order, further keys, counts as numbers, text or with a fraction of zero."""

    size: int
    dice: random.Random
    said: dict[int, Any] = field(default_factory=dict)
    """A record is written in one way, however often it is asked for."""

    def say(self, value: Any) -> Any:
        if isinstance(value, dict):
            pairs = [*((key, self.say(inner)) for key, inner in value.items()), ("zz_new", self.dice.choice([None, 1, "x", {"y": [1]}]))]
            self.dice.shuffle(pairs)
            return dict(pairs)
        return [self.say(item) for item in value] if isinstance(value, list) else value

    def count(self, number: int) -> Any:
        return self.dice.choice([number, str(number), float(number)])

    def around(self, page: JSON) -> JSON:
        """An envelope with its keys in any order and one more; the records in it stay as they are."""
        pairs = [*page.items(), ("zz_new", None)]
        self.dice.shuffle(pairs)
        return dict(pairs)

    def part(self, records: list[JSON], number: int) -> tuple[list[JSON], bool]:
        """Page `number` from 1, and whether another follows."""
        rows = records[(number - 1) * self.size : number * self.size]
        return [self.said.setdefault(id(row), self.say(row)) for row in rows], number * self.size < len(records)


Serve = Callable[[ScriptedServer, Odd, int], tuple[VendorAccount[Any, Any], str, list[Any]]]
"""Makes a server hold so many records; gives client, stream and what the records say of themselves."""


def openai_costs(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    buckets = [
        {
            "start_time": odd.count(FIRST + day * DAY),
            "end_time": odd.count(FIRST + (day + 1) * DAY),
            "results": [{"project_id": "p", "line_item": f"{n}", "amount": {"value": n / 8}} for n in range(count) if n % 7 == day],
        }
        for day in range(7)
    ]

    def costs(asked: Asked) -> Reply:
        number = int(asked.query.get("page", "t1")[1:])
        rows, more = odd.part(buckets, number)
        end = {"has_more": more or odd.dice.choice([False, None]), "next_page": f"t{number + 1}" if more else None}
        return Reply.of({"data": rows, **end})

    server.makers["/v1/organization/costs"] = costs
    return _openai(server), "costs", [n / 8 for n in range(count)]


def openai_users(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    users = [{"id": f"user-{n}", "n": n} for n in range(count)]

    def listed(asked: Asked) -> Reply:
        after = asked.query.get("after")
        start = next((place + 1 for place, user in enumerate(users) if user["id"] == after), 0)
        rows = [odd.say(user) for user in users[start : start + odd.size]]
        more = start + odd.size < len(users)
        last = {"last_id": odd.dice.choice([rows[-1]["id"], None])} if rows else {}
        return Reply.of(odd.around({"data": rows, "has_more": more, **last}))

    server.makers["/v1/organization/users"] = listed
    return _openai(server), "users", list(range(count))


def claude_costs(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [
        {
            "starting_at": f"2026-09-0{n % 7 + 1}T00:00:00Z",
            "ending_at": f"2026-09-0{n % 7 + 2}T00:00:00Z",
            "group": {"model": f"m{n}"},
            "n": n,
        }
        for n in range(count)
    ]
    odd.dice.shuffle(rows)
    return _claude(server, odd, "/v1/organizations/analytics/cost", rows), "analytics_cost", list(range(count))


def claude_buckets(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [
        {"starting_at": f"2026-09-0{day + 1}T00:00:00Z", "results": [{"workspace_id": None, "n": n} for n in range(count) if n % 7 == day]}
        for day in range(8)
    ]
    return _claude(server, odd, "/v1/organizations/cost_report", rows), "cost_report", list(range(count))


def claude_keys(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    keys = [{"id": f"apikey_{n}", "n": n} for n in range(count)]

    def listed(asked: Asked) -> Reply:
        start = int(asked.query.get("after_id", "apikey_-1").removeprefix("apikey_")) + 1
        rows = [odd.say(key) for key in keys[start : start + odd.size]]
        return Reply.of(odd.around({"data": rows, "has_more": start + odd.size < len(keys), "last_id": rows[-1]["id"] if rows else None}))

    server.makers["/v1/organizations/api_keys"] = listed
    return _anthropic(server, "analytics_cost"), "api_keys", list(range(count))


def cursor_events(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [{"timestamp": str((FIRST + n) * 1000), "userEmail": "a@x.example", "model": "m", "n": n} for n in reversed(range(count))]

    def told(asked: Asked) -> Reply:
        part, more = odd.part(rows, json.loads(asked.body)["page"])
        pagination = {"hasNextPage": more, "numPages": None}
        return Reply.of(odd.around({"usageEvents": part, "pagination": pagination, "totalUsageEventsCount": odd.count(count)}))

    server.makers["/teams/filtered-usage-events"] = told
    return _cursor(server), "usage_events", list(range(count))


def cursor_days(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [{"userId": n, "email": f"u{n}@x.example", "day": "2026-09-02", "n": n} for n in range(count)]

    def told(asked: Asked) -> Reply:
        part, more = odd.part(rows, json.loads(asked.body)["page"])
        return Reply.of(odd.around({"data": part, "pagination": {"hasNextPage": more, "totalUsers": odd.count(count)}}))

    server.makers["/teams/daily-usage-data"] = told
    return _cursor(server), "daily_usage", list(range(count))


def cursor_spend(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [{"userId": f"user_{n}", "email": f"u{n}@x.example", "n": n} for n in range(count)]

    def told(asked: Asked) -> Reply:
        part, _ = odd.part(rows, json.loads(asked.body)["page"])
        pages = -(-count // odd.size)
        counts = {"totalPages": odd.count(pages), "totalMembers": odd.count(count), "subscriptionCycleStart": odd.count(FIRST * 1000)}
        return Reply.of(odd.around({"teamMemberSpend": part, **counts}))

    server.makers["/teams/spend"] = told
    return _cursor(server), "spend", list(range(count))


def cursor_commits(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    is_told = odd.dice.random() < 0.5
    rows = [{"commitHash": f"{n:040x}", "createdAt": "2026-09-03T10:00:00.000Z", "n": n} for n in range(count)]

    def told(asked: Asked) -> Reply:
        part, _ = odd.part(rows, int(asked.query["page"]))
        return Reply.of(odd.around({"items": part, "totalCount": odd.count(count) if is_told else None}))

    server.makers["/analytics/ai-code/commits"] = told
    return _cursor(server), "ai_code_commits", list(range(count))


def github_seats(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [{"assignee": {"id": odd.count(n + 1), "login": f"u{n}"}, "n": n} for n in range(count)]
    return _github(server, odd, "/orgs/web/copilot/billing/seats", rows, count), "seats", list(range(count))


def github_teams(server: ScriptedServer, odd: Odd, count: int) -> tuple[VendorAccount[Any, Any], str, list[Any]]:
    rows = [{"id": n + 1, "slug": f"t{n}", "n": n} for n in range(count)]
    return _github(server, odd, "/orgs/web/teams", rows, None), "teams", list(range(count))


def _openai(server: ScriptedServer) -> OpenAI:
    source = OpenAISource.model_validate({"account": "a", "base_url": server.url, "key_env": "K"})
    return OpenAI(source, Limits(attempts=2), now=lambda: NOW, env={"K": "k"})


def _cursor(server: ScriptedServer) -> Cursor:
    source = CursorSource.model_validate({"account": "a", "base_url": server.url, "key_env": "K"})
    return Cursor(source, Limits(attempts=2), now=lambda: NOW, env={"K": "k"})


def _anthropic(server: ScriptedServer, ledger: str) -> Anthropic:
    fields = {"account": "a", "kind": "console", "base_url": server.url, "key_env": "K", "ledger": ledger}
    return Anthropic(AnthropicSource.model_validate(fields), Limits(attempts=2), now=lambda: NOW, env={"K": "k"})


def _claude(server: ScriptedServer, odd: Odd, path: str, rows: list[JSON]) -> Anthropic:
    def told(asked: Asked) -> Reply:
        number = int(asked.query.get("page", "t1")[1:])
        part, more = odd.part(rows, number)
        end = {"has_more": more, "next_page": f"t{number + 1}" if more else None}
        return Reply.of(odd.around({"data": part, **end, "data_refreshed_at": "2026-11-20T05:00:00Z"}))

    server.makers[path] = told
    return _anthropic(server, path.rpartition("/")[2] if path.endswith("cost_report") else "analytics_cost")


def _github(server: ScriptedServer, odd: Odd, path: str, rows: list[JSON], total: int | None) -> GitHubCopilot:
    def told(asked: Asked) -> Reply:
        number = int(asked.query["page"])
        part, more = odd.part(rows, number)
        link = {"Link": f'<{server.url}{path}?per_page={odd.size}&page={number + 1}>; rel="next"'} if more else {}
        return Reply.of(part if total is None else odd.around({"total_seats": odd.count(total), "seats": part}), **link)

    server.makers[path] = told
    fields = {"account": "a", "org": "web", "base_url": server.url, "token_env": "K"}
    return GitHubCopilot(GitHubSource.model_validate(fields), Limits(attempts=2), now=lambda: NOW, env={"K": "k"})


@pytest.fixture(scope="module")
def odd_server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


STREAMS: tuple[Serve, ...] = (
    *(openai_costs, openai_users, claude_costs, claude_buckets, claude_keys),
    *(cursor_events, cursor_days, cursor_spend, cursor_commits, github_seats, github_teams),
)


@pytest.mark.parametrize("serve", STREAMS, ids=lambda serve: serve.__name__)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 23), size=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_all_records_come_once_and_the_answer_is_whole(odd_server: ScriptedServer, serve: Serve, count: int, size: int, seed: int) -> None:
    client, stream, expected = serve(odd_server, Odd(size, random.Random(seed)), count)
    window = Window.of_day(NOW.date()) if stream in ("users", "api_keys", "spend", "seats", "teams") else WINDOW
    records: list[bytes] = []
    try:
        outcome = client.fetch(stream, window, records.append)
    finally:
        client.close()
    found = [json.loads(record) for record in records]
    assert (outcome.kind, outcome.complete, outcome.detail) == ("data", True, "")
    assert sorted(row["n"] if "n" in row else row["amount"]["value"] for row in found) == expected
