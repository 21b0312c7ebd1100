"""OpenAI's client: every page, only whole days, the finest grouping that is served, and directories of all projects."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spend_assets.answers import AccessDenied, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.settings import Limits
from spend_assets.sources import OpenAISource
from spend_assets.vendors.openai import OpenAI

from .conftest import NOW
from .server import Reply, ScriptedServer

SAMPLES = Path(__file__).parents[1] / "fixtures" / "openai"
COSTS, COMPLETIONS = "/v1/organization/costs", "/v1/organization/usage/completions"
PROJECTS, USERS = "/v1/organization/projects", "/v1/organization/users"
CODEX = "/v1/analytics/codex/workspaces/ws-acme/usage"
SEPTEMBER_1 = 1788220800
DAY = 86_400
TWO_DAYS = Window(date(2026, 9, 1), date(2026, 9, 3))
KEY = "sk-admin-secret"


@pytest.fixture
def openai(server: ScriptedServer, waits: list[float]) -> Iterator[Callable[..., OpenAI]]:
    clients = []

    def make(*, limits: dict[str, Any] | None = None, **source: Any) -> OpenAI:
        defaults = {"account": "platform", "base_url": f"{server.url}/v1", "key_env": "OPENAI_ADMIN_KEY"}
        client = OpenAI(
            OpenAISource.model_validate({**defaults, **source}),
            Limits.model_validate({"timeout_seconds": 2.0, "attempts": 3, **(limits or {})}),
            now=lambda: NOW,
            env={"OPENAI_ADMIN_KEY": KEY, "OPENAI_CODEX_KEY": "sk-codex-secret"},
            sleep=waits.append,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def bucket(number: int, *results: dict[str, Any], start: int = 0, end: int = DAY) -> dict[str, Any]:
    day = SEPTEMBER_1 + number * DAY
    named = [{"project_id": "p", **result} for result in results]
    return {"object": "bucket", "start_time": day + start, "end_time": day + end, "results": named}


def page(*buckets: dict[str, Any], following: str | None = None) -> Reply:
    return Reply.of({"object": "page", "data": buckets, "has_more": following is not None, "next_page": following})


def fetched(client: OpenAI, stream: str, window: Window = TWO_DAYS) -> tuple[Any, list[dict[str, Any]]]:
    records: list[bytes] = []
    outcome = client.fetch(stream, window, records.append)
    return outcome, [json.loads(record) for record in records]


def test_amounts_keep_their_text(server, openai):
    server.script[COSTS] = [
        Reply(
            body=b'{"object":"page","data":[{"start_time":1788220800,"end_time":1788307200,"results":'
            b'[{"amount":{"value":0.8800000000000001,"currency":"usd"},"project_id":"p","day":"never"}]}],"has_more":false,"next_page":null}'
        )
    ]
    records: list[bytes] = []
    openai().fetch("costs", Window.of_day(date(2026, 9, 1)), records.append)
    assert records == [
        b'{"day":"2026-09-01","group_by":"project_id,line_item,api_key_id",'
        b'"amount":{"value":0.8800000000000001,"currency":"usd"},"project_id":"p"}'
    ]


def test_whole_days_are_asked_and_every_page_is_read(server, openai):
    server.script[COSTS] = [page(bucket(0, {"n": 1}), following="page_2"), page(bucket(1, {"n": 2}, {"n": 3}))]
    outcome, records = fetched(openai(), "costs")
    assert [(record["day"], record["n"]) for record in records] == [("2026-09-01", 1), ("2026-09-02", 2), ("2026-09-02", 3)]
    assert (outcome.kind, outcome.complete, outcome.params) == ("data", True, {"group_by": "project_id,line_item,api_key_id"})
    first, second = server.asked
    assert (first.query["start_time"], first.query["end_time"], first.query["limit"]) == ("1788220800", "1788393600", "2")
    assert (first.query.get("page"), second.query["page"]) == (None, "page_2")
    assert first.query["start_time"] == second.query["start_time"]
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.all_of("group_by") == ["project_id", "line_item", "api_key_id"] == second.all_of("group_by")


def test_an_empty_bucket_is_an_answer(server, openai):
    server.script[COSTS] = [page(bucket(0), bucket(1))]
    outcome, records = fetched(openai(), "costs")
    assert (outcome.complete, records) == (True, [])


@pytest.mark.parametrize(
    ("buckets", "found"),
    [
        ([bucket(0, start=63_060), bucket(1)], "1 days without buckets from UTC midnight to midnight, the first is 2026-09-01"),
        ([bucket(0), bucket(1, end=40_000)], "1 days without buckets from UTC midnight to midnight, the first is 2026-09-02"),
        ([bucket(0)], "1 days without buckets from UTC midnight to midnight, the first is 2026-09-02"),
        ([], "2 days without buckets from UTC midnight to midnight, the first is 2026-09-01"),
        ([bucket(0, end=2 * DAY)], "2 days without buckets from UTC midnight to midnight, the first is 2026-09-01"),
    ],
    ids=["begins at 17:31", "ends early", "a day is missing", "nothing", "two days in one"],
)
def test_a_day_that_is_not_told_whole_is_marked(server, openai, buckets, found):
    server.script[COSTS] = [page(*buckets)]
    outcome, _ = fetched(openai(), "costs")
    assert (outcome.kind, outcome.complete, outcome.detail) == ("data", False, found)


def test_a_day_in_two_parts_is_whole_and_buckets_beyond_the_window_are_left_out(server, openai):
    server.script[COSTS] = [
        page(
            bucket(-1, {"n": 0}),
            bucket(0, {"n": 1}, end=63_060),
            bucket(0, {"n": 2}, start=63_060),
            bucket(1, {"n": 3}),
            bucket(2, {"n": 4}),
        )
    ]
    outcome, records = fetched(openai(), "costs")
    assert (outcome.complete, [record["n"] for record in records]) == (True, [1, 2, 3])


def test_a_refused_grouping_gives_way_to_a_coarser_one(server, openai):
    refusal = Reply.of({"error": {"message": "unsupported combination"}}, 400)
    server.script[COSTS] = [refusal, refusal, page(bucket(0, {"line_item": "web search"}), bucket(1))]
    outcome, records = fetched(openai(), "costs")
    assert records == [{"day": "2026-09-01", "group_by": "line_item", "project_id": "p", "line_item": "web search"}]
    assert outcome.params == {"group_by": "line_item"}
    assert [len(asked.all_of("group_by")) for asked in server.asked] == [3, 2, 1]


def test_a_grouping_that_one_spelling_does_not_bring_is_asked_for_in_the_other(server, openai):
    ungrouped = page(bucket(0, {"project_id": None, "amount": 3}), bucket(1))
    server.script[COSTS] = [ungrouped, page(bucket(0, {"amount": 1}, {"amount": 2}), bucket(1))]
    outcome, records = fetched(openai(), "costs")
    assert [record["amount"] for record in records] == [1, 2], "the same money once"
    assert outcome.params == {"group_by": "project_id,line_item,api_key_id"}
    plain, brackets = server.asked
    assert plain.all_of("group_by") == brackets.all_of("group_by[]") == ["project_id", "line_item", "api_key_id"]
    assert not plain.all_of("group_by[]") and not brackets.all_of("group_by")


def test_what_is_never_grouped_says_so_in_each_record(server, openai):
    server.script[COSTS] = [page(bucket(0, {"project_id": None, "amount": 3}), bucket(1))]
    outcome, records = fetched(openai(), "costs")
    assert records == [{"day": "2026-09-01", "group_by": "", "project_id": None, "amount": 3}]
    assert (outcome.complete, outcome.params) == (True, {"group_by": ""})


def test_numbers_as_text_and_nulls_in_the_envelope_are_read(server, openai):
    def told(number: int, following: str | None) -> Reply:
        start = SEPTEMBER_1 + number * DAY
        held = {"start_time": str(start), "end_time": float(start + DAY), "results": [{"project_id": "p", "n": number}], "new": {}}
        return Reply.of({"data": [held], "has_more": None, "next_page": following})

    server.script[COSTS] = [told(0, "page_2"), told(1, None)]
    outcome, records = fetched(openai(), "costs")
    assert (outcome.complete, [record["n"] for record in records]) == (True, [0, 1])


def test_what_is_refused_without_any_grouping_is_an_error(server, openai):
    server.script[COSTS] = [Reply.of({"error": {}}, 400)]
    with pytest.raises(UnexpectedAnswer, match=r"GET /v1/organization/costs, account platform, day 2026-09-01, status 400"):
        fetched(openai(), "costs")


def test_a_cursor_that_repeats_ends_in_an_error_and_hands_nothing_on(server, openai):
    server.script[COSTS] = [page(bucket(0, {"n": 1}), following="page_2")]
    records: list[bytes] = []
    with pytest.raises(UnexpectedAnswer, match="the page cursor repeats"):
        openai().fetch("costs", TWO_DAYS, records.append)
    assert records == []


def test_pages_that_are_announced_and_not_linked_are_missing(server, openai):
    server.script[COSTS] = [Reply.of({"data": [bucket(0), bucket(1)], "has_more": True, "next_page": None})]
    outcome, _ = fetched(openai(), "costs")
    assert (outcome.complete, outcome.detail) == (False, "more pages were announced than linked")


def test_nothing_at_all_is_not_zero(server, openai):
    server.script[COSTS] = [Reply(204)]
    with pytest.raises(VendorUnavailable, match="an empty body where a page was due"):
        fetched(openai(), "costs")


def test_a_long_window_is_read_in_pages_that_stay_small(server, openai):
    server.script[COMPLETIONS] = [page(*(bucket(number) for number in range(30)))]
    outcome, _ = fetched(openai(), "usage_completions", Window(date(2026, 9, 1), date(2026, 10, 1)))
    assert (outcome.complete, server.asked[0].query["limit"]) == (True, "7")


def test_the_real_export_has_a_crooked_first_and_last_day(server, openai):
    """Recorded by the vendor's cookbook: its first bucket begins at 17:31, its last one ends when it was asked."""
    buckets = json.loads((SAMPLES / "usage_completions.real.json").read_text())
    server.script[COMPLETIONS] = [Reply.of({"data": buckets, "has_more": False, "next_page": None})]
    outcome, records = fetched(openai(), "usage_completions", Window(date(2025, 1, 11), date(2025, 2, 11)))
    assert (outcome.complete, outcome.detail) == (
        False,
        "2 days without buckets from UTC midnight to midnight, the first is 2025-01-11",
    )
    inner, kept = fetched(openai(), "usage_completions", Window(date(2025, 1, 12), date(2025, 2, 10)))
    assert inner.complete
    assert len(kept) == len(records) - 2
    assert (records[0]["day"], kept[0]["day"]) == ("2025-01-11", "2025-01-12")


def test_other_modalities_say_which_they_are_and_those_that_are_not_served_are_named(server, openai):
    usage = "/v1/organization/usage"
    server.script[f"{usage}/embeddings"] = [page(bucket(0, {"input_tokens": 16}), bucket(1))]
    server.script[f"{usage}/images"] = [Reply.of({}, 400), page(bucket(0, {"images": 2}), bucket(1))]
    outcome, records = fetched(openai(), "usage_other")
    assert records == [
        {
            **{"day": "2026-09-01", "modality": "embeddings", "group_by": "project_id,user_id,api_key_id,model"},
            **{"project_id": "p", "input_tokens": 16},
        },
        {"day": "2026-09-01", "modality": "images", "group_by": "project_id", "project_id": "p", "images": 2},
    ]
    assert (outcome.kind, outcome.complete) == ("data", True)
    assert outcome.params == {"embeddings": "project_id,user_id,api_key_id,model", "images": "project_id"}
    assert outcome.detail == (
        "not served: moderations, audio_speeches, audio_transcriptions, vector_stores, code_interpreter_sessions, "
        "file_search_calls, web_search_calls"
    )


def test_no_modality_served_is_not_available(server, openai):
    outcome, _ = fetched(openai(), "usage_other")
    assert outcome.kind == "not_available"


def listed(*items: dict[str, Any], more: bool = False, last: str | None = None) -> Reply:
    return Reply.of({"object": "list", "data": items, "first_id": None, "last_id": last, "has_more": more})


def test_lists_are_read_to_the_end_by_the_last_id_or_the_last_item(server, openai):
    server.script[USERS] = [listed({"id": "u1"}, more=True, last="u1x"), listed({"id": "u2"}, more=True), listed({"id": "u3"})]
    outcome, records = fetched(openai(), "users")
    assert [record["id"] for record in records] == ["u1", "u2", "u3"]
    assert outcome.complete
    assert [asked.query for asked in server.asked] == [
        {"limit": "100"},
        {"limit": "100", "after": "u1x"},
        {"limit": "100", "after": "u2"},
    ]


def test_a_list_that_cannot_be_read_on_is_incomplete(server, openai):
    server.script[USERS] = [listed(more=True)]
    outcome, _ = fetched(openai(), "users")
    assert (outcome.complete, outcome.detail) == (False, "more pages were announced than can be asked for")


def test_keys_of_archived_projects_are_asked_for_too(server, openai):
    server.script[PROJECTS] = [
        listed({"id": "proj_a"}, {"id": "proj_b", "status": "archived"}, {"id": "proj_gone"}, {"id": "proj_c", "archived_at": 5})
    ]
    server.script[f"{PROJECTS}/proj_a/api_keys"] = [listed({"id": "k1", "project_id": "other"})]
    server.script[f"{PROJECTS}/proj_b/api_keys"] = [listed({"id": "k2"})]
    server.script[f"{PROJECTS}/proj_c/api_keys"] = [Reply.of({"error": {}}, 403)]
    outcome, records = fetched(openai(), "project_api_keys")
    assert records == [{"project_id": "proj_a", "id": "k1"}, {"project_id": "proj_b", "id": "k2"}]
    assert outcome.complete
    assert server.asked[0].query == {"limit": "100", "include_archived": "true"}


def test_a_project_that_is_in_use_and_refuses_is_a_missing_permission(server, openai):
    server.script[PROJECTS] = [listed({"id": "proj_a", "status": "active"})]
    server.script[f"{PROJECTS}/proj_a/api_keys"] = [Reply.of({"error": {}}, 403)]
    with pytest.raises(AccessDenied, match=r"lacks the permission to read the organization: an admin key .* with api\.management\.read"):
        fetched(openai(), "project_api_keys")


def test_a_project_key_is_told_what_it_is(server, openai):
    server.script[COSTS] = [Reply.of({"error": {}}, 401)]
    with pytest.raises(AccessDenied, match="OPENAI_ADMIN_KEY is not accepted") as denied:
        fetched(openai(), "costs")
    assert KEY not in str(denied.value)


@pytest.fixture
def codex(server, openai):
    return openai(codex_workspace="ws-acme", codex_key_env="OPENAI_CODEX_KEY", codex_base_url=server.url)


def test_codex_has_a_key_of_its_own_and_its_rows_bear_the_day_that_was_asked(server, codex):
    body = json.loads((SAMPLES / "codex_usage.guessed.json").read_text())
    server.script[CODEX] = [Reply.of({**body, "has_more": True, "next_page": "2"}), Reply.of({"data": [{"who": "x"}], "has_more": False})]
    outcome, records = fetched(codex, "codex_usage", Window.of_day(date(2026, 9, 1)))
    assert [(record["day"], record.get("credits")) for record in records] == [("2026-09-01", 1234), ("2026-09-01", None)]
    assert outcome.complete
    assert server.asked[0].headers["authorization"] == "Bearer sk-codex-secret"
    assert server.asked[0].query == {"start_time": str(SEPTEMBER_1), "end_time": str(SEPTEMBER_1 + DAY), "group_by": "day"}


@pytest.mark.parametrize("status", [403, 404])
def test_codex_that_is_not_granted_is_not_available(server, codex, status):
    server.script[CODEX] = [Reply.of({}, status)]
    outcome, _ = fetched(codex, "codex_usage", Window.of_day(date(2026, 9, 1)))
    assert outcome.kind == "not_available"
    assert "codex.enterprise.analytics.read" in outcome.detail


def test_streams_follow_from_the_settings(openai, codex):
    assert openai().streams == ("costs", "usage_completions", "usage_other", "projects", "project_api_keys", "users")
    assert codex.streams[-1] == "codex_usage"
    with pytest.raises(ValueError, match="is not configured for the stream"):
        openai().fetch("codex_usage", TWO_DAYS, print)


def test_the_doctor_names_the_missing_permission_of_each_stream(server, codex):
    server.script[COSTS] = [page(bucket(31, {"n": 1}))]
    server.script[COMPLETIONS] = [Reply.of({}, 403)]
    server.script["/v1/organization/usage/embeddings"] = [page(bucket(31))]
    server.script[PROJECTS] = [listed({"id": "proj_a"})]
    server.script[f"{PROJECTS}/proj_a/api_keys"] = [listed()]
    server.script[USERS] = [Reply.of({}, 401)]
    server.script[CODEX] = [Reply.of({}, 403)]
    found = {probe.stream: probe for probe in codex.probe()}
    assert {name: probe.works for name, probe in found.items()} == {
        "costs": True,
        "usage_completions": False,
        "usage_other": True,
        "projects": True,
        "project_api_keys": True,
        "users": False,
        "codex_usage": None,
    }
    assert found["costs"].message == "works: something on 2026-10-02"
    assert "api.usage.read" in found["usage_completions"].message
    assert len(server.asked) == 8
