"""What an erasure takes out of delivery evidence: who somebody is, and the branches that lead to the work; times and sizes stay."""

import json
from datetime import date

import pytest

from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.screen import LOGIN, Banned, Screen, id_space, keyed_hash

KEY = b"k" * 32
ALICE = [Banned(space, keyed_hash(KEY, space, value)) for space, value in ((id_space("git_delivery"), "1001"), (LOGIN, "alice"))]
WHO = {"id": 1001, "login": "alice", "type": "User"}
OTHER = {"id": 1002, "login": "bob", "type": "User"}
GONE = {"id": -1, "login": "(erased)", "type": "User"}


@pytest.fixture
def screened():
    def screen(stream, record):
        contract = load_contracts()["git_delivery"][stream]
        line = json.dumps(record, separators=(",", ":")).encode()
        return json.loads(Screen(KEY, ALICE).of(contract, date(2026, 10, 1))(line))

    return screen


def test_a_pull_request_loses_its_author_and_branch_and_keeps_the_rest(screened):
    record = {
        "day": "2026-10-01",
        "id": 7,
        "user": WHO,
        "merged_by": OTHER,
        "head": {"ref": "alice/x", "sha": "a"},
        "additions": 9,
        "stack": "by alice",
    }
    assert screened("pull_requests", record) == {
        **record,
        "user": GONE,
        "head": {"ref": None, "sha": "a"},
        "stack": "(erased)",
    }


def test_a_commit_loses_githubs_own_address_of_a_co_author(screened):
    addresses = [{"email": "1001+alice@users.noreply.github.com"}, {"email": "198982749+copilot@users.noreply.github.com"}]
    record = {"day": "2026-10-01", "sha": "a", "author": OTHER, "co_authors": addresses}
    assert screened("pr_commits", record) == {**record, "co_authors": [{"email": "(erased)"}, addresses[1]]}


@pytest.mark.parametrize(
    ("stream", "record", "kept"),
    [
        ("reviews", {"id": 1, "user": WHO, "state": "APPROVED"}, {"id": 1, "user": GONE, "state": "APPROVED"}),
        ("pr_timeline", {"id": 1, "actor": OTHER, "requested_reviewer": WHO}, {"id": 1, "actor": OTHER, "requested_reviewer": GONE}),
        ("deployments", {"id": 1, "creator": WHO, "ref": "main"}, {"id": 1, "creator": GONE, "ref": "main"}),
        ("deployment_statuses", {"id": 1, "creator": WHO}, {"id": 1, "creator": GONE}),
        ("workflow_runs", {"id": 1, "actor": WHO, "head_branch": "x"}, {"id": 1, "actor": GONE, "head_branch": None}),
        ("incidents", {"id": 1, "user": WHO, "state": "open"}, {"id": 1, "user": GONE, "state": "open"}),
        (
            "agent_tasks",
            {
                "id": "t",
                "creator": {"id": 1001},
                "sessions": [{"id": "s", "user": {"id": 1001}, "head_ref": "copilot/x", "usage": {"amount": 5}}],
            },
            {"id": "t", "creator": {"id": -1}, "sessions": [{"id": "s", "user": {"id": -1}, "head_ref": None, "usage": {"amount": 5}}]},
        ),
    ],
)
def test_every_stream_that_names_people_forgets_them(screened, stream, record, kept):
    assert screened(stream, record) == kept
