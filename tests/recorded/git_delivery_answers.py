"""GitHub's recorded delivery objects (tests/fixtures/git_delivery), served as the REST API serves them, on days in October 2026."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SETTINGS = """
[[sources.github]]
account = "octo"
org = "octo-org"
base_url = "{base}"
token_env = "GITHUB_TOKEN"
repositories = ["Codertocat/Hello-World", "octo-org/octo-repo", "test/repo"]
delivery_api_version = "2022-11-28"
incident_label = "bug"
"""
ENV = {"GITHUB_TOKEN": "ghp_recorded"}
SPAN = (date(2026, 10, 28), date(2026, 10, 30))
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
MOVED = {
    "2019-05-15": "2026-10-28",
    "2020-10-05": "2026-10-29",
    "2024-01-01": "2026-10-28",
    "2024-01-02": "2026-10-29",
    "2024-01-03": "2026-10-30",
}
FILES_OF_ANSWERS = Path(__file__).parents[1] / "fixtures" / "git_delivery"


def sample(name: str) -> Any:
    text = (FILES_OF_ANSWERS / f"{name}.json").read_text(encoding="utf-8")
    for recorded, moved in MOVED.items():
        text = text.replace(recorded, moved)
    return json.loads(text)


def answer(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes] | None:
    for repository, answers in (("Codertocat/Hello-World", hello_world), ("octo-org/octo-repo", octo_repo), ("test/repo", test_repo)):
        if path.startswith(f"/repos/{repository}"):
            found = answers(path.removeprefix(f"/repos/{repository}"))
            return None if found is None else (200, json.dumps(found).encode())
    return None


def hello_world(path: str) -> Any:
    pull = sample("pull_request.octokit")
    return {
        "": sample("repository.octokit"),
        "/pulls": [pull],
        "/pulls/2": pull,
        "/pulls/2/reviews": [sample("review.octokit")],
        "/pulls/2/commits": [],
        "/issues/2/timeline": [],
        "/deployments": [sample("deployment.octokit")],
        "/deployments/145988746/statuses": [sample("deployment_status.octokit")],
        "/commits/f95f852bd8fca8fcc58a9a2d6c842781e32a215e/pulls": [pull],
        "/actions/runs": {"total_count": 0, "workflow_runs": []},
        "/issues": [sample("issue.octokit"), {**sample("issue.octokit"), "id": 1, "pull_request": {"url": "x"}}],
    }.get(path)


def octo_repo(path: str) -> Any:
    return {
        "": {**sample("repository.octokit"), "id": 300029405, "full_name": "octo-org/octo-repo"},
        "/pulls": [],
        "/deployments": [],
        "/actions/runs": {"total_count": 1, "workflow_runs": [sample("workflow_run.octokit")]},
        "/issues": [],
    }.get(path)


def test_repo(path: str) -> Any:
    """DevLake's rows say nothing of commits and events."""
    pulls = sample("pull_requests.devlake")
    single = {f"/pulls/{pull['number']}": pull for pull in pulls}
    empty: dict[str, list[Any]] = {}
    for pull in pulls:
        empty |= {f"/pulls/{pull['number']}/commits": [], f"/issues/{pull['number']}/timeline": [], f"/pulls/{pull['number']}/reviews": []}
    return {
        "": {"id": 123, "full_name": "test/repo", "default_branch": "main"},
        # Newest change first, as GitHub is asked for.
        "/pulls": sorted(pulls, key=lambda pull: str(pull["updated_at"]), reverse=True),
        **single,
        **empty,
        "/pulls/999/reviews": sample("reviews.devlake"),
        "/deployments": [],
        "/actions/runs": {"total_count": 0, "workflow_runs": []},
        "/issues": [],
    }.get(path)
