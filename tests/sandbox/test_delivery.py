"""The sandbox's delivery as a reader of GitHub's documentation sees it: versions, pages, searches, and one truth behind them."""

import json
from collections import Counter
from datetime import date, timedelta

import httpx
import pytest

from spend_assets.sandbox import names
from spend_assets.sandbox.delivery_truth import DeliveryTruth
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.sandbox.world import World

CONFIG = SandboxConfig(people=60, days=40, seed=3, end=date(2026, 10, 30))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(CONFIG) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def truth():
    return DeliveryTruth(DeliveryWorld(World(CONFIG)))


class GitHub:
    def __init__(self, sandbox, version="2026-03-10", variable="GITHUB_DELIVERY_TOKEN"):
        headers = {"Authorization": f"Bearer {sandbox.tokens[variable]}", "X-GitHub-Api-Version": version}
        self.client = httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False, timeout=20)

    def get(self, path, **params):
        answer = self.client.get(path, params=params)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def pages(self, path, size, key=None, **params):
        answer = self.client.get(path, params={**params, "per_page": size})
        while True:
            assert answer.status_code == 200, (path, answer.status_code, answer.text)
            yield from answer.json()[key] if key else answer.json()
            if "next" not in answer.links:
                return
            answer = self.client.get(answer.links["next"]["url"])


@pytest.fixture(scope="module")
def github(sandbox):
    return GitHub(sandbox)


def busiest(truth):
    return Counter(pull.repository for pull in truth.pulls()).most_common(1)[0][0]


def test_the_same_seed_tells_the_same_story(truth):
    again = DeliveryTruth(DeliveryWorld(World(CONFIG)))
    assert truth.pulls() == again.pulls()
    assert truth.deployments() == again.deployments()
    other = DeliveryTruth(DeliveryWorld(World(SandboxConfig(people=60, days=40, seed=4, end=date(2026, 10, 30)))))
    assert truth.pulls() != other.pulls()


def test_the_story_is_believable(truth):
    """Shares and times of sandbox.md 6.5."""
    pulls = truth.pulls()
    assert len({pull.id for pull in pulls}) == len(pulls) > 250
    assert sorted(pull.id for pull in pulls) != list(range(min(pull.id for pull in pulls), max(pull.id for pull in pulls) + 1))
    people = [pull for pull in pulls if pull.kind == "human"]
    agents = [pull for pull in pulls if pull.kind in ("agent", "automation")]
    assert 0.65 < sum(pull.merged for pull in people) / len(people) < 0.9
    assert 0.45 < sum(pull.merged for pull in agents) / len(agents) < 0.82
    hours = sorted((pull.closed - pull.created).total_seconds() / 3600 for pull in pulls if pull.closed and pull.merged)
    assert 6 < hours[len(hours) // 2] < 24
    assert sum(pull.closed is None for pull in pulls) > 0
    outcomes = Counter(deployment.outcome for deployment in truth.deployments() if deployment.environment == "production")
    assert 0.02 < (outcomes["failure"] + outcomes["error"]) / sum(outcomes.values()) < 0.15
    assert truth.incidents()


def test_every_credit_of_the_cloud_agent_is_in_a_task(truth):
    """Tasks hold what the usage ledger has of people's agent work in repositories, to the nano-credit."""
    usage = World(CONFIG).usage
    rows = [row for day in CONFIG.history() for row in usage.all_of(day) if row.model is names.CODING_AGENT and row.repository]
    people = {account.number for account in usage.identities.accounts if account.person is not None}
    expected = sum(row.credits * 1_000 for row in rows if row.account in people and row.payer is not None)
    assert sum(task.nano_credits for task in truth.tasks()) == expected > 0


def test_the_list_of_pull_requests_is_the_truth_whatever_the_page(github, truth):
    name, now = busiest(truth), CONFIG.first_now
    expected = [pull for pull in truth.pulls(now) if pull.repository == name]
    for size in (100, 7):
        found = list(github.pages(f"/repos/{name}/pulls", size, state="all", sort="updated", direction="desc"))
        assert {pull["number"]: pull["updated_at"] for pull in found} == {
            pull.number: pull.updated.strftime("%Y-%m-%dT%H:%M:%SZ") for pull in expected
        }
        assert [pull["updated_at"] for pull in found] == sorted((pull["updated_at"] for pull in found), reverse=True)
    assert len(list(github.pages(f"/repos/{name}/pulls", 100))) == sum(pull.closed is None for pull in expected)


def test_the_newer_version_has_no_merge_commit(sandbox, github, truth):
    pull = next(pull for pull in truth.pulls(CONFIG.first_now) if pull.merged)
    path = f"/repos/{pull.repository}/pulls/{pull.number}"
    newer, older = github.get(path), GitHub(sandbox, "2022-11-28").get(path)
    assert older["merge_commit_sha"] == pull.sha
    assert "merge_commit_sha" not in newer
    assert "assignee" not in newer
    assert (newer["merged"], newer["commits"]) == (True, pull.commits)
    assert [found["id"] for found in github.get(f"/repos/{pull.repository}/commits/{pull.sha}/pulls")] == [pull.id]
    assert github.client.get(f"/repos/{pull.repository}/commits/{'0' * 40}/pulls").status_code == 422


def test_time_only_adds(sandbox, truth):
    """What is seen earlier is the story up to then: nothing of the future, and drafts are drafts until they are ready."""
    github, name = GitHub(sandbox), busiest(truth)
    before = CONFIG.first_now - timedelta(days=9)
    try:
        sandbox.clock.set(before)
        found = {pull["number"]: pull for pull in github.pages(f"/repos/{name}/pulls", 100, state="all")}
        assert found.keys() == {pull.number for pull in truth.pulls(before) if pull.repository == name}
        texts = json.dumps([found, list(github.pages(f"/repos/{name}/deployments", 100))])
        assert before.strftime("%Y-%m-%dT06:00:01Z") > max(
            word for word in texts.split('"') if word.startswith("2026-") and word.endswith("Z")
        )
        for pull in truth.pulls(before)[:40]:
            shown = github.get(f"/repos/{pull.repository}/pulls/{pull.number}")
            assert (shown["state"] == "closed") == (pull.closed is not None)
            events = list(github.pages(f"/repos/{pull.repository}/issues/{pull.number}/timeline", 3))
            assert [event for event in events if event.get("created_at", "") > before.strftime("%Y-%m-%dT%H:%M:%SZ")] == []
    finally:
        sandbox.clock.set(CONFIG.first_now)


def test_runs_are_found_by_day_and_by_second(github, truth):
    name = busiest(truth)
    path = f"/repos/{name}/actions/runs"
    everything = {run["id"]: run["created_at"] for run in github.pages(path, 100, "workflow_runs")}
    day = Counter(created[:10] for created in everything.values()).most_common(1)[0][0]
    of_day = {run["id"] for run in github.pages(path, 9, "workflow_runs", created=day)}
    assert of_day == {key for key, created in everything.items() if created.startswith(day)}
    halves = [f"{day}T00:00:00Z..{day}T11:59:59Z", f"{day}T12:00:00Z..{day}T23:59:59Z"]
    found = [run["id"] for half in halves for run in github.pages(path, 100, "workflow_runs", created=half)]
    assert sorted(found) == sorted(of_day)
    assert github.get(path, created=f"{day}..{day}")["total_count"] == len(of_day)
    assert github.client.get(path, params={"created": "yesterday"}).status_code == 422


def test_deployments_end_as_the_truth_says(github, truth):
    name, now = busiest(truth), CONFIG.first_now
    expected = {deployment.id: deployment for deployment in truth.deployments(now) if deployment.repository == name}
    found = list(github.pages(f"/repos/{name}/deployments", 20))
    assert {deployment["id"] for deployment in found} == expected.keys()
    for deployment in found[:25]:
        states = [status["state"] for status in github.get(f"/repos/{name}/deployments/{deployment['id']}/statuses")]
        assert next((state for state in states if state != "inactive"), "pending") == expected[deployment["id"]].outcome


def test_access_is_as_narrow_as_the_documentation_says(sandbox, truth):
    name = busiest(truth)
    assert GitHub(sandbox, variable="GITHUB_TOKEN").client.get(f"/repos/{name}/pulls").status_code == 403
    assert GitHub(sandbox).client.get(f"/agents/repos/{name}/tasks").status_code == 403
    tasks = GitHub(sandbox, variable="GITHUB_AGENT_TASKS_TOKEN")
    listed = tasks.get(f"/agents/repos/{name}/tasks")
    assert listed["total_active_count"] == len(list(tasks.pages(f"/agents/repos/{name}/tasks", 2, "tasks")))
    assert "sessions" not in listed["tasks"][0]
    assert GitHub(sandbox).client.get("/repos/acme-data/none/pulls").status_code == 404
    handbook = f"/repos/{name.partition('/')[0]}/handbook/issues"
    assert GitHub(sandbox).client.get(handbook, params={"labels": "incident"}).status_code == 410


def test_every_incident_is_on_the_list_of_its_repository(github, truth):
    found = [
        issue
        for name in {incident.repository for incident in truth.incidents(CONFIG.first_now)}
        for issue in github.pages(f"/repos/{name}/issues", 100, labels="incident", state="all")
    ]
    incidents = {incident.id for incident in truth.incidents(CONFIG.first_now)}
    assert {issue["id"] for issue in found if "pull_request" not in issue} == incidents
