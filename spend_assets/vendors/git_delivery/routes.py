"""Every request that the delivery client may send, with the permission each one needs.

Source: the OpenAPI description of GitHub, versions 2022-11-28 and 2026-03-10 (docs.github.com/rest: repos, pulls, pulls/reviews,
issues/timeline, commits, deployments, actions/workflow-runs, issues, agent-tasks). Both versions have all of these routes; the newer one
sends no `merge_commit_sha`, which is why deployments find their pull requests through the commit.
"""

from spend_assets.vendors.http import Route

TOKEN, AGENT_TASKS_TOKEN = "token", "agent_tasks_token"


def headers(api_version: str) -> dict[str, str]:
    return {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": api_version}


def _needs(permission: str) -> str:
    return f"the permission to read the repository: classic scope repo, or fine-grained '{permission}: read'"


_REPO = "/repos/{owner}/{repo}"

ORG_REPOSITORIES = Route("GET", "/orgs/{org}/repos", _needs("Metadata"), TOKEN)
REPOSITORY = Route("GET", _REPO, _needs("Metadata"), TOKEN)
RENAMED_REPOSITORY = Route("GET", "/repositories/{repository_id}", _needs("Metadata"), TOKEN)
"""Where GitHub redirects to when a repository has another name or owner by now."""
PULLS = Route("GET", f"{_REPO}/pulls", _needs("Pull requests"), TOKEN)
PULL = Route("GET", f"{_REPO}/pulls/{{number}}", _needs("Pull requests"), TOKEN)
REVIEWS = Route("GET", f"{_REPO}/pulls/{{number}}/reviews", _needs("Pull requests"), TOKEN)
PULL_COMMITS = Route("GET", f"{_REPO}/pulls/{{number}}/commits", _needs("Pull requests"), TOKEN)
TIMELINE = Route("GET", f"{_REPO}/issues/{{number}}/timeline", _needs("Pull requests"), TOKEN)
COMMIT_PULLS = Route("GET", f"{_REPO}/commits/{{sha}}/pulls", _needs("Pull requests"), TOKEN)
DEPLOYMENTS = Route("GET", f"{_REPO}/deployments", _needs("Deployments"), TOKEN)
DEPLOYMENT_STATUSES = Route("GET", f"{_REPO}/deployments/{{deployment_id}}/statuses", _needs("Deployments"), TOKEN)
WORKFLOW_RUNS = Route("GET", f"{_REPO}/actions/runs", _needs("Actions"), TOKEN)
ISSUES = Route("GET", f"{_REPO}/issues", _needs("Issues"), TOKEN)

_AGENT_TASKS = (
    "the permission to read agent tasks: a fine-grained token or a GitHub App user token with 'Agent tasks: read' "
    "(installation tokens are not accepted here)"
)
AGENT_TASKS = Route("GET", "/agents/repos/{owner}/{repo}/tasks", _AGENT_TASKS, AGENT_TASKS_TOKEN)
AGENT_TASK = Route("GET", "/agents/repos/{owner}/{repo}/tasks/{task_id}", _AGENT_TASKS, AGENT_TASKS_TOKEN)

OF_STREAM = {
    "repositories": REPOSITORY,
    "pull_requests": PULLS,
    "reviews": REVIEWS,
    "pr_timeline": TIMELINE,
    "pr_commits": PULL_COMMITS,
    "deployments": DEPLOYMENTS,
    "deployment_statuses": DEPLOYMENT_STATUSES,
    "deployment_pulls": COMMIT_PULLS,
    "workflow_runs": WORKFLOW_RUNS,
    "incidents": ISSUES,
    "agent_tasks": AGENT_TASKS,
}
"""The request that stands for a stream in messages."""

ALL = (*OF_STREAM.values(), ORG_REPOSITORIES, RENAMED_REPOSITORY, PULL, AGENT_TASK)
