"""The delivery part of GitHub's REST API: repositories, pull requests, workflow runs, deployments, issues and agent tasks."""

import threading
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from spend_assets.sandbox.access import json_response, problem
from spend_assets.sandbox.delivery_objects import Objects
from spend_assets.sandbox.delivery_runs import Run, run_object, runs_of
from spend_assets.sandbox.delivery_story import Change, Deployment, History, Task
from spend_assets.sandbox.delivery_world import HANDBOOK, DeliveryWorld, Repository
from spend_assets.sandbox.directory import page_of
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.world import World

NEWER = "2026-03-10"
MOST_RESULTS = 1_000
"""Of a filtered search of workflow runs, however many there are."""
SHOWN = 4
"""Repositories that the sandbox's own settings name."""
REPO, AGENT_TASKS = frozenset({"repo"}), frozenset({"agent_tasks:read"})
Item = TypeVar("Item")
Answer = Callable[[Request, dict[str, str]], Response]
Route = tuple[str, frozenset[str], Answer]


class DeliveryServer:
    def __init__(self, world: World):
        self._world = world
        self.delivery = DeliveryWorld(world)
        self._objects = Objects(world)
        self._runs: dict[str, list[Run]] = {}
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        """(path template, scopes of which one is needed, answer)."""
        repo, agents = "/repos/{owner}/{repo}", "/agents/repos/{owner}/{repo}/tasks"
        return [
            ("/orgs/{org}/repos", REPO, self._repositories),
            (repo, REPO, self._repository),
            (repo + "/pulls", REPO, self._pulls),
            (repo + "/pulls/{number}", REPO, self._pull),
            (repo + "/pulls/{number}/reviews", REPO, self._reviews),
            (repo + "/pulls/{number}/commits", REPO, self._commits),
            (repo + "/issues/{number}/timeline", REPO, self._timeline),
            (repo + "/commits/{sha}/pulls", REPO, self._commit_pulls),
            (repo + "/deployments", REPO, self._deployments),
            (repo + "/deployments/{id}/statuses", REPO, self._statuses),
            (repo + "/actions/runs", REPO, self._workflow_runs),
            (repo + "/issues", REPO, self._issues),
            (agents, AGENT_TASKS, self._tasks),
            (agents + "/{id}", AGENT_TASKS, self._task),
        ]

    def settings(self) -> str:
        """Lines for the [[sources.github]] section: a handful of teams, as reading all of them would take most of a demo's time."""
        teams = [repository for repository in self.delivery.repositories if repository.team][:SHOWN]
        shown = ", ".join(f'"{repository.full_name}"' for repository in teams)
        return (
            f'repositories = [{shown}]\ndelivery_token_env = "GITHUB_DELIVERY_TOKEN"\nagent_tasks_token_env = "GITHUB_AGENT_TASKS_TOKEN"\n'
        )

    @property
    def _now(self) -> datetime:
        return self._world.clock.now()

    def _at(self, at: dict[str, str]) -> tuple[Repository, History] | None:
        repository = self.delivery.by_name.get(f"{at['owner']}/{at['repo']}".lower())
        return (repository, self.delivery.history(repository)) if repository else None

    def _page(self, request: Request, items: list[Item], shown: Callable[[Item], object], most: int | None = None) -> Response:
        page = page_of(request, items[:most], self._world.base_url)
        if isinstance(page, Response):
            return page
        found, headers = page
        return json_response([shown(item) for item in found], headers=headers)

    def _repositories(self, request: Request, at: dict[str, str]) -> Response:
        found = sorted((r for r in self.delivery.repositories if r.org == at["org"]), key=lambda repository: repository.full_name)
        return self._page(request, found, self._objects.repository)

    def _repository(self, request: Request, at: dict[str, str]) -> Response:
        found = self._at(at)
        return json_response(self._objects.repository(found[0])) if found else _missing()

    def _pulls(self, request: Request, at: dict[str, str]) -> Response:
        found = self._at(at)
        if found is None:
            return _missing()
        now, query = self._now, request.query
        there = [change for change in found[1].changes if change.created <= now]
        state = query.get("state", "open")
        if state != "all":
            there = [change for change in there if (change.closed is not None and change.closed <= now) == (state == "closed")]
        by_change = query.get("sort", "created") == "updated"
        there.sort(key=lambda change: (change.updated_at(now) if by_change else change.created, change.id))
        if query.get("direction", "desc" if "sort" not in query or not by_change else "asc") == "desc":
            there.reverse()
        return self._page(request, there, lambda change: self._objects.pull_request(change, now, _newer(request), whole=False))

    def _pull(self, request: Request, at: dict[str, str]) -> Response:
        change = self._change(at)
        return json_response(self._objects.pull_request(change, self._now, _newer(request), whole=True)) if change else _missing()

    def _change(self, at: dict[str, str]) -> Change | None:
        found = self._at(at)
        if found is None or not at["number"].isdigit():
            return None
        changes = found[1].changes
        place = bisect_left(changes, int(at["number"]), key=lambda change: change.number)
        there = place < len(changes) and changes[place].number == int(at["number"]) and changes[place].created <= self._now
        return changes[place] if there else None

    def _reviews(self, request: Request, at: dict[str, str]) -> Response:
        change, now = self._change(at), self._now
        if change is None:
            return _missing()
        reviews = [(place, review) for place, review in enumerate(change.reviews) if review.at <= now]
        return self._page(request, reviews, lambda item: self._objects.review(change, item[0], item[1], now))

    def _commits(self, request: Request, at: dict[str, str]) -> Response:
        change, now = self._change(at), self._now
        if change is None:
            return _missing()
        commits = [(place, instant) for place, instant in enumerate(change.commits) if instant <= now]
        return self._page(request, commits, lambda item: self._objects.commit(change, item[0], item[1], now), 250)

    def _timeline(self, request: Request, at: dict[str, str]) -> Response:
        change = self._change(at)
        return self._page(request, self._objects.timeline(change, self._now), lambda event: event) if change else _missing()

    def _commit_pulls(self, request: Request, at: dict[str, str]) -> Response:
        """The merged pull request that brought a commit of the main branch, else the open ones that hold it."""
        found, now, sha = self._at(at), self._now, at["sha"]
        if found is None:
            return _missing()
        merged = [change for change in found[1].changes if change.merged and change.sha == sha and change.closed and change.closed <= now]
        there = merged or [
            change
            for change in found[1].changes
            if any(change.repository_sha(place) == sha for place, instant in enumerate(change.commits) if instant <= now)
        ]
        if not there:
            return problem(422, f"No commit found for SHA: {sha}")
        return self._page(request, there, lambda change: self._objects.pull_request(change, now, _newer(request), whole=False))

    def _deployments(self, request: Request, at: dict[str, str]) -> Response:
        found, now = self._at(at), self._now
        if found is None:
            return _missing()
        there = [deployment for deployment in found[1].deployments if deployment.created <= now]
        for name in ("environment", "sha"):
            if name in request.query:
                there = [d for d in there if request.query[name] == (d.environment if name == "environment" else d.change.sha)]
        return self._page(request, there[::-1], lambda deployment: self._objects.deployment(deployment, now))

    def _statuses(self, request: Request, at: dict[str, str]) -> Response:
        found, now = self._at(at), self._now
        deployments: list[Deployment] = found[1].deployments if found else []
        for deployment in deployments:
            if str(deployment.id) == at["id"] and deployment.created <= now:
                return self._page(request, self._objects.statuses(deployment, now), lambda status: status)
        return _missing()

    def _workflow_runs(self, request: Request, at: dict[str, str]) -> Response:
        found, now = self._at(at), self._now
        if found is None:
            return _missing()
        try:
            start, end = _created(request.query.get("created", ""))
        except ValueError:
            return problem(422, "created is a date, an instant, or two of them with .. between.")
        with self._lock:
            if found[0].full_name not in self._runs:
                self._runs[found[0].full_name] = runs_of(self._world.dice, found[1])
            runs = self._runs[found[0].full_name]
        there = [run for run in runs if run.created <= now and start <= run.created <= end]
        page = page_of(request, there[:MOST_RESULTS], self._world.base_url)
        if isinstance(page, Response):
            return page
        shown, headers = page
        return json_response(
            {"total_count": len(there), "workflow_runs": [run_object(self._objects, run, now) for run in shown]}, headers=headers
        )

    def _issues(self, request: Request, at: dict[str, str]) -> Response:
        """Incidents, and where no label is asked for pull requests too: they are issues here."""
        found, now, query = self._at(at), self._now, request.query
        if found is None:
            return _missing()
        repository, history = found
        if repository.name == HANDBOOK:
            return problem(410, "Issues are disabled for this repo")
        since = _instant(query["since"]) if "since" in query else datetime.min.replace(tzinfo=UTC)
        there: list[tuple[datetime, dict[str, object]]] = []
        if query.get("labels", "incident") == "incident":
            for incident in history.incidents:
                if incident.created <= now:
                    there.append((incident.updated_at(now), self._objects.incident(repository, incident, now)))
                    if incident.number % 3 == 0 and "labels" in query:
                        # The pull request that mends an incident bears its label as well.
                        mended = self._objects.incident(repository, incident, now)
                        number = incident.number + 100_000
                        link = {"url": f"{self._world.base_url}/repos/{repository.full_name}/pulls/{number}", "merged_at": None}
                        there.append((incident.updated_at(now), {**mended, "id": incident.id + 1, "number": number, "pull_request": link}))
        state = query.get("state", "open")
        there = [(instant, issue) for instant, issue in there if instant >= since and state in ("all", issue["state"])]
        there.sort(key=lambda item: (item[0], str(item[1]["id"])), reverse=query.get("direction", "desc") == "desc")
        return self._page(request, there, lambda item: item[1])

    def _tasks(self, request: Request, at: dict[str, str]) -> Response:
        found, now, query = self._at(at), self._now, request.query
        if found is None:
            return _missing()
        repository, history = found
        there = [task for task in history.tasks if task.created <= now]
        archived = [task for task in there if task.archived and task.archived <= now]
        asked = archived if query.get("is_archived") == "true" else [task for task in there if task not in archived]
        if "since" in query:
            asked = [task for task in asked if task.updated_at(now) >= _instant(query["since"])]
        asked.sort(key=lambda task: (task.updated_at(now), task.id), reverse=query.get("direction", "desc") == "desc")
        page = page_of(request, asked, self._world.base_url)
        if isinstance(page, Response):
            return page
        shown, headers = page
        tasks = [self._shown(repository, history, task, now, whole=False) for task in shown]
        counts = {"total_active_count": len(there) - len(archived), "total_archived_count": len(archived)}
        return json_response({"tasks": tasks, **counts}, headers=headers)

    def _task(self, request: Request, at: dict[str, str]) -> Response:
        found, now = self._at(at), self._now
        for task in found[1].tasks if found else ():
            if found and task.id == at["id"] and task.created <= now:
                return json_response(self._shown(found[0], found[1], task, now, whole=True))
        return _missing()

    def _shown(self, repository: Repository, history: History, task: Task, now: datetime, *, whole: bool) -> dict[str, object]:
        by_key = {change.key: change for change in history.changes}
        return self._objects.task(repository, task, by_key, now, whole=whole)


def _missing() -> Response:
    return problem(404, "Not Found")


def _newer(request: Request) -> bool:
    return request.headers.get("x-github-api-version") == NEWER


def _created(text: str) -> tuple[datetime, datetime]:
    """Both ends included; a day stands for all of it. Raises ValueError."""
    if not text:
        return datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    first, _, last = text.partition("..")
    last = last or first
    end = _instant(last)
    return _instant(first), end + timedelta(days=1, microseconds=-1) if len(last) == 10 else end


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
