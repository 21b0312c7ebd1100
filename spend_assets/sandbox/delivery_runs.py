"""Workflow runs: CI on every push to a pull request, the cloud agent's own run, and one on the main branch after a merge."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from spend_assets.sandbox.delivery_objects import ACTIONS, API, CONTENT, COPILOT, WEB, Objects, stamp
from spend_assets.sandbox.delivery_story import Change, History
from spend_assets.sandbox.dice import Dice

FLAKY = 0.06


class Attempt(NamedTuple):
    started: datetime
    finished: datetime
    conclusion: str


class Run(NamedTuple):
    change: Change
    id: int
    path: str
    event: str
    branch: str
    sha: str
    created: datetime
    attempts: tuple[Attempt, ...]

    def attempt(self, now: datetime) -> int:
        """Number of the attempt that is the last one at `now`, from 1."""
        return max(sum(attempt.started <= now for attempt in self.attempts), 1)


def runs_of(dice: Dice, history: History) -> list[Run]:
    """Every run of a repository, newest first."""
    found: list[Run] = []
    for change in history.changes:
        pushed = [(place, max(at, change.created)) for place, at in enumerate(change.commits)]
        for place, at in pushed:
            attempts = _attempts(dice, change, place, at)
            sha = change.repository_sha(place)
            found.append(Run(change, change.id * 16 + place, ".github/workflows/ci.yml", "pull_request", change.branch, sha, at, attempts))
        if change.kind in ("agent", "automation"):
            path, at = "dynamic/copilot-swe-agent/copilot", change.created - timedelta(minutes=2)
            done = (Attempt(at, at + timedelta(minutes=11, seconds=change.key % 60), "success"),)
            found.append(Run(change, change.id * 16 + 14, path, "dynamic", change.branch, change.repository_sha("base"), at, done))
        if change.merged and change.closed:
            attempts = _attempts(dice, change, 15, change.closed)
            found.append(Run(change, change.id * 16 + 15, ".github/workflows/ci.yml", "push", "main", change.sha, change.closed, attempts))
    return sorted(found, key=lambda run: (run.created, run.id), reverse=True)


def _attempts(dice: Dice, change: Change, place: int, at: datetime) -> tuple[Attempt, ...]:
    chance = dice.random("run", change.id, place)
    retries = chance.choice((2, 3, 5)) if change.repository.flaky and chance.random() < 0.7 else int(chance.random() < FLAKY)
    broken = retries == 0 and place != 15 and chance.random() < 0.12
    found, started = [], at + timedelta(seconds=14)
    for number in range(retries + 1):
        finished = started + timedelta(minutes=chance.randint(3, 26), seconds=chance.randint(0, 59))
        last = number == retries
        found.append(Attempt(started, finished, "failure" if broken or not last else "success"))
        started = finished + timedelta(minutes=chance.randint(2, 40))
    return tuple(found)


def run_object(objects: Objects, run: Run, now: datetime) -> dict[str, Any]:
    """A run as the list has it, in the state of `now`. Its pull request stands there only while it is open."""
    change, number = run.change, run.attempt(now)
    attempt = run.attempts[number - 1]
    done = attempt.finished <= now
    actor = dict(COPILOT) if run.event == "dynamic" else objects.author(change, now)
    closed = change.closed is not None and change.closed <= now
    link = {"id": change.id, "number": change.number, "head": {"ref": change.branch, "sha": run.sha}, "base": {"ref": "main"}}
    name = change.repository.full_name
    return {
        "id": run.id,
        "name": "Copilot cloud agent" if run.event == "dynamic" else "CI",
        "node_id": f"WFR_{run.id:x}",
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": run.path,
        "display_title": f"{CONTENT} title",
        "run_number": run.id % 100_000,
        "event": run.event,
        "status": "completed" if done else "in_progress",
        "conclusion": attempt.conclusion if done else None,
        "workflow_id": 61_000_000 + (1 if run.event == "dynamic" else 0),
        "url": f"{API}/repos/{name}/actions/runs/{run.id}",
        "html_url": f"{WEB}/{name}/actions/runs/{run.id}",
        "logs_url": f"{API}/repos/{name}/actions/runs/{run.id}/logs",
        "pull_requests": [] if closed or run.event == "push" else [link],
        "created_at": stamp(run.created),
        "updated_at": stamp(min(attempt.finished, now)),
        "actor": actor,
        "run_attempt": number,
        "run_started_at": stamp(attempt.started),
        "triggering_actor": dict(ACTIONS) if number > 1 else actor,
        "head_commit": {"id": run.sha, "message": CONTENT, "author": {"name": CONTENT, "email": "someone@acme.example"}},
        "repository": {"id": change.repository.number, "full_name": name, "description": CONTENT},
        "head_repository": {"id": change.repository.number, "full_name": name, "description": CONTENT},
    }
