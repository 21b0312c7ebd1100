"""Cursor's client: events without ids, pages that shift while they are read, optional streams, and bounds that count both ends."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from spend_assets.answers import AccessDenied, Outcome, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.landing.contracts import load_contracts
from spend_assets.settings import Limits
from spend_assets.sources import CursorSource
from spend_assets.vendors.cursor import Cursor
from spend_assets.vendors.cursor.events import FIELDS, TOKEN_FIELDS

from .conftest import DAY, NOW
from .server import Reply, ScriptedServer

SAMPLES = Path(__file__).parents[1] / "fixtures" / "cursor"
EVENTS, SPEND, DAILY = "/teams/filtered-usage-events", "/teams/spend", "/teams/daily-usage-data"
GROUPS, COMMITS, AUDIT = "/teams/groups", "/analytics/ai-code/commits", "/teams/audit-logs"
KEY = "crsr_a_secret"
FIRST_MS = 1790812800000
"""2026-10-01T00:00:00Z, the day that the tests ask for."""


@pytest.fixture
def cursor(server: ScriptedServer, waits: list[float]) -> Iterator[Callable[..., Cursor]]:
    clients = []

    def make(*, limits: dict[str, Any] | None = None, now: datetime = NOW, env: dict[str, str] | None = None) -> Cursor:
        client = Cursor(
            CursorSource.model_validate({"account": "team", "base_url": server.url, "key_env": "CURSOR"}),
            Limits.model_validate({"timeout_seconds": 2.0, "attempts": 3, **(limits or {})}),
            now=lambda: now,
            env={"CURSOR": KEY} if env is None else env,
            sleep=waits.append,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def event(number: int, **fields: Any) -> dict[str, Any]:
    return {"timestamp": str(FIRST_MS + number), "userEmail": "ann@acme.example", "model": "m", "chargedCents": number, **fields}


def events(*rows: dict[str, Any], more: bool = False, total: int | None = None) -> Reply:
    page = {"usageEvents": rows, "pagination": {"numPages": 9, "currentPage": 1, "pageSize": 2, "hasNextPage": more}}
    return Reply.of(page if total is None else {**page, "totalUsageEventsCount": total})


def fetched(client: Cursor, stream: str, window: Window = DAY) -> tuple[Outcome, list[dict[str, Any]]]:
    records: list[bytes] = []
    outcome = client.fetch(stream, window, records.append)
    assert not any(b"\n" in record for record in records)
    return outcome, [json.loads(record) for record in records]


def bodies(server: ScriptedServer) -> list[dict[str, Any]]:
    return [json.loads(asked.body) for asked in server.asked]


# --- events ---


def test_a_day_is_asked_to_its_last_millisecond_and_not_beyond(server, cursor):
    server.script[EVENTS] = [events(event(1), total=1)]
    outcome, rows = fetched(cursor(), "usage_events")
    assert bodies(server) == [{"startDate": FIRST_MS, "endDate": FIRST_MS + 86_399_999, "page": 1, "pageSize": 1000}]
    assert outcome == Outcome("data", params={"startDate": str(FIRST_MS), "endDate": str(FIRST_MS + 86_399_999)})
    assert rows == [{"day": "2026-10-01", "occurrence": 1, **event(1)}]
    assert server.asked[0].headers["authorization"] == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()


def test_pages_are_read_until_none_follows_whatever_their_size(server, cursor):
    """The server's page is smaller than asked, and one of them is empty of nothing but luck: only hasNextPage says that it is the last."""
    server.script[EVENTS] = [
        events(event(5), event(4), more=True, total=4),
        events(event(3), more=True, total=4),
        events(event(2), total=4),
    ]
    outcome, rows = fetched(cursor(), "usage_events")
    assert [row["chargedCents"] for row in rows] == [5, 4, 3, 2]
    assert outcome.complete
    assert [body["page"] for body in bodies(server)] == [1, 2, 3]


def test_equal_events_are_all_kept_and_numbered(server, cursor):
    server.script[EVENTS] = [events(event(1), event(1), event(2), event(1), total=4)]
    _, rows = fetched(cursor(), "usage_events")
    assert [row["occurrence"] for row in rows] == [1, 2, 1, 3]


def test_events_that_differ_only_in_what_is_not_kept_are_equal(server, cursor):
    """Else both would be the first of their kind, and typing, which keeps the declared fields, would take one for a repetition."""
    usage = {"inputTokens": 1, "totalCents": 2.5}
    server.script[EVENTS] = [
        events(
            event(1, tokenUsage=usage, traceId="a", maxMode=None),
            event(1, tokenUsage=dict(reversed(usage.items())), traceId="b"),
            event(1, tokenUsage={**usage, "inputTokens": 2}),
            total=3,
        )
    ]
    _, rows = fetched(cursor(), "usage_events")
    assert [row["occurrence"] for row in rows] == [1, 2, 1]


def test_what_makes_events_equal_are_the_fields_of_the_contract():
    contract = load_contracts()["cursor"]["usage_events"]
    assert set(FIELDS) == {field.name for field in contract.kept} - {"day", "occurrence"}
    usage = next(field for field in contract.fields if field.name == "tokenUsage")
    assert set(TOKEN_FIELDS) == {field.name for field in usage.fields}


def test_an_event_moved_onto_the_next_page_is_read_once(server, cursor):
    """A new row in front pushed the last row of page 1 onto page 2, and the count with it."""
    shifted = [events(event(5), event(4), more=True, total=3), events(event(4), event(3), total=4)]
    steady = [events(event(6), event(5), more=True, total=4), events(event(4), event(3), total=4)]
    server.script[EVENTS] = [*shifted, *steady]
    outcome, rows = fetched(cursor(), "usage_events")
    assert [row["chargedCents"] for row in rows] == [6, 5, 4, 3]
    assert outcome.complete


def test_a_shift_that_leaves_the_count_right_is_found(server, cursor):
    """One event twice and another not at all: the sum of rows is what the vendor counts."""
    shifted = [events(event(5), event(4), more=True, total=4), events(event(4), event(2), total=4)]
    steady = [events(event(5), event(4), more=True, total=4), events(event(3), event(2), total=4)]
    server.script[EVENTS] = [*shifted, *steady]
    outcome, rows = fetched(cursor(), "usage_events")
    assert [row["chargedCents"] for row in rows] == [5, 4, 3, 2]
    assert outcome.complete


def test_equal_events_on_two_pages_count_when_a_second_reading_agrees(server, cursor):
    pages = [events(event(5), event(4), more=True, total=4), events(event(4), event(2), total=4)]
    server.script[EVENTS] = [*pages, *pages]
    outcome, rows = fetched(cursor(), "usage_events")
    assert [row["chargedCents"] for row in rows] == [5, 4, 4, 2]
    assert [row["occurrence"] for row in rows] == [1, 1, 2, 1]
    assert outcome.complete


@pytest.mark.parametrize(
    ("pages", "detail"),
    [
        ([events(event(5), total=3)], "1 events on 1 pages, the vendor counts 3"),
        ([events(event(5), event(4), total=1)], "2 events on 1 pages, the vendor counts 1"),
        (
            [events(event(5), more=True, total=2), events(event(4), total=3)] * 3,
            "the number of events changed while the pages were read",
        ),
        (
            [events(event(5), more=True, total=3), events(more=True, total=3)] * 3,
            "page 2 brings nothing new and says that more follow",
        ),
        ([events(event(5), more=True, total=2)], "page 2 brings nothing new and says that more follow"),
        (
            [
                *(events(event(5), event(4), more=True, total=4), events(event(4), event(2), total=4)),
                *(events(event(5), event(4), more=True, total=4), events(event(4), event(1), total=4)),
                *(events(event(5), event(4), more=True, total=4), events(event(4), event(0), total=4)),
            ],
            "equal records on two pages",
        ),
    ],
)
def test_a_list_that_is_never_exact_is_incomplete(server, cursor, pages, detail):
    server.script[EVENTS] = pages
    outcome, _ = fetched(cursor(), "usage_events")
    assert (outcome.complete, outcome.detail) == (False, detail)


def test_without_a_count_several_pages_are_read_twice_to_be_sure(server, cursor):
    pages = [events(event(5), more=True), events(event(4))]
    server.script[EVENTS] = [*pages, *pages]
    outcome, rows = fetched(cursor(), "usage_events")
    assert (outcome.complete, len(rows), len(server.asked)) == (True, 2, 4)
    server.script[EVENTS] = [events(event(5))]
    assert fetched(cursor(), "usage_events")[0].complete


def test_an_answer_without_events_is_an_error_and_no_empty_day(server, cursor):
    server.script[EVENTS] = [Reply.of({"totalUsageEventsCount": 0, "pagination": {"hasNextPage": False}})]
    with pytest.raises(UnexpectedAnswer, match="missing required field `usageEvents`"):
        fetched(cursor(), "usage_events")
    server.script[EVENTS] = [Reply(204)]
    with pytest.raises(UnexpectedAnswer, match="an empty body where records were due"):
        fetched(cursor(), "usage_events")
    server.script[EVENTS] = [events(total=0)]
    assert fetched(cursor(), "usage_events") == (
        Outcome("data", params={"startDate": str(FIRST_MS), "endDate": str(FIRST_MS + 86_399_999)}),
        [],
    )


def test_a_day_is_read_when_its_last_hour_is_added_up(server, cursor):
    server.script[EVENTS] = [events(event(1), total=1)]
    early = cursor(now=datetime(2026, 10, 2, 0, 59, tzinfo=UTC))
    assert fetched(early, "usage_events")[0].kind == "not_ready"
    assert server.asked == []
    assert fetched(cursor(now=datetime(2026, 10, 2, 1, tzinfo=UTC)), "usage_events")[0].kind == "data"


def test_amounts_keep_their_text(server, cursor):
    sent = b'{"timestamp":1790812800000,\n "chargedCents":64.66223144531250}'
    body = b'{"totalUsageEventsCount":1,"pagination":{"hasNextPage":false},"usageEvents":[' + sent + b"]}"
    server.script[EVENTS] = [Reply(200, body)]
    records: list[bytes] = []
    cursor().fetch("usage_events", DAY, records.append)
    assert records == [b'{"day":"2026-10-01","occurrence":1,"timestamp":1790812800000,"chargedCents":64.66223144531250}']


def test_an_event_of_another_shape_is_handed_on_to_be_quarantined(server, cursor):
    server.script[EVENTS] = [Reply.of({"usageEvents": [7, {"timestamp": "soon"}], "pagination": {"hasNextPage": False}})]
    outcome, rows = fetched(cursor(), "usage_events")
    assert (outcome.complete, rows) == (True, [7, {"occurrence": 1, "timestamp": "soon"}])


def test_the_edge_cases_come_through_whole(server, cursor):
    server.script[EVENTS] = [Reply(200, (SAMPLES / "synthetic_filtered_usage_events.edge_cases.json").read_bytes())]
    outcome, rows = fetched(cursor(), "usage_events")
    assert outcome.complete
    assert {row["occurrence"] for row in rows} == {1}
    assert [row["day"] for row in rows].count("2026-09-02") == 1, "the event on the bound is of the next day"


# --- spend and members ---


def spend(*users: str, pages: int = 1, total: int | None = None, cycle: int = 1781472188000) -> Reply:
    rows = [{"userId": user, "email": f"{user}@acme.example", "spendCents": 2450.125487} for user in users]
    return Reply.of({"teamMemberSpend": rows, "subscriptionCycleStart": cycle, "totalMembers": total, "totalPages": pages})


def test_every_page_of_spend_is_read_and_bears_the_cycle(server, cursor):
    server.script[SPEND] = [spend("a", "b", pages=2, total=3), spend("c", pages=2, total=3)]
    outcome, rows = fetched(cursor(), "spend")
    assert outcome.complete
    assert [(row["userId"], row["subscriptionCycleStart"]) for row in rows] == [
        ("a", 1781472188000),
        ("b", 1781472188000),
        ("c", 1781472188000),
    ]
    assert [body["page"] for body in bodies(server)] == [1, 2]


def test_a_member_on_two_pages_of_spend_means_that_another_was_skipped(server, cursor):
    server.script[SPEND] = [spend("a", "b", pages=2, total=3), spend("b", pages=2, total=3)] * 3
    outcome, _ = fetched(cursor(), "spend")
    assert (outcome.complete, outcome.detail) == (False, "one of the members is on two pages: the list shifted")


def test_pages_of_two_cycles_are_not_mixed(server, cursor):
    rolled = [spend("a", pages=2, total=2), spend("b", pages=2, total=2, cycle=1784064188000)]
    steady = [spend("a", pages=2, total=2, cycle=1784064188000), spend("b", pages=2, total=2, cycle=1784064188000)]
    server.script[SPEND] = [*rolled, *steady]
    outcome, rows = fetched(cursor(), "spend")
    assert outcome.complete
    assert {row["subscriptionCycleStart"] for row in rows} == {1784064188000}


def test_members_are_one_list_with_the_removed_ones(server, cursor):
    server.script["/teams/members"] = [Reply(200, (SAMPLES / "docs_teams_members.json").read_bytes())]
    outcome, rows = fetched(cursor(), "members")
    assert (outcome.complete, [row["role"] for row in rows]) == (True, ["member", "owner"])
    server.script["/teams/members"] = [Reply(200, b"")]
    with pytest.raises(UnexpectedAnswer, match="an empty body"):
        fetched(cursor(), "members")


# --- daily usage ---


def test_daily_usage_is_asked_with_pages_so_that_inactive_members_are_in_it(server, cursor):
    sample = json.loads((SAMPLES / "docs_teams_daily_usage_data.paginated.json").read_bytes())
    sample["pagination"]["totalUsers"] = 2
    server.script[DAILY] = [Reply.of(sample)]
    outcome, rows = fetched(cursor(), "daily_usage", Window(date(2024, 3, 18), date(2024, 3, 20)))
    assert outcome.complete
    assert [row["isActive"] for row in rows] == [True, False]
    assert bodies(server) == [{"startDate": 1710720000000, "endDate": 1710892799999, "page": 1, "pageSize": 200}]


def test_a_page_of_daily_usage_counts_users_not_rows(server, cursor):
    def page(*pairs: tuple[int, str], more: bool) -> Reply:
        rows = [{"userId": user, "email": "x", "day": day} for user, day in pairs]
        return Reply.of({"data": rows, "pagination": {"hasNextPage": more, "totalUsers": 2}})

    server.script[DAILY] = [page((1, "2026-10-01"), (1, "2026-10-02"), more=True), page((2, "2026-10-01"), more=False)]
    outcome, rows = fetched(cursor(), "daily_usage", Window(date(2026, 10, 1), date(2026, 10, 3)))
    assert (outcome.complete, len(rows)) == (True, 3)


def test_days_of_before_2026_come_from_the_date(server, cursor):
    row = {"userId": 1, "email": "x", "date": 1710720000000}
    server.script[DAILY] = [Reply.of({"data": [row], "pagination": {"hasNextPage": False, "totalUsers": 1}})]
    assert fetched(cursor(), "daily_usage", Window.of_day(date(2024, 3, 18)))[1] == [{"day": "2024-03-18", **row}]


def test_more_than_thirty_days_are_not_asked_for(cursor):
    with pytest.raises(ValueError, match="at most 30 days"):
        fetched(cursor(), "daily_usage", Window(date(2026, 8, 1), date(2026, 9, 1)))


# --- what only Enterprise teams have ---


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(("stream", "path"), [("groups", GROUPS), ("ai_code_commits", COMMITS), ("audit_logs", AUDIT)])
def test_optional_streams_are_not_available_where_they_are_refused(server, cursor, stream, path, status):
    errors = json.loads((SAMPLES / "docs_error_responses.json").read_bytes())
    server.script[path] = [Reply.of(errors[str(status)], status)]
    outcome, rows = fetched(cursor(), stream)
    assert (outcome.kind, rows) == ("not_available", [])
    assert f"status {status}" in outcome.detail and "Enterprise plan" in outcome.detail


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(
    ("stream", "path"), [("members", "/teams/members"), ("daily_usage", DAILY), ("spend", SPEND), ("usage_events", EVENTS)]
)
def test_the_streams_of_every_team_are_refused_with_a_reason(server, cursor, stream, path, status):
    server.script[path] = [Reply(status, b'{"error":"Forbidden","message":"no"}')]
    with pytest.raises(AccessDenied, match="CURSOR") as denied:
        fetched(cursor(), stream)
    assert denied.value.account == "team"
    assert KEY not in str(denied.value)


def group(name: str, members: int, listed: int, **more: Any) -> dict[str, Any]:
    current = [{"userId": f"user_{number}", "email": f"{number}@acme.example", "spendCents": 1} for number in range(listed)]
    return {"id": f"group_{name}", "name": name, "memberCount": members, "currentMembers": current, "formerMembers": [], **more}


def groups(start: str, end: str, *listed: dict[str, Any]) -> Reply:
    cycle = {"cycleStart": start, "cycleEnd": end}
    return Reply.of({"groups": listed, "unassignedGroup": group("unassigned", 0, 0), "billingCycle": cycle})


def test_groups_are_read_of_this_cycle_and_the_last(server, cursor):
    server.script[GROUPS] = [
        groups("2026-09-14T21:23:08.000Z", "2026-10-14T21:23:08.000Z", group("eng", 1, 1)),
        groups("2026-08-14T21:23:08.000Z", "2026-09-14T21:23:08.000Z", group("eng", 2, 1)),
    ]
    server.script[f"{GROUPS}/group_eng"] = [Reply.of({"group": group("eng", 2, 2), "billingCycle": {}})]
    outcome, rows = fetched(cursor(), "groups")
    assert outcome.complete
    assert [(row["cycleStart"][:10], row["id"], row["isUnassigned"], len(row["currentMembers"])) for row in rows] == [
        ("2026-09-14", "group_eng", False, 1),
        ("2026-09-14", "group_unassigned", True, 0),
        ("2026-08-14", "group_eng", False, 2),
        ("2026-08-14", "group_unassigned", True, 0),
    ]
    assert [asked.query for asked in server.asked] == [{}, {"billingCycle": "2026-09-13"}, {"billingCycle": "2026-09-13"}]


def test_a_server_that_knows_no_past_cycle_tells_each_group_once(server, cursor):
    this = groups("2026-09-14T21:23:08.000Z", "2026-10-14T21:23:08.000Z", group("eng", 1, 1))
    for second in (this, Reply(404, b'{"error":"Not Found"}')):
        server.script[GROUPS] = [this, second]
        assert [row["id"] for row in fetched(cursor(), "groups")[1]] == ["group_eng", "group_unassigned"]


def test_a_commit_list_ends_when_its_count_is_reached(server, cursor):
    row = {"commitHash": "a", "userEmail": "x", "commitTs": "2026-10-01T23:59:00.000Z", "createdAt": "2026-10-02T00:00:30.000Z"}
    rows = [row, {**row, "commitHash": "b", "createdAt": "2026-10-01T10:00:00Z"}, {**row, "commitHash": "c", "commitTs": None}]
    server.script[COMMITS] = [Reply.of({"items": rows[:2], "totalCount": 3}), Reply.of({"items": rows[2:], "totalCount": 3})]
    outcome, found = fetched(cursor(), "ai_code_commits")
    assert outcome.complete
    assert [asked.query["page"] for asked in server.asked] == ["1", "2"]
    assert (server.asked[0].query["startDate"], server.asked[0].query["endDate"]) == (
        "2026-10-01T00:00:00.000Z",
        "2026-10-01T23:59:59.999Z",
    )
    # Taken in on the day after, made on the day asked for; and one of neither day, which is left to be quarantined.
    assert [row.get("day") for row in found] == ["2026-10-01", "2026-10-01", None]


def test_the_audit_log_is_asked_for_seats_only(server, cursor):
    sample = json.loads((SAMPLES / "docs_teams_audit_logs.json").read_bytes())
    server.script[AUDIT] = [Reply.of(sample)]
    outcome, rows = fetched(cursor(), "audit_logs", Window(date(2024, 1, 9), date(2024, 1, 16)))
    assert outcome.complete
    assert [row["day"] for row in rows] == ["2024-01-15", "2024-01-15"]
    assert server.asked[0].query["eventTypes"] == "add_user,remove_user,update_user_role,user_spend_limit"


# --- limits, doctor ---


def test_a_rate_limit_is_waited_for_as_told(server, cursor, waits):
    limited = json.loads((SAMPLES / "docs_error_responses.json").read_bytes())["429"]
    server.script[EVENTS] = [Reply.of(limited, 429, Retry_After="7"), Reply.of(limited, 429), events(event(1), total=1)]
    assert fetched(cursor(), "usage_events")[0].complete
    assert waits[0] == 7
    assert 4 <= waits[1] < 5, "the second wait of those that double, where no time is named"


def test_a_server_that_stays_down_is_named_without_the_key(server, cursor):
    server.script[EVENTS] = [Reply(500, b'{"error":"Internal Server Error"}')]
    with pytest.raises(VendorUnavailable, match="POST /teams/filtered-usage-events, account team, day 2026-10-01, status 500") as failure:
        fetched(cursor(), "usage_events")
    assert KEY not in str(failure.value) and server.url not in str(failure.value)


def test_doctor_asks_each_stream_once_and_says_what_a_team_lacks(server, cursor):
    server.script["/teams/members"] = [Reply(200, (SAMPLES / "docs_teams_members.json").read_bytes())]
    server.script[DAILY] = [Reply(200, (SAMPLES / "docs_teams_daily_usage_data.paginated.json").read_bytes())]
    server.script[SPEND] = [Reply(403, b'{"error":"Forbidden","message":"no"}')]
    server.script[EVENTS] = [Reply(200, (SAMPLES / "docs_teams_filtered_usage_events.json").read_bytes())]
    for path in (GROUPS, COMMITS, AUDIT):
        server.script[path] = [Reply(403, b'{"error":"Forbidden","message":"Enterprise access required"}')]
    probes = {probe.stream: probe for probe in cursor().probe()}
    assert list(probes) == list(cursor().streams)
    assert {stream: probe.works for stream, probe in probes.items()} == {
        **dict.fromkeys(("members", "daily_usage", "usage_events"), True),
        "spend": False,
        **dict.fromkeys(("groups", "ai_code_commits", "audit_logs"), None),
    }
    assert "the permission to read spend" in probes["spend"].message
    assert "113 events on 2026-10-04" in probes["usage_events"].message
    assert len(server.asked) == len(probes)


def test_a_missing_key_is_named_by_its_variable(cursor):
    probes = list(cursor(env={}).probe())
    assert not any(probe.works for probe in probes)
    assert "the environment variable CURSOR is empty" in probes[0].message


def test_an_unknown_stream_is_refused(cursor):
    with pytest.raises(ValueError, match="is not configured for the stream 'seats'"):
        fetched(cursor(), "seats")
