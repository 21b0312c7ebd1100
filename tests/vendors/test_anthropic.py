"""Anthropic's client against a real server on loopback: pages of one state or a mark, days that are covered, both ledgers, directories."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from spend_assets.answers import AccessDenied, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.landing.contracts import load_contracts
from spend_assets.settings import Limits
from spend_assets.sources import AnthropicSource
from spend_assets.vendors.anthropic import Anthropic, analytics, reports

from .server import Reply

NOW = datetime(2026, 11, 5, 6, 0, tzinfo=UTC)
WINDOW = Window(date(2026, 11, 1), date(2026, 11, 5))
DAY = Window.of_day(date(2026, 11, 3))
KEY = "sk-ant-admin01-secret"
COST, USAGE = "/v1/organizations/analytics/cost", "/v1/organizations/analytics/usage"
OLD_COST, OLD_USAGE = "/v1/organizations/cost_report", "/v1/organizations/usage_report/messages"
CODE, USERS, KEYS = "/v1/organizations/usage_report/claude_code", "/v1/organizations/users", "/v1/organizations/api_keys"
ACTIVITY, SUMMARIES = "/v1/organizations/analytics/users", "/v1/organizations/analytics/summaries"
LIMITS = "/v1/organizations/spend_limits/effective"


@pytest.fixture
def claude(server: Any, waits: list[float]) -> Iterator[Callable[..., Anthropic]]:
    """Makes a client of the scripted server: a Console organisation, or what the keywords say."""
    clients = []

    def make(**source: Any) -> Anthropic:
        defaults = {"account": "console", "kind": "console", "base_url": server.url, "key_env": "CLAUDE_KEY"}
        made = AnthropicSource.model_validate({**defaults, **source})
        client = Anthropic(made, Limits(timeout_seconds=2.0), now=lambda: NOW, env={"CLAUDE_KEY": KEY}, sleep=waits.append)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def row(day: int, key: str = "apikey_1", amount: str = "12.500000") -> dict[str, Any]:
    bounds = {"starting_at": f"2026-11-{day:02}T00:00:00Z", "ending_at": f"2026-11-{day + 1:02}T00:00:00Z"}
    return {**bounds, "group": {"api_key_id": key}, "cost": {"amount": amount, "list_amount": amount, "currency": "USD", "requests": None}}


def page(*rows: dict[str, Any], following: str | None = None, refreshed: str | None = "2026-11-05T04:00:00Z") -> Reply:
    return Reply.of({"data": list(rows), "has_more": following is not None, "next_page": following, "data_refreshed_at": refreshed})


def fetch(client: Anthropic, stream: str, window: Window) -> tuple[Any, list[dict[str, Any]]]:
    records: list[bytes] = []
    outcome = client.fetch(stream, window, records.append)
    return outcome, [json.loads(record) for record in records]


def days(records: list[dict[str, Any]]) -> list[str]:
    return [record["starting_at"][8:10] for record in records]


# --- usage and cost analytics ---


def test_every_page_is_read_with_the_same_question(server, claude):
    server.script[COST] = [page(row(1), following="page_b"), page(row(2), row(3), following="page_c"), page(row(4))]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.kind, outcome.complete, days(records)) == ("data", True, ["01", "02", "03", "04"])
    assert [asked.query.get("page") for asked in server.asked] == [None, "page_b", "page_c"]
    for asked in server.asked:
        assert (asked.query["starting_at"], asked.query["ending_at"]) == ("2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z")
        assert asked.all_of("group_by[]") == ["actor", "api_key_id", "model", "product", "workspace_id", "cost_type", "token_type"]
        assert (asked.query["order_by"], asked.query["order"], asked.query["time_bucket_width"]) == ("time", "asc", "1d")
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["anthropic-version"] == "2023-06-01"
        assert asked.headers["anthropic-beta"] == "analytics-usage-cost-2026-08-24"
    assert records[0]["group_by"] == "actor,api_key_id,model,product,workspace_id,cost_type,token_type"


def test_amounts_keep_their_text(server, claude):
    server.script[COST] = [
        Reply(body=b'{"data": [%s], "has_more": false, "next_page": null}' % json.dumps(row(1, amount="0.1234567890")).encode())
    ]
    records: list[bytes] = []
    claude().fetch("analytics_cost", WINDOW, records.append)
    assert b'"amount":"0.1234567890"' in records[0].replace(b": ", b":")


def test_a_dead_cursor_begins_again_and_adds_nothing_twice(server, claude):
    server.script[COST] = [page(row(1), following="page_b"), Reply.of({}, 410), page(row(1), following="page_c"), page(row(2))]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, days(records)) == (True, ["01", "02"])


def test_cursors_that_always_die_are_no_answer(server, claude):
    server.script[COST] = [page(row(1), following="page_b"), Reply.of({}, 410)] * 4
    with pytest.raises(VendorUnavailable, match=r"refreshed its data during each of 4 reads.*410"):
        fetch(claude(), "analytics_cost", WINDOW)


def test_pages_of_two_states_are_read_again(server, claude):
    old, new = "2026-11-05T00:00:00Z", "2026-11-05T04:00:00Z"
    server.script[COST] = [
        page(row(1, amount="1"), following="page_b", refreshed=old),
        page(row(2, amount="2"), refreshed=new),
        page(row(1, amount="1.5"), following="page_b", refreshed=new),
        page(row(2, amount="2"), refreshed=new),
    ]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, [record["cost"]["amount"] for record in records]) == (True, ["1.5", "2"])


def test_a_stamp_that_moves_with_every_page_does_not_matter_where_two_reads_agree(server, claude):
    for minute in range(4):
        server.script[COST].append(
            page(row(1 + minute % 2), following=None if minute % 2 else "page_b", refreshed=f"2026-11-05T04:0{minute}:00Z")
        )
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, days(records), len(server.asked)) == (True, ["01", "02"], 4)


def test_states_that_never_agree_are_marked(server, claude):
    for read in range(4):
        server.script[COST].append(page(row(1, amount=str(read)), following="page_b", refreshed="2026-11-05T04:00:00Z"))
        server.script[COST].append(page(row(2, amount=str(read)), refreshed="2026-11-05T05:00:00Z"))
    outcome, _ = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, "pages of two states" in outcome.detail) == (False, True)


def test_one_row_of_another_shape_does_not_cost_the_window(server, claude):
    broken = [{"starting_at": "2026-11-02T00:00:00Z"}, "no row at all", {**row(3), "group": None}]
    server.script[COST] = [page(row(1), *broken, row(4), refreshed="2026-11-04T04:00:00Z")]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert outcome.complete
    assert records[0]["cost"]["amount"] == "12.500000"
    assert len(records) == 4, "typing quarantines the three and counts them"


def test_pages_that_keep_shifting_are_marked(server, claude):
    server.script[COST] = [page(row(1), row(2), following="page_b"), page(row(2), row(3))] * 4
    outcome, _ = fetch(claude(), "analytics_cost", WINDOW)
    assert not outcome.complete
    assert "1 rows came twice" in outcome.detail


def test_a_repeated_cursor_does_not_go_round_in_circles(server, claude):
    server.script[COST] = [page(row(1), following="page_b"), page(row(2), following="page_b")]
    with pytest.raises(UnexpectedAnswer, match="cursor repeats"):
        fetch(claude(), "analytics_cost", WINDOW)


def test_more_pages_without_a_cursor_are_no_end(server, claude):
    server.script[COST] = [Reply.of({"data": [row(1)], "has_more": True, "next_page": None})]
    with pytest.raises(UnexpectedAnswer, match="names none"):
        fetch(claude(), "analytics_cost", WINDOW)


def test_only_whole_days_of_the_vendors_data_are_handed_on(server, claude):
    server.script[COST] = [page(row(3), row(4), refreshed="2026-11-04T18:00:00Z")]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, days(records)) == (True, ["03"]), "yesterday is younger than a day and may still come"
    assert outcome.params["data_refreshed_at"] == "2026-11-04T18:00:00+00:00"


def test_an_older_day_that_is_not_covered_is_a_mark(server, claude):
    server.script[COST] = [page(row(1), row(3), refreshed="2026-11-03T18:00:00Z")]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, days(records)) == (False, ["01"])
    assert "from 2026-11-03 on are not in the vendor's data" in outcome.detail


@pytest.mark.parametrize("refreshed", [None, "2026-11-01T09:00:00Z"])
def test_data_that_covers_no_day_is_not_ready(server, claude, refreshed):
    server.script[COST] = [page(refreshed=refreshed)]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.kind, records) == ("not_ready", [])


def test_no_use_in_refreshed_data_is_an_answer(server, claude):
    server.script[USAGE] = [page()]
    outcome, records = fetch(claude(), "analytics_usage", WINDOW)
    assert (outcome.kind, outcome.complete, records) == ("data", True, [])
    assert server.asked[0].all_of("group_by[]") == ["actor", "api_key_id", "model", "product", "workspace_id"]


def test_windows_are_at_most_31_days(claude):
    with pytest.raises(ValueError, match="31 days"):
        fetch(claude(), "analytics_cost", Window(date(2026, 9, 1), date(2026, 10, 3)))


def test_a_refused_key_names_the_older_ledger_as_the_way_out(server, claude):
    server.script[COST] = [Reply.of({"type": "error"}, 404)]
    with pytest.raises(AccessDenied, match='ledger = "cost_report"') as refused:
        fetch(claude(), "analytics_cost", WINDOW)
    assert KEY not in str(refused.value)
    assert server.url not in str(refused.value)


def test_overload_is_waited_for(server, claude, waits):
    server.script[COST] = [Reply.of({}, 529), Reply.of({}, 429, Retry_After="7"), page(row(1))]
    outcome, records = fetch(claude(), "analytics_cost", WINDOW)
    assert (outcome.complete, len(records), waits[1]) == (True, 1, 7.0)


# --- the older reports ---


def bucket(day: int, *results: dict[str, Any]) -> dict[str, Any]:
    return {"starting_at": f"2026-11-{day:02}T00:00:00Z", "ending_at": f"2026-11-{day + 1:02}T00:00:00Z", "results": list(results)}


def buckets(*found: dict[str, Any], following: str | None = None) -> Reply:
    return Reply.of({"data": list(found), "has_more": following is not None, "next_page": following})


def test_buckets_are_asked_for_one_day_further_and_the_rest_is_thrown_away(server, claude):
    server.script[OLD_COST] = [
        buckets(bucket(1, {"amount": "1.5", "workspace_id": None}), bucket(2), following="page_b"),
        buckets(bucket(3, {"amount": "2"}, {"amount": "3"}), bucket(4), bucket(5, {"amount": "99"})),
    ]
    outcome, records = fetch(claude(ledger="cost_report"), "cost_report", WINDOW)
    assert outcome.complete
    assert [(record["day"], record["amount"]) for record in records] == [("2026-11-01", "1.5"), ("2026-11-03", "2"), ("2026-11-03", "3")]
    assert records[0]["group_by"] == "workspace_id,description"
    assert (server.asked[0].query["ending_at"], server.asked[0].query["limit"]) == ("2026-11-06T00:00:00Z", "31")
    assert server.asked[0].all_of("group_by[]") == ["workspace_id", "description"]


def test_a_day_without_a_bucket_is_missing(server, claude):
    server.script[OLD_USAGE] = [buckets(bucket(1), bucket(3), bucket(4))]
    outcome, _ = fetch(claude(ledger="cost_report"), "usage_messages", WINDOW)
    assert (outcome.complete, "no bucket of 2026-11-02" in outcome.detail) == (False, True)


def test_no_bucket_at_all_is_no_answer(server, claude):
    server.script[OLD_USAGE] = [buckets()]
    assert fetch(claude(ledger="cost_report"), "usage_messages", DAY)[0].kind == "not_ready"


def test_yesterday_may_lack_its_bucket(server, claude):
    server.script[OLD_USAGE] = [buckets(bucket(1), bucket(2), bucket(3))]
    outcome, _ = fetch(claude(ledger="cost_report"), "usage_messages", WINDOW)
    assert outcome.complete


def test_a_bucket_that_is_no_day_is_refused(server, claude):
    server.script[OLD_COST] = [Reply.of({"data": [{**bucket(1), "starting_at": "2026-11-01T17:31:00Z"}], "has_more": False})]
    with pytest.raises(UnexpectedAnswer, match="midnight"):
        fetch(claude(ledger="cost_report"), "cost_report", WINDOW)


# --- activity ---


def test_claude_code_is_asked_day_by_day(server, claude):
    record = {"date": "2026-11-03T00:00:00Z", "actor": {"type": "user_actor", "email_address": "a@b.c"}}
    server.script[CODE] = [
        Reply.of({"data": [record], "has_more": True, "next_page": "page_b"}),
        Reply.of({"data": [record], "has_more": False}),
    ]
    outcome, records = fetch(claude(), "claude_code", DAY)
    assert (outcome.complete, len(records)) == (True, 2)
    assert server.asked[0].query == {"starting_at": "2026-11-03", "limit": "1000"}
    with pytest.raises(ValueError, match="day by day"):
        fetch(claude(), "claude_code", WINDOW)


@pytest.mark.parametrize("status", [403, 404])
def test_what_a_plan_may_lack_is_not_available(server, claude, status):
    for path in (CODE, ACTIVITY, SUMMARIES, LIMITS):
        server.script[path] = [Reply.of({"type": "error"}, status)]
    assert fetch(claude(), "claude_code", DAY)[0].kind == "not_available"
    enterprise = claude(account="claude", kind="enterprise")
    for stream in ("analytics_users", "analytics_summaries", "spend_limits"):
        outcome, records = fetch(enterprise, stream, DAY)
        assert (outcome.kind, records) == ("not_available", [])
        assert "read:" in outcome.detail


def test_activity_of_a_day_that_is_not_there_yet(server, claude):
    enterprise = claude(account="claude", kind="enterprise")
    for path in (ACTIVITY, SUMMARIES):
        server.script[path] = [Reply.of({"error": {"message": "the latest available day is 2026-11-02"}}, 400)]
    for stream in ("analytics_users", "analytics_summaries"):
        assert fetch(enterprise, stream, DAY)[0].kind == "not_ready"
        with pytest.raises(UnexpectedAnswer):
            fetch(enterprise, stream, Window.of_day(date(2026, 10, 1)))


def test_activity_follows_cursors_without_has_more_and_bears_its_day(server, claude):
    person = {"user": {"id": "user_1", "email_address": "a@b.c"}}
    server.script[ACTIVITY] = [Reply.of({"data": [person], "next_page": "page_b"}), Reply.of({}, 410)]
    server.script[ACTIVITY] += [Reply.of({"data": [person], "next_page": "page_c"}), Reply.of({"data": [person], "next_page": None})]
    outcome, records = fetch(claude(account="claude", kind="enterprise"), "analytics_users", DAY)
    assert outcome.complete
    assert [record["day"] for record in records] == ["2026-11-03", "2026-11-03"]


def test_a_summary_is_of_the_day_asked(server, claude):
    two = [{"starting_at": f"2026-11-0{day}T00:00:00Z", "assigned_seat_count": day} for day in (2, 3)]
    server.script[SUMMARIES] = [Reply.of({"summaries": two})]
    enterprise = claude(account="claude", kind="enterprise")
    outcome, records = fetch(enterprise, "analytics_summaries", DAY)
    assert (outcome.kind, [record["assigned_seat_count"] for record in records]) == ("data", [3])
    assert server.asked[0].query == {"starting_date": "2026-11-03", "ending_date": "2026-11-04"}
    server.script[SUMMARIES] = [Reply.of({"summaries": []})]
    assert fetch(enterprise, "analytics_summaries", DAY)[0].kind == "not_ready"


# --- directories ---


def test_directories_continue_behind_the_last_id(server, claude):
    server.script[KEYS] = [
        Reply.of({"data": [{"id": "apikey_1"}, {"id": "apikey_2"}], "has_more": True, "first_id": "apikey_1", "last_id": "apikey_2"}),
        Reply.of({"data": [{"id": "apikey_3"}], "has_more": False, "first_id": "apikey_3", "last_id": "apikey_3"}),
    ]
    outcome, records = fetch(claude(), "api_keys", DAY)
    assert (outcome.complete, [record["id"] for record in records]) == (True, ["apikey_1", "apikey_2", "apikey_3"])
    assert [asked.query for asked in server.asked] == [{"limit": "1000"}, {"limit": "1000", "after_id": "apikey_2"}]


def test_a_directory_may_have_cursors_like_the_reports(server, claude):
    server.script[USERS] = [
        Reply.of({"data": [{"id": "user_1"}], "next_page": "page_b"}),
        Reply.of({"data": [{"id": "user_2"}], "next_page": None}),
    ]
    outcome, records = fetch(claude(account="claude", kind="enterprise"), "users", DAY)
    assert (outcome.complete, len(records), server.asked[1].query) == (True, 2, {"limit": "1000", "page": "page_b"})


def test_archived_workspaces_are_asked_for(server, claude):
    server.script["/v1/organizations/workspaces"] = [Reply.of({"data": [], "has_more": False})]
    assert fetch(claude(), "workspaces", DAY)[0].complete
    assert server.asked[0].query["include_archived"] == "true"


def test_a_directory_that_repeats_itself_or_is_empty_is_no_answer(server, claude):
    again = Reply.of({"data": [{"id": "user_1"}], "has_more": True, "last_id": "user_1"})
    server.script[USERS] = [again, again]
    with pytest.raises(UnexpectedAnswer, match="repeats"):
        fetch(claude(), "users", DAY)
    server.script[USERS] = [Reply(body=b"")]
    with pytest.raises(VendorUnavailable, match="empty body"):
        fetch(claude(), "users", DAY)


def test_spend_limits_are_read_to_the_end_with_the_vendors_page_size(server, claude):
    server.script[LIMITS] = [
        Reply.of({"data": [{"amount": "5"}], "next_page": "page_b"}),
        Reply.of({"data": [{"amount": None}], "next_page": None}),
    ]
    outcome, records = fetch(claude(account="claude", kind="enterprise"), "spend_limits", DAY)
    assert (outcome.complete, len(records)) == (True, 2)
    assert [asked.query for asked in server.asked] == [{}, {"page": "page_b"}]


# --- which streams, and what doctor says ---


def test_one_ledger_per_account(claude):
    new, old = claude().streams, claude(ledger="cost_report").streams
    assert {"analytics_cost", "analytics_usage"} <= set(new) and not {"cost_report", "usage_messages"} & set(new)
    assert {"cost_report", "usage_messages"} <= set(old) and not {"analytics_cost", "analytics_usage"} & set(old)
    assert "claude_code" not in claude(claude_code=False).streams
    enterprise = claude(kind="enterprise").streams
    assert {"spend_limits", "analytics_users", "analytics_summaries"} <= set(enterprise) and "claude_code" not in enterprise
    assert set(new) | set(old) | set(enterprise) | {"team_spend"} == set(load_contracts()["anthropic"])
    with pytest.raises(ValueError, match="not configured for the stream 'cost_report'"):
        fetch(claude(), "cost_report", WINDOW)


def test_what_the_client_knows_of_freshness_is_what_the_contracts_say():
    contracts = load_contracts()["anthropic"]
    assert {contracts[s].available_after_days for s in analytics.GROUP_BY} == {analytics.FRESH_DAYS}
    assert {contracts[s].available_after_days for s in reports.GROUP_BY} == {reports.FRESH_DAYS}
    assert {contracts[s].max_days for s in (*analytics.GROUP_BY, *reports.GROUP_BY)} == {analytics.MAX_DAYS}


def test_doctor_tells_apart_what_works_what_is_missing_and_what_the_plan_lacks(server, claude):
    server.script[COST] = [page(row(1))]
    server.script[USAGE] = [page()]
    server.script[USERS] = [Reply.of({"type": "error"}, 403)]
    server.script[ACTIVITY] = [Reply.of({"data": [], "next_page": None})]
    server.script[SUMMARIES] = [Reply.of({"summaries": [{}]})]
    server.script[LIMITS] = [Reply.of({"type": "error"}, 404)]
    found = {probe.stream: probe for probe in claude(account="claude", kind="enterprise").probe()}
    assert {stream: probe.works for stream, probe in found.items()} == {
        "analytics_cost": True,
        "analytics_usage": True,
        "users": False,
        "analytics_users": True,
        "analytics_summaries": True,
        "spend_limits": None,
    }
    assert "read:members" in found["users"].message
    assert "read:spend_limits" in found["spend_limits"].message
    assert len(server.asked) == 6
