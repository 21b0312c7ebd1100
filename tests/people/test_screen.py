"""Records that name an erased person lose every identifier before they are kept; numbers, team and everybody else stay."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spend_assets.answers import Outcome, Window
from spend_assets.landing.contracts import StreamContract, load_contracts
from spend_assets.landing.screen import Banned, RecordScreen, Screen, id_space, keyed_hash
from spend_assets.landing.typed import type_generation
from tests.landing.conftest import Home, home

__all__ = ["home"]
KEY = b"a key of the tests"
DAY = date(2026, 9, 1)
ERASED, NUMBER = "(erased)", -1


def banned(space: str, value: str, **bounds: date) -> Banned:
    return Banned(space, keyed_hash(KEY, space, value), **bounds)


ADA = [banned("hr", "E1"), banned("email", "ada@acme.example"), banned("login", "ada-l"), banned(id_space("github_copilot"), "4711")]
SCREEN = Screen(KEY, ADA)


def contract(stream: str) -> StreamContract:
    return next(streams[stream] for streams in load_contracts().values() if stream in streams)


def screened(stream: str, record: dict[str, Any], screen: Screen = SCREEN) -> dict[str, Any]:
    kept = RecordScreen(screen, contract(stream), DAY)(json.dumps(record).encode())
    found: dict[str, Any] = json.loads(kept)
    return found


def user(number: int, login: str, **more: Any) -> dict[str, Any]:
    return {"day": "2026-09-01", "user_id": number, "user_login": login, "ai_credits_used": 1.5, **more}


def test_identifiers_become_one_tombstone_and_numbers_stay() -> None:
    assert screened("user_days", user(4711, "Ada-L")) == user(NUMBER, ERASED)


def test_a_record_of_somebody_else_is_kept_byte_for_byte() -> None:
    line = b'{"user_id":  4712 , "user_login":"bo", "ai_credits_used": 1.50, "day":"2026-09-01"}'
    assert RecordScreen(SCREEN, contract("user_days"), DAY)(line) == line


def test_digits_of_money_are_kept_as_they_were_sent() -> None:
    line = json.dumps(user(4711, "ada-l")).replace("1.5", "0.10000000000000000055511151231257827").encode()
    assert b"0.10000000000000000055511151231257827" in RecordScreen(SCREEN, contract("user_days"), DAY)(line)


@pytest.mark.parametrize("address", ["ada@acme.example", " ADA@Acme.example", "ada+cursor@acme.example"])
def test_an_address_is_one_mailbox_however_it_is_written(address: str) -> None:
    row = {"employee_id": "other", "email": address, "github_login": "", "team": "Payments", "valid_from": "2026-01-01"}
    kept = screened("roster", row)
    assert (kept["employee_id"], kept["email"], kept["team"]) == (ERASED, ERASED, "Payments")


def test_who_manages_others_goes_from_their_rows_and_they_stay() -> None:
    row = {"employee_id": "E2", "email": "bo@acme.example", "manager_id": "E1", "team": "Payments"}
    assert screened("roster", row) == {**row, "manager_id": ERASED}


def test_a_login_that_somebody_else_registered_is_theirs() -> None:
    assert screened("user_days", user(99, "ada-l")) == user(99, "ada-l"), "the id beside it says so"
    bounded = Screen(KEY, [banned("login", "ada-l", start=date.min, end=date(2026, 9, 2))])
    bill = {"username": "ada-l", "sku": "copilot_ai_credit", "gross_amount": "1.25"}
    assert screened("ai_credit_report", {"date": "2026-09-01", **bill}, bounded)["username"] == ERASED
    assert screened("ai_credit_report", {"date": "2026-09-02", **bill}, bounded)["username"] == "ada-l"


def test_ids_mean_something_within_their_vendor_only() -> None:
    assert screened("roster", {"employee_id": "4711", "email": "x@acme.example"})["employee_id"] == "4711"


def test_what_no_contract_declares_is_searched() -> None:
    seat = {
        "assignee": {"id": 4711, "login": "ada-l", "html_url": "https://github.example/ada-l", "node": ["x", "u/4711"]},
        "plan_type": "business",
    }
    kept = screened("seats", seat)["assignee"]
    assert kept == {"id": NUMBER, "login": ERASED, "html_url": ERASED, "node": ["x", ERASED]}
    alone = screened("seats", {"assignee": {"id": 5, "login": "bo"}, "note": "ask ada@acme.example (ada-l)"})
    assert alone["note"] == ERASED and alone["assignee"]["login"] == "bo"
    assert screened("user_days", user(5, "bo", by_reviewer={"ada-l": 3, "cy": 4}))["by_reviewer"] == {"cy": 4, ERASED: 3}


def test_free_text_goes_and_words_that_only_look_alike_stay() -> None:
    row = {"date": "2026-09-01", "username": "bo", "sku": "x", "workflow_path": "dynamic/ada-l-nightly"}
    assert screened("billing_report", row)["workflow_path"] == ERASED
    assert screened("billing_report", {**row, "workflow_path": "dynamic/canada-launch"})["workflow_path"] == "dynamic/canada-launch"
    assert screened("billing_report", {**row, "username": "ada-l", "sku": "ada-l"})["sku"] == "ada-l", "a declared word is no free text"


def test_details_that_lead_to_their_work_become_null() -> None:
    commit = {"userEmail": "ada@acme.example", "branchName": "fix/42", "commitHash": "abc", "totalLinesAdded": 4}
    kept = screened("ai_code_commits", commit)
    assert (kept["userEmail"], kept["branchName"], kept["totalLinesAdded"]) == (ERASED, None, 4)
    assert screened("ai_code_commits", {**commit, "userEmail": "bo@acme.example"})["branchName"] == "fix/42"


def test_that_an_agent_did_the_work_stays_and_which_one_does_not() -> None:
    event = {"timestamp": "1788220800000", "userEmail": "ada@acme.example", "cloudAgentId": "bc-77", "conversationId": "c-1", "model": "m"}
    kept = screened("usage_events", event)
    assert (kept["userEmail"], kept["cloudAgentId"], kept["conversationId"]) == (ERASED, ERASED, None)
    for none in (None, "", "null"):
        assert screened("usage_events", {**event, "cloudAgentId": none})["cloudAgentId"] == none
    assert screened("usage_events", {**event, "userEmail": "bo@acme.example"})["cloudAgentId"] == "bc-77"


def test_a_line_that_is_no_json_and_names_somebody_keeps_hash_and_length() -> None:
    screen = RecordScreen(SCREEN, contract("user_days"), DAY)
    kept = screen(b'{"user_login": "ada-l", broken')
    assert json.loads(kept)[::2] == ["unreadable", 30] and screen.erased == 1
    assert screen(b"{broken") == b"{broken"


def test_two_erased_people_with_equal_rows_are_two_and_a_repetition_is_one(home: Home) -> None:
    both = Screen(KEY, [*ADA, banned("login", "bo")])
    row = {
        "date": "2026-09-01",
        "product": "copilot",
        "sku": "s",
        "quantity": "1",
        "unit_type": "requests",
        "applied_cost_per_quantity": "1",
    }
    money = {"gross_amount": "1", "discount_amount": "0", "net_amount": "1"}
    lines = [json.dumps({**row, "username": name, **money}).encode() for name in ("ada-l", "bo", "ada-l", "bo", "cy")]
    home.store.screen = both
    report = home.contract("ai_credit_report")
    with home.store.generation(report, "acme", Window(DAY, date(2026, 9, 2))) as sink:
        for line in lines:
            sink(line)
        manifest = sink.commit(complete=True, params={}).manifest
    landed = list(home.store.records(manifest))
    assert not any(b"ada-l" in line or b'"bo"' in line for line in landed)
    day = type_generation(report, manifest, landed).days[DAY]
    assert (len(day.lines), day.duplicates, day.conflicts) == (3, 2, 0)
    assert not type_generation(report, manifest, landed).drift
    again = RecordScreen(both, report, DAY)
    assert [again(line) for line in landed] == landed, "screened once more, nothing changes"


def test_every_fetch_is_screened_before_it_is_landed(home: Home) -> None:
    home.store.screen = SCREEN
    records = [json.dumps(user(4711, "ada-l")).encode(), json.dumps(user(5, "bo")).encode()]
    home.ingest("user_days", lambda w: (Outcome("data"), records), Window.of_day(DAY))
    assert home.rows("user_days", "user_id, user_login, ai_credits_used")[0][:2] == (NUMBER, ERASED)
    assert not any(b"ada-l" in path.read_bytes() for path in home.path.rglob("*") if path.is_file())
    report, _ = home.ingest("user_days", lambda w: (Outcome("data"), records), Window.of_day(DAY), refetch=True)
    assert (report.landed, report.unchanged) == (0, 1), "the same answer is no news"


def test_the_list_says_nothing_of_whom_it_keeps_out(tmp_path: Path) -> None:
    assert "ada" not in repr(ADA) and not Screen(b"another key", ADA).names("email", "ada@acme.example")
