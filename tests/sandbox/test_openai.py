"""The sandbox's OpenAI, asked as the vendor's documentation says: its traps are there, and its bill adds up to the truth."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.http_server import HttpServer
from spend_assets.sandbox.openai_server import OpenAIServer
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.world import World

END = date(2026, 10, 31)
TWELVE = Decimal("1e-12")


class Reader:
    def __init__(self, **config: Any):
        self.world = World(SandboxConfig(**{"people": 120, "days": 60, "seed": 11, "end": END, **config}))
        self.vendor = OpenAIServer(self.world)
        self.http = HttpServer(self.vendor.handle, 0, 0.0)
        self.http.start()
        headers = {"Authorization": f"Bearer {self.vendor.tokens['OPENAI_ADMIN_KEY']}"}
        self.client = httpx.Client(base_url=f"{self.http.base_url}/v1/organization", trust_env=False, timeout=20, headers=headers)

    def ask(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params)

    def buckets(self, path: str, first: date, days: int, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next_page": None, "has_more": True}
        while page["has_more"]:
            more = {"page": page["next_page"]} if page["next_page"] else {}
            span = {"start_time": seconds(first), "end_time": seconds(first + timedelta(days=days))}
            answer = self.ask(path, **span, **params, **more)
            assert answer.status_code == 200, answer.text
            page = json.loads(answer.content, parse_float=Decimal)
            found += page["data"]
        return found

    def costs(self, day: date) -> Decimal:
        (bucket,) = self.buckets("/costs", day, 1, group_by=["project_id", "line_item", "api_key_id"])
        return sum((row["amount"]["value"].quantize(TWELVE) for row in bucket["results"]), Decimal(0))

    def truth(self, day: date, as_of: datetime = FINAL) -> Decimal:
        return sum((cell.billed_usd for cell in self.vendor.cells(day, day, as_of) if cell.billed_usd is not None), Decimal(0))

    def close(self) -> None:
        self.client.close()
        self.http.stop()


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def calm() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def restless() -> Iterator[Reader]:
    reader = Reader(faults={"late_day": 0.3, "restated_day": 0.3, "withheld_day": 2, "schema_growth": 1})
    yield reader
    reader.close()


def test_every_page_adds_up_to_the_truth_of_keys_and_callers(calm):
    first, days = END - timedelta(days=40), 40
    buckets = calm.buckets("/costs", first, days, group_by=["project_id", "line_item", "api_key_id"], limit=9)
    assert [bucket["start_time"] for bucket in buckets] == [seconds(first) + 86_400 * number for number in range(days)]
    billed: dict[str | None, Decimal] = {}
    for bucket in buckets:
        for row in bucket["results"]:
            billed[row["api_key_id"]] = billed.get(row["api_key_id"], Decimal(0)) + row["amount"]["value"].quantize(TWELVE)
    cells = calm.vendor.cells(first, first + timedelta(days=days - 1), FINAL)
    machines = {cell.principal for cell in cells if cell.kind == "machine" and cell.billed_usd is not None}
    for key in machines:
        assert billed[key] == sum(cell.billed_usd for cell in cells if cell.principal == key and cell.billed_usd is not None)
    assert billed[None] == sum(cell.billed_usd for cell in cells if cell.kind == "unattributed" and cell.billed_usd is not None)
    assert sum(billed.values()) == sum(cell.billed_usd for cell in cells if cell.billed_usd is not None)
    tokens = calm.buckets("/usage/completions", first, days, group_by=["user_id"], limit=31)
    people = {row["user_id"]: row["output_tokens"] for bucket in tokens[-1:] for row in bucket["results"] if row["user_id"]}
    assert people
    last = [cell for cell in cells if cell.day == first + timedelta(days=days - 1) and cell.kind == "person" and cell.output_tokens]
    assert people == {user: sum(cell.output_tokens for cell in last if cell.principal == user) for user in people}


def test_the_default_page_hides_data(calm):
    answer = calm.ask("/costs", start_time=seconds(END - timedelta(days=20)), end_time=seconds(END)).json()
    assert (len(answer["data"]), answer["has_more"]) == (7, True)
    assert calm.ask("/costs", start_time=0, limit=181).status_code == 400
    assert calm.ask("/usage/completions", start_time=0, limit=32).status_code == 400


def test_a_start_inside_a_day_gives_a_part_of_it(calm):
    day = END - timedelta(days=3)
    start = seconds(day) + 63_060
    (crooked,) = calm.ask("/usage/completions", start_time=start, end_time=seconds(day) + 86_400).json()["data"]
    (whole,) = calm.buckets("/usage/completions", day, 1)
    assert (crooked["start_time"], crooked["end_time"]) == (start, seconds(day) + 86_400)
    assert 0 < crooked["results"][0]["input_tokens"] < whole["results"][0]["input_tokens"]


def test_groupings_that_are_not_served_are_refused(calm):
    span = {"start_time": seconds(END - timedelta(days=2)), "end_time": seconds(END)}
    assert calm.ask("/costs", **span, group_by=["model"]).status_code == 400
    assert calm.ask("/costs", **span, group_by=["user_id", "project_id"]).status_code == 400
    assert calm.ask("/costs", **span, group_by=["user_id"]).status_code == 200
    assert calm.ask("/usage/vector_stores", **span, group_by=["model"]).status_code == 400


def test_dimensions_that_were_not_asked_for_are_null(calm):
    (bucket,) = calm.buckets("/costs", END - timedelta(days=4), 1)
    (row,) = bucket["results"]
    assert {row[name] for name in ("project_id", "line_item", "api_key_id", "user_id", "quantity", "quantity_unit")} == {None}
    assert row["amount"]["value"].quantize(TWELVE) == calm.truth(END - timedelta(days=4))


def test_some_amounts_bear_the_noise_of_floats(calm):
    texts = [
        str(row["amount"]["value"])
        for bucket in calm.buckets("/costs", END - timedelta(days=9), 7, group_by=["line_item", "api_key_id"])
        for row in bucket["results"]
    ]
    assert any(len(text.partition(".")[2]) > 13 for text in texts)
    assert any(len(text.partition(".")[2]) < 10 for text in texts)


def test_refused_requests_are_in_usage_and_not_on_the_bill(calm):
    first, days = END - timedelta(days=40), 40
    sold = sum(
        int(row["quantity"])
        for bucket in calm.buckets("/costs", first, days, group_by=["line_item"], limit=180)
        for row in bucket["results"]
        if row["line_item"].startswith("gpt-") and row["line_item"].endswith((" input", "cache write"))
    )
    used = sum(row["input_tokens"] for bucket in calm.buckets("/usage/completions", first, days, limit=31) for row in bucket["results"])
    assert 0 < used - sold < used // 1000


def test_archived_projects_are_hidden_unless_asked_for_and_their_keys_are_shown(calm):
    shown = {project["id"] for project in calm.ask("/projects", limit=100).json()["data"]}
    every = {project["id"]: project for project in calm.ask("/projects", limit=100, include_archived="true").json()["data"]}
    hidden = [project for name, project in every.items() if name not in shown]
    assert hidden
    assert all(project["status"] == "archived" and project["archived_at"] for project in hidden)
    assert calm.ask(f"/projects/{hidden[0]['id']}/api_keys").status_code == 200


def test_rotated_keys_are_gone_from_the_directory_and_stay_on_the_bill(calm):
    projects = calm.ask("/projects", limit=100, include_archived="true").json()["data"]
    listed = {key["id"] for project in projects for key in calm.ask(f"/projects/{project['id']}/api_keys", limit=100).json()["data"]}
    buckets = calm.buckets("/costs", END - timedelta(days=55), 50, group_by=["api_key_id"], limit=100)
    billed = {row["api_key_id"] for bucket in buckets for row in bucket["results"]} - {None}
    assert billed - listed, "no deleted key on the bill"
    assert billed & listed


def test_lists_come_in_pages_of_twenty(calm):
    first = calm.ask("/users").json()
    assert (len(first["data"]), first["has_more"]) == (20, True)
    second = calm.ask("/users", after=first["last_id"]).json()
    assert not {user["id"] for user in first["data"]} & {user["id"] for user in second["data"]}
    assert calm.ask("/users", after="user-unknown").status_code == 400


def test_only_the_admin_key_is_taken(calm):
    refused = httpx.get(f"{calm.http.base_url}/v1/organization/users", headers={"Authorization": "Bearer sk-proj-x"}, trust_env=False)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    codex = f"{calm.http.base_url}/v1/analytics/codex/workspaces/ws-acme-codex/usage?start_time={seconds(END)}"
    answers = [
        httpx.get(codex, headers={"Authorization": f"Bearer {calm.vendor.tokens[name]}"}, trust_env=False).status_code
        for name in ("OPENAI_ADMIN_KEY", "OPENAI_CODEX_KEY")
    ]
    assert answers == [401, 200]


def test_late_and_restated_costs_reach_the_truth_in_the_end(restless):
    days = [END - timedelta(days=number) for number in range(1, 40)]
    crooked = restless.vendor.schedule.crooked
    whole = [day for day in days if day not in crooked]
    restless.world.clock.set(datetime(2026, 11, 1, 6, tzinfo=UTC))
    early = {day: restless.costs(day) for day in whole}
    assert early == {day: restless.truth(day, restless.world.clock.now()) for day in whole}
    assert any(early[day] != restless.truth(day) for day in whole), "nothing is late or restated"
    restless.world.clock.set(datetime(2026, 12, 15, 6, tzinfo=UTC))
    assert {day: restless.costs(day) for day in whole} == {day: restless.truth(day) for day in whole}
    kinds = {fault.kind for fault in restless.world.faults.key() if fault.stream.startswith("openai/")}
    assert kinds == {"late_day", "restated_day", "withheld_day", "schema_growth"}


def test_a_withheld_day_shows_by_its_bucket_and_is_on_the_answer_key(restless):
    restless.world.clock.set(datetime(2026, 12, 15, 6, tzinfo=UTC))
    withheld = restless.vendor.withheld()
    assert len(withheld) == 2
    for cell in withheld:
        (bucket,) = restless.buckets("/costs", cell.day, 1)
        assert bucket["start_time"] % 86_400 == 63_060


def test_the_same_seed_gives_the_same_bytes():
    answers = []
    for _ in range(2):
        reader = Reader(people=40, days=10)
        asked = reader.ask(
            "/costs", start_time=seconds(END - timedelta(days=5)), end_time=seconds(END), group_by=["line_item", "api_key_id"]
        )
        answers.append(asked.content)
        reader.close()
    assert answers[0] == answers[1]
    assert len(answers[0]) > 2000
