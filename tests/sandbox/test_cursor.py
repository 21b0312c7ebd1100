"""The sandbox's Cursor, asked as the vendor's documentation says: its traps are there, and its events add up to the truth."""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import spend_assets
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.http_server import HttpServer
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.world import World

END = date(2026, 10, 31)
TWELVE = Decimal("1e-12")
CONTRACT = yaml.safe_load((Path(spend_assets.__file__).parent / "landing/contracts/cursor.yml").read_text(encoding="utf-8"))["streams"]


class Reader:
    """Retries what passes, and never waits."""

    def __init__(self, **config: Any):
        self.world = World(SandboxConfig(**{"people": 120, "days": 50, "seed": 11, "end": END, **config}))
        self.vendor = CursorServer(self.world)
        self.http = HttpServer(self.vendor.handle, 0, 0.0)
        self.http.start()
        key = base64.b64encode(f"{self.vendor.tokens['CURSOR_API_KEY']}:".encode()).decode()
        self.client = httpx.Client(base_url=self.http.base_url, trust_env=False, timeout=20, headers={"Authorization": f"Basic {key}"})

    def ask(self, method: str, path: str, **options: Any) -> Any:
        for _ in range(6):
            answer = self.client.request(method, path, **options)
            if answer.status_code not in (429, 500, 502, 503):
                break
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def events(self, day: date, size: int = 1000) -> list[dict[str, Any]]:
        first = epoch_ms(day)
        rows: list[dict[str, Any]] = []
        more, page = True, 0
        while more:
            page += 1
            body = {"startDate": first, "endDate": first + 86_399_999, "page": page, "pageSize": size}
            answer = self.ask("POST", "/teams/filtered-usage-events", json=body)
            rows += answer["usageEvents"]
            more = answer["pagination"]["hasNextPage"]
        assert len(rows) == answer["totalUsageEventsCount"]
        return rows

    def settle(self) -> None:
        self.world.clock.set(datetime.combine(END + timedelta(days=10), time(6), UTC))

    def close(self) -> None:
        self.client.close()
        self.http.stop()


def epoch_ms(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000


def usd(cents: Any) -> Decimal:
    return (Decimal(cents).quantize(TWELVE) / 100).quantize(TWELVE)


def worth(event: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """(consumption, billed) of one event, by the documentation's words."""
    usage, fee = event["tokenUsage"], usd(event.get("cursorTokenFee", 0))
    own_key = event["kind"] == "User API Key"
    billed = usd(event["chargedCents"]) if event["kind"] in ("Usage-based", "User API Key") else Decimal(0)
    return (fee if own_key else usd(usage["totalCents"]) + fee), billed


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def month(reader: Reader) -> dict[date, list[dict[str, Any]]]:
    return {day: reader.events(day) for day in reader.world.config.history()[-30:]}


@pytest.mark.parametrize(
    "config", [{"seed": 3}, {"seed": 5, "faults": {"late_day": 0.3, "straggler": 0.02, "restated_day": 0.3, "schema_growth": 1}}]
)
def test_events_add_up_to_the_truth_to_the_last_digit(config: dict[str, Any]) -> None:
    reader = Reader(people=80, days=20, **config)
    reader.settle()
    found: dict[tuple[date, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for day in reader.world.config.history():
        for event in reader.events(day):
            service = event.get("serviceAccountId", "null")
            principal = event["userEmail"].lower() if service == "null" else service
            cell = found[day, principal, event["model"]]
            values = (*worth(event), event["tokenUsage"]["cacheReadTokens"], event["tokenUsage"].get("cacheWriteTokens", 0))
            found[day, principal, event["model"]] = [total + value for total, value in zip(cell, values, strict=True)]
    cells = reader.vendor.cells(reader.world.config.start, END, FINAL)
    assert {key: tuple(values) for key, values in found.items()} == {
        (c.day, c.principal, c.model): (c.consumption_usd, c.billed_usd, c.cache_read_tokens, c.cache_write_tokens) for c in cells
    }
    assert sum(cell.billed_usd or 0 for cell in cells) < sum(cell.consumption_usd or 0 for cell in cells)
    reader.close()


def test_a_charge_is_cost_less_discount_plus_fee(month: dict[date, list[dict[str, Any]]]) -> None:
    discounted = 0
    for event in (event for events in month.values() for event in events if event["kind"] not in ("Free", "User API Key")):
        usage = event["tokenUsage"]
        percent = usage.get("discountPercentOff", 0)
        discounted += percent > 0
        expected = Decimal(usage["totalCents"]) * (100 - percent) / 100 + Decimal(event.get("cursorTokenFee", 0))
        assert abs(expected - Decimal(event["chargedCents"])) < Decimal("1e-9")
    assert discounted > 20


def test_the_traps_are_there(month: dict[date, list[dict[str, Any]]]) -> None:
    events = [event for rows in month.values() for event in rows]
    kinds = Counter(event["kind"] for event in events)
    assert set(kinds) == {"Included in Business", "Usage-based", "Errored, Not Charged", "Aborted, Not Charged", "Free", "User API Key"}
    errors = [event for event in events if event["kind"] == "Errored, Not Charged"]
    assert all(event["isChargeable"] and event["chargedCents"] > 0 and "requestsCosts" not in event for event in errors)
    assert any(event.get("serviceAccountId") == "null" for event in events)
    assert {"maxMode" in event for event in events} == {True, False}
    assert not any("cacheWriteTokens" in event["tokenUsage"] for event in events if event["model"].startswith("composer"))
    assert all(type(event["timestamp"]) is str for event in events)
    equal = Counter(json.dumps(event, default=str, sort_keys=True) for event in events)
    assert max(equal.values()) == 2, "calls that are equal in every field"
    keys = Counter((event["timestamp"], event["userEmail"], event["model"]) for event in events)
    assert sum(count - 1 for count in keys.values()) > sum(count - 1 for count in equal.values()), "and such that differ under one key"
    for rows in month.values():
        stamps = [int(event["timestamp"]) for event in rows]
        assert stamps == sorted(stamps, reverse=True)
    assert any(str(event["chargedCents"]).endswith("99999") or len(str(event["chargedCents"])) > 16 for event in events), "float noise"


def test_the_server_chooses_the_size_of_a_page_and_both_bounds_count(reader: Reader, month: dict[date, list[dict[str, Any]]]) -> None:
    day = max(month, key=lambda day: len(month[day]))
    stamps = [int(event["timestamp"]) for event in month[day]]
    body = {"startDate": stamps[-1], "endDate": stamps[0], "page": 1, "pageSize": 5000}
    answer = reader.ask("POST", "/teams/filtered-usage-events", json=body)
    assert answer["pagination"]["pageSize"] == 500
    assert answer["totalUsageEventsCount"] == len(stamps)


def test_spend_is_what_was_charged_since_an_instant(reader: Reader, month: dict[date, list[dict[str, Any]]]) -> None:
    rows, page, pages = [], 0, 1
    while page < pages:
        page += 1
        answer = reader.ask("POST", "/teams/spend", json={"page": page, "pageSize": 25})
        rows += answer["teamMemberSpend"]
        pages, start = answer["totalPages"], answer["subscriptionCycleStart"]
    assert len(rows) == answer["totalMembers"] and pages > 1
    assert start % 86_400_000 != 0, "a cycle begins inside a day"
    charged: dict[str, Decimal] = defaultdict(Decimal)
    on_demand: dict[str, Decimal] = defaultdict(Decimal)
    for event in (event for events in month.values() for event in events):
        person = event.get("serviceAccountId", "null") == "null"
        if int(event["timestamp"]) >= start and person and "Not Charged" not in event["kind"]:
            charged[event["userEmail"]] += usd(event["chargedCents"])
            on_demand[event["userEmail"]] += worth(event)[1]
    assert {row["email"]: usd(row["overallSpendCents"]) for row in rows if row["overallSpendCents"]} == {
        email: value for email, value in charged.items() if value
    }
    assert {row["email"]: usd(row["spendCents"]) for row in rows if row["spendCents"]} == {e: v for e, v in on_demand.items() if v}


def test_included_use_ends_and_on_demand_begins_within_a_cycle(reader: Reader, month: dict[date, list[dict[str, Any]]]) -> None:
    start = reader.ask("POST", "/teams/spend", json={})["subscriptionCycleStart"]
    by_user: dict[str, list[str]] = defaultdict(list)
    for event in sorted((event for events in month.values() for event in events), key=lambda event: int(event["timestamp"])):
        person = event.get("serviceAccountId", "null") == "null"
        if int(event["timestamp"]) >= start and person and event["kind"] in ("Included in Business", "Usage-based"):
            by_user[event["userEmail"]].append(event["kind"])
    switched = [kinds for kinds in by_user.values() if len(set(kinds)) == 2]
    assert switched
    for kinds in switched:
        assert kinds == sorted(kinds), "included first, then usage-based"


def test_daily_usage_counts_the_same_calls(reader: Reader, month: dict[date, list[dict[str, Any]]]) -> None:
    day = END - timedelta(days=2)
    first = epoch_ms(day)
    body = {"startDate": first, "endDate": first + 86_399_999}
    paged = reader.ask("POST", "/teams/daily-usage-data", json={**body, "page": 1, "pageSize": 1000})
    active = reader.ask("POST", "/teams/daily-usage-data", json=body)
    assert len(active["data"]) < len(paged["data"]) == paged["pagination"]["totalUsers"]
    assert all(row["isActive"] for row in active["data"]) and "pagination" not in active
    counted = sum(row["subscriptionIncludedReqs"] + row["usageBasedReqs"] + row["apiKeyReqs"] for row in paged["data"])
    person = [event for event in month[day] if event.get("serviceAccountId", "null") == "null"]
    assert counted == sum(event["kind"] in ("Included in Business", "Usage-based", "User API Key") for event in person) > 0


def test_a_range_of_more_than_thirty_days_is_refused(reader: Reader) -> None:
    first = epoch_ms(END) - 40 * 86_400_000
    for body in (
        {"startDate": first, "endDate": epoch_ms(END), "page": 1, "pageSize": 5},
        {"startDate": first, "endDate": first, "page": 1},
    ):
        assert reader.client.post("/teams/daily-usage-data", json=body).status_code == 400


def test_groups_tell_this_cycle_and_past_ones(reader: Reader) -> None:
    now = reader.ask("GET", "/teams/groups")
    start = datetime.fromisoformat(now["billingCycle"]["cycleStart"])
    past = reader.ask("GET", "/teams/groups", params={"billingCycle": (start - timedelta(days=1)).date().isoformat()})
    assert past["billingCycle"]["cycleEnd"] == now["billingCycle"]["cycleStart"]
    totals = [sum(usd(group["spendCents"]) for group in [*answer["groups"], answer["unassignedGroup"]]) for answer in (now, past)]
    assert totals[0] > 0 and totals[1] > 0 and totals[0] != totals[1]
    one = reader.ask("GET", f"/teams/groups/{now['groups'][0]['id']}")
    assert one["group"]["name"] == now["groups"][0]["name"]
    overall = sum(usd(row["overallSpendCents"]) for row in reader.ask("POST", "/teams/spend", json={"pageSize": 1000})["teamMemberSpend"])
    assert totals[0] == overall


def unknown(record: dict[str, Any], fields: dict[str, Any], path: str = "") -> set[str]:
    found = {path + name for name in record if name not in fields}
    for name, value in record.items():
        inner = fields.get(name, {}).get("fields")
        if inner and not fields[name].get("open"):
            for item in value if isinstance(value, list) else [value] if value else []:
                found |= unknown(item, inner, f"{path}{name}.")
    return found


def test_what_is_served_is_declared(reader: Reader, month: dict[date, list[dict[str, Any]]]) -> None:
    span = {"startDate": "2026-10-20T00:00:00.000Z", "endDate": "2026-10-29T23:59:59.999Z"}
    day = {"startDate": epoch_ms(END), "endDate": epoch_ms(END), "page": 1, "pageSize": 50}
    served = {
        "members": reader.ask("GET", "/teams/members")["teamMembers"],
        "spend": reader.ask("POST", "/teams/spend", json={})["teamMemberSpend"],
        "usage_events": [event for events in month.values() for event in events],
        "daily_usage": reader.ask("POST", "/teams/daily-usage-data", json=day)["data"],
        "groups": reader.ask("GET", "/teams/groups")["groups"],
        "ai_code_commits": reader.ask("GET", "/analytics/ai-code/commits", params=span)["items"],
        "audit_logs": reader.ask("GET", "/teams/audit-logs", params={"startTime": "2026-10-05", "endTime": "2026-11-01"})["events"],
    }
    assert set(served) == set(CONTRACT)
    for stream, records in served.items():
        assert records, stream
        assert set().union(*(unknown(record, CONTRACT[stream]["fields"]) for record in records)) == set(), stream


def test_amended_commits_are_there_twice(reader: Reader) -> None:
    span = {"startDate": "2026-10-10", "endDate": "2026-10-30", "pageSize": "1000"}
    answer = reader.ask("GET", "/analytics/ai-code/commits", params=span)
    hashes = Counter(row["commitHash"] for row in answer["items"])
    assert len(answer["items"]) == answer["totalCount"]
    assert {1, 2} == set(hashes.values())


def test_members_have_addresses_of_their_own() -> None:
    reader = Reader(people=1000)
    emails = [member["email"] for member in reader.ask("GET", "/teams/members")["teamMembers"]]
    reader.close()
    assert any("+cursor@" in email for email in emails)
    assert any(email.endswith("@initech.example") for email in emails)
    assert any(email.isupper() for email in emails)
    assert any(email.endswith("@freemail.example") for email in emails)


def test_a_minute_holds_so_many_requests() -> None:
    reader = Reader(people=20, days=3)
    statuses = [reader.client.get("/teams/members").status_code for _ in range(22)]
    assert statuses[:20] == [200] * 20 and statuses[20] == 429 and statuses[21] == 200
    refused = [reader.client.post("/teams/filtered-usage-events", json={}) for _ in range(61)][-1]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "0")
    assert refused.json() == {"error": "Too Many Requests", "message": "Rate limit exceeded. Please try again later."}
    reader.close()


def test_a_wrong_key_is_refused(reader: Reader) -> None:
    for header in ("Basic " + base64.b64encode(b"key_x:").decode(), f"Bearer {reader.vendor.tokens['CURSOR_API_KEY']}"):
        answer = reader.client.get("/teams/members", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


def test_late_and_restated_days_are_final_on_the_third_day() -> None:
    """Cursor is asked again for three days: what comes later would never be seen."""
    reader = Reader(people=60, days=20, faults={"late_day": 0.5, "straggler": 0.02, "restated_day": 0.5})
    moved = 0
    for day in reader.world.config.history():
        mornings = [datetime.combine(day + timedelta(days=n), time(6), UTC) for n in (1, 2, 3)]
        views = [reader.vendor.cells(day, day, instant) for instant in mornings]
        assert views[2] == reader.vendor.cells(day, day, FINAL)
        moved += views[0] != views[2]
    assert moved >= 5
    reader.close()


def test_withheld_days_are_on_the_key() -> None:
    reader = Reader(people=60, days=20, faults={"broken_line": 1, "withheld_day": 1})
    reader.settle()
    days = {cell.day for cell in reader.vendor.withheld()}
    assert {fault.day for fault in reader.world.faults.key() if fault.withheld and fault.stream == "cursor/usage_events"} == days
    lost = []
    for day in sorted(days):
        body = {"startDate": epoch_ms(day), "endDate": epoch_ms(day) + 86_399_999, "pageSize": 500}
        answer = reader.ask("POST", "/teams/filtered-usage-events", json=body)
        lost.append("usageEvents" if "usageEvents" not in answer else sum(e["tokenUsage"] == "n/a" for e in answer["usageEvents"]))
    assert sorted(map(str, lost)) == ["1", "usageEvents"]
    reader.close()


def test_the_team_spends_like_one(month: dict[date, list[dict[str, Any]]]) -> None:
    by_user: dict[str, Decimal] = defaultdict(Decimal)
    user_days = set()
    for day, events in month.items():
        for event in events:
            if event.get("serviceAccountId", "null") == "null":
                by_user[event["userEmail"]] += worth(event)[0]
                user_days.add((day, event["userEmail"]))
    spent = sorted(by_user.values(), reverse=True)
    assert Decimal("0.35") < sum(spent[: len(spent) // 10]) / sum(spent) < Decimal("0.65")
    assert 2 < sum(spent) / len(user_days) < 6, "dollars per active day"
    weekdays = [len(events) for day, events in month.items() if day.weekday() < 5]
    weekends = [len(events) for day, events in month.items() if day.weekday() >= 5]
    assert sum(weekends) / len(weekends) < 0.25 * sum(weekdays) / len(weekdays)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = Reader(people=40, days=10), Reader(people=40, days=10)
    assert first.vendor.tokens == second.vendor.tokens
    later, earlier = first.events(END), second.events(END - timedelta(days=8))
    assert first.events(END - timedelta(days=8)) == earlier and second.events(END) == later
    other = Reader(people=40, days=10, seed=12)
    assert other.events(END - timedelta(days=2)) != first.events(END - timedelta(days=2))
    for reader in (first, second, other):
        reader.close()
