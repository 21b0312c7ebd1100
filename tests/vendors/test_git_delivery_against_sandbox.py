"""The delivery client against the sandbox's GitHub: everything that happened, in both versions of the API, and none of its words."""

import json
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from spend_assets.answers import Window
from spend_assets.sandbox.delivery_objects import CONTENT
from spend_assets.sandbox.delivery_truth import DeliveryTruth
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.faults import REQUEST_FAULTS
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.sandbox.world import World
from spend_assets.settings import Limits
from spend_assets.sources import GitHubSource
from spend_assets.vendors.git_delivery import GitDelivery

END = date(2026, 10, 30)
WINDOW = Window(date(2026, 10, 19), date(2026, 10, 31))
CONFIG = {"people": 30, "days": 20, "seed": 10, "end": END}
DROPPED_BY_CONTRACT = {"title", "body", "description", "milestone", "prompt", "name", "error", "display_title", "head_commit", "email"}


def source(sandbox, **more):
    return GitHubSource.model_validate(
        {
            "account": "acme",
            "base_url": sandbox.base_url,
            "enterprise": "acme",
            "token_env": "GITHUB_TOKEN",
            "repositories": [f"{org}/*" for org in sandbox.orgs],
            "delivery_token_env": "GITHUB_DELIVERY_TOKEN",
            "agent_tasks_token_env": "GITHUB_AGENT_TASKS_TOKEN",
            **more,
        }
    )


def fetch_everything(faults, version, base_path=""):
    """stream -> records, of all windows; the requests that it took, by the kind of fault that was served."""
    with Sandbox(SandboxConfig(**CONFIG, faults=faults)) as sandbox:
        client = GitDelivery(
            source(sandbox, delivery_api_version=version), Limits(), now=sandbox.clock.now, env=sandbox.tokens, sleep=lambda seconds: None
        )
        answers = {}
        for stream in client.streams:
            records = answers.setdefault(stream, [])
            for window in (
                (WINDOW,)
                if stream == "repositories"
                else (Window(WINDOW.start, date(2026, 10, 25)), Window(date(2026, 10, 25), WINDOW.end))
            ):
                outcome = client.fetch(stream, window, records.append)
                assert (outcome.kind, outcome.complete) == ("data", True), (stream, outcome)
        client.close()
        served = {fault.kind for fault in sandbox.world.faults.key()} & set(REQUEST_FAULTS)
        return {stream: [json.loads(record) for record in records] for stream, records in answers.items()}, served, sandbox.requests


@pytest.fixture(scope="module")
def calm():
    return {version: fetch_everything({}, version) for version in ("2022-11-28", "2026-03-10")}


@pytest.fixture(scope="module")
def truth():
    return DeliveryTruth(DeliveryWorld(World(SandboxConfig(**CONFIG, faults={}))))


NOW = datetime(2026, 10, 31, 6, tzinfo=UTC)


def inside(instant):
    return WINDOW.start <= instant.date() < WINDOW.end


def changed_inside(instant):
    """The window ends today, so that it also takes what has changed since midnight."""
    return WINDOW.start <= instant.date() and instant <= NOW


@pytest.mark.parametrize("version", ["2022-11-28", "2026-03-10"])
def test_every_pull_request_that_changed_is_read_once_on_the_day_of_its_change(calm, truth, version):
    answers = calm[version][0]
    expected = {pull.id: pull for pull in truth.pulls(NOW) if changed_inside(pull.updated)}
    read = {record["id"]: record for record in answers["pull_requests"]}
    assert len(answers["pull_requests"]) == len(read) > 50
    assert any(pull.updated.date() > END for pull in expected.values())
    assert read.keys() == expected.keys()
    for pull_id, pull in expected.items():
        record = read[pull_id]
        assert (record["repository"], record["number"], record["day"]) == (
            pull.repository,
            pull.number,
            min(pull.updated.date(), END).isoformat(),
        )
        assert (record["merged_at"] is not None, record["commits"], record["head"]["ref"]) == (pull.merged, pull.commits, pull.branch)
    commits = Counter(record["pull_request_id"] for record in answers["pr_commits"])
    assert commits == {pull.id: pull.commits for pull in expected.values()}
    assert {record["pull_request_id"] for record in answers["reviews"]} <= expected.keys()
    assert {record["event"] for record in answers["pr_timeline"]} >= {"ready_for_review", "closed", "merged", "review_requested"}
    assert not {record["event"] for record in answers["pr_timeline"]} & {"commented", "reviewed", "committed"}


def test_only_the_older_version_names_the_merge_and_both_find_it_by_the_commit(calm, truth):
    older, newer = calm["2022-11-28"][0], calm["2026-03-10"][0]
    merges = {pull.id: pull.sha for pull in truth.pulls(NOW)}
    assert {record["id"]: record["merge_commit_sha"] for record in older["pull_requests"] if record["merged_at"]} == {
        record["id"]: merges[record["id"]] for record in older["pull_requests"] if record["merged_at"]
    }
    assert not any("merge_commit_sha" in record for record in newer["pull_requests"])
    expected = {(deployment.id, deployment.pull) for deployment in truth.deployments(NOW) if inside(deployment.created)}
    assert len(expected) > 20
    for answers in (older, newer):
        assert {(record["deployment_id"], record["pull_request_id"]) for record in answers["deployment_pulls"]} == expected


def test_deployments_incidents_runs_and_tasks_are_those_of_the_truth(calm, truth):
    answers = calm["2026-03-10"][0]
    deployments = {deployment.id: deployment for deployment in truth.deployments(NOW) if inside(deployment.created)}
    assert {record["id"] for record in answers["deployments"]} == deployments.keys()
    last = {}
    for record in sorted(answers["deployment_statuses"], key=lambda record: record["id"]):
        if record["state"] != "inactive":
            last[record["deployment_id"]] = record["state"]
    assert {key: state for key, state in last.items() if state in ("success", "failure", "error")} == {
        key: deployment.outcome for key, deployment in deployments.items() if deployment.outcome != "pending"
    }
    incidents = {incident.id for incident in truth.incidents(NOW) if changed_inside(incident.closed or incident.created)}
    assert {record["id"] for record in answers["incidents"]} == incidents != set()
    tasks = {task.id: task for task in truth.tasks(NOW) if changed_inside(task.updated)}
    assert {record["id"] for record in answers["agent_tasks"]} == tasks.keys()
    used = {
        record["id"]: sum(session["usage"]["amount"] for session in record["sessions"] if "usage" in session)
        for record in answers["agent_tasks"]
    }
    assert used == {task.id: task.nano_credits for task in tasks.values()} and sum(used.values()) > 0
    ids = [record["id"] for record in answers["workflow_runs"]]
    assert len(ids) == len(set(ids)) > 100
    assert all(record["day"] == record["created_at"][:10] for record in answers["workflow_runs"])


def test_what_the_client_hands_on_holds_no_content_but_what_the_contract_drops(calm):
    def texts(value, path=()):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from texts(inner, (*path, key))
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner, path)
        elif isinstance(value, str) and CONTENT in value:
            yield path

    answers = calm["2022-11-28"][0]
    paths = {path for records in answers.values() for record in records for path in texts(record)}
    assert paths
    assert {path for path in paths if not DROPPED_BY_CONTRACT & set(path)} == set()
    assert not any(
        CONTENT in json.dumps(record)
        for stream in ("pr_commits", "pr_timeline", "deployments", "incidents")
        for record in without_labels(answers[stream])
    )
    assert not any(key == "url" or key == "_links" for records in answers.values() for record in records for key in record)


def without_labels(records):
    return [{key: value for key, value in record.items() if key != "labels"} for record in records]


def test_passing_faults_leave_no_trace(calm):
    stormy, served, _ = fetch_everything(dict.fromkeys(REQUEST_FAULTS, 0.06), "2026-03-10")
    assert len(served) >= 5, f"too few kinds of faults for a proof: {sorted(served)}"
    assert stormy == calm["2026-03-10"][0]


def test_children_are_asked_only_for_pull_requests_that_changed(calm):
    answers, _, requests = calm["2026-03-10"]
    pulls, deployments = len(answers["pull_requests"]), len(answers["deployments"])
    repositories = len(answers["repositories"])
    # Each list once per repository (runs per window), four requests per pull request, at most two per deployment.
    assert requests <= 4 * pulls + 2 * deployments + len(answers["agent_tasks"]) + repositories * 10 + 20


def test_the_doctor_tells_what_works_and_what_is_missing():
    with Sandbox(SandboxConfig(**CONFIG, faults={})) as sandbox:

        def probes(**more):
            client = GitDelivery(source(sandbox, **more), Limits(), now=sandbox.clock.now, env=sandbox.tokens, sleep=lambda seconds: None)
            found = {probe.stream: probe for probe in client.probe()}
            client.close()
            return found

        good = probes()
        assert all(probe.works for probe in good.values()), good
        assert len(good) == 12
        wrong = probes(delivery_token_env=None, agent_tasks_token_env="GITHUB_BILLING_TOKEN")
        assert wrong["repositories"].works is False
        assert "GITHUB_TOKEN lacks the permission to read the repository" in wrong["repositories"].message
        no_tasks = probes(agent_tasks_token_env="GITHUB_BILLING_TOKEN")["agent_tasks"]
        assert no_tasks.works is None
        assert "'Agent tasks: read'" in no_tasks.message
        assert sandbox.requests < 45
