"""GitHub's objects of delivery, as its REST reference shows them, in the state of an instant; with texts that a reader has to drop."""

from datetime import datetime, timedelta
from typing import Any

from spend_assets.sandbox.delivery_story import Change, Deployment, Incident, Review, Task
from spend_assets.sandbox.delivery_world import HANDBOOK, Repository
from spend_assets.sandbox.identities import BOT_ID
from spend_assets.sandbox.world import World

API = "https://api.github.com"
WEB = "https://github.com"
COPILOT = {"login": "Copilot", "id": 198_982_749, "node_id": "BOT_c198982749", "type": "Bot", "site_admin": False}
REVIEWER = {"login": "copilot-pull-request-reviewer[bot]", "id": 175_728_472, "node_id": "BOT_c175728472", "type": "Bot"}
AGENTS = {"login": "acme-agents[bot]", "id": 187_204_551, "node_id": "BOT_c187204551", "type": "Bot", "site_admin": False}
DEPENDABOT = {"login": "dependabot[bot]", "id": 49_699_333, "node_id": "BOT_c49699333", "type": "Bot", "site_admin": False}
ACTIONS = {"login": "github-actions[bot]", "id": BOT_ID, "node_id": "BOT_c41898282", "type": "Bot", "site_admin": False}
BOTS = {"workflow": AGENTS, "dependencies": DEPENDABOT}
"""Who opens a pull request of a kind, where it is no person."""
COPILOT_ADDRESS = "198982749+Copilot@users.noreply.github.com"
CONTENT = "do-not-keep"
"""Stands in every text that is content; a reader that keeps content is found by it."""


def stamp(instant: datetime | None) -> str | None:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


class Objects:
    """`newer` says whether the answer is in the shape of API version 2026-03-10."""

    def __init__(self, world: World):
        self._world = world

    def user(self, account: int | None, now: datetime, nobody: dict[str, Any] | None = None) -> dict[str, Any]:
        if account is None:
            return dict(nobody or DEPENDABOT)
        known = self._world.identities.accounts[account]
        login = known.login_on(now.date())
        return {
            "login": login,
            "id": known.user_id,
            "node_id": f"U_{known.user_id:x}",
            "avatar_url": f"https://avatars.githubusercontent.com/u/{known.user_id}?v=4",
            "url": f"{API}/users/{login}",
            "html_url": f"{WEB}/{login}",
            "type": "User",
            "site_admin": False,
        }

    def author(self, change: Change, now: datetime) -> dict[str, Any]:
        return dict(COPILOT) if change.kind == "agent" else self.user(change.account, now, BOTS.get(change.kind))

    def repository(self, repository: Repository) -> dict[str, Any]:
        return {
            "id": repository.number,
            "node_id": f"R_{repository.number:x}",
            "name": repository.name,
            "full_name": repository.full_name,
            "private": True,
            "visibility": "private",
            "owner": {"login": repository.org, "id": 9_000_000 + len(repository.org), "type": "Organization"},
            "html_url": f"{WEB}/{repository.full_name}",
            "url": f"{API}/repos/{repository.full_name}",
            "pulls_url": f"{API}/repos/{repository.full_name}/pulls{{/number}}",
            "description": f"{CONTENT} what {repository.name} is for",
            "homepage": None,
            "fork": False,
            "archived": repository.name == HANDBOOK,
            "default_branch": "main",
            "created_at": stamp(repository.created),
            "pushed_at": stamp(repository.created + timedelta(days=90)),
            "updated_at": stamp(repository.created + timedelta(days=90)),
        }

    def pull_request(self, change: Change, now: datetime, newer: bool, *, whole: bool) -> dict[str, Any]:
        """As in the list; `whole` adds what only the single object has."""
        closed = change.closed if change.closed and change.closed <= now else None
        merged = closed if change.merged else None
        label = self._world.dice.number("label", change.id) % 3
        pull: dict[str, Any] = {
            "url": f"{API}/repos/{change.repository.full_name}/pulls/{change.number}",
            "id": change.id,
            "node_id": f"PR_{change.id:x}",
            "html_url": f"{WEB}/{change.repository.full_name}/pull/{change.number}",
            "diff_url": f"{WEB}/{change.repository.full_name}/pull/{change.number}.diff",
            "number": change.number,
            "state": "closed" if closed else "open",
            "locked": False,
            "title": f"{CONTENT} title of {change.branch}",
            "user": self.author(change, now),
            "body": f"{CONTENT} body",
            "labels": [{"id": 5_001 + label, "name": ("feature", "bug", "docs")[label], "description": CONTENT, "color": "0e8a16"}],
            "milestone": {"number": 3, "title": CONTENT, "description": CONTENT} if label == 1 else None,
            "active_lock_reason": None,
            "created_at": stamp(change.created),
            "updated_at": stamp(change.updated_at(now)),
            "closed_at": stamp(closed),
            "merged_at": stamp(merged),
            "merge_commit_sha": change.sha if merged else change.repository_sha("test merge"),
            "assignee": None,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "head": self._branch(change.repository, change.branch, self._head(change, now)),
            "base": self._branch(change.repository, "main", change.repository_sha("base")),
            "author_association": "CONTRIBUTOR" if change.account is None else "MEMBER",
            "auto_merge": None,
            "draft": bool(change.ready and change.ready > now and not merged),
            "_links": {"self": {"href": f"{API}/repos/{change.repository.full_name}/pulls/{change.number}"}},
        }
        if newer:
            del pull["merge_commit_sha"], pull["assignee"]
        if whole:
            reviewers = [review.account for review in change.reviews if review.state == "APPROVED" and review.at <= now]
            pull |= {
                "merged": merged is not None,
                "mergeable": None if closed else True,
                "merged_by": self.user(reviewers[-1] if reviewers else change.account, now, ACTIONS) if merged else None,
                "comments": len(change.reviews),
                "review_comments": 2 * len(change.reviews),
                "commits": sum(at <= now for at in change.commits),
                "additions": change.lines[0],
                "deletions": change.lines[1],
                "changed_files": change.lines[2],
            }
        return pull

    def _branch(self, repository: Repository, ref: str, sha: str) -> dict[str, Any]:
        return {"label": f"{repository.org}:{ref}", "ref": ref, "sha": sha, "repo": self.repository(repository)}

    @staticmethod
    def _head(change: Change, now: datetime) -> str:
        return change.repository_sha(max(sum(at <= now for at in change.commits) - 1, 0))

    def review(self, change: Change, place: int, review: Review, now: datetime) -> dict[str, Any]:
        return {
            "id": change.id * 16 + place,
            "node_id": f"PRR_{change.id * 16 + place:x}",
            "user": self.user(review.account, now, REVIEWER),
            "body": f"{CONTENT} review",
            "state": review.state,
            "html_url": f"{WEB}/{change.repository.full_name}/pull/{change.number}#pullrequestreview-{place}",
            "pull_request_url": f"{API}/repos/{change.repository.full_name}/pulls/{change.number}",
            "author_association": "MEMBER",
            "submitted_at": stamp(review.at),
            "commit_id": change.repository_sha(max(sum(at <= review.at for at in change.commits) - 1, 0)),
        }

    def timeline(self, change: Change, now: datetime) -> list[dict[str, Any]]:
        """In the order of time; comments, commits and reviews stand among the events."""
        author = self.author(change, now)
        events: list[tuple[datetime, dict[str, Any]]] = []

        def add(at: datetime | None, name: str, actor: dict[str, Any], **more: Any) -> None:
            if at is not None and at <= now:
                event = {"node_id": f"E_{name}", "url": f"{API}/events", "actor": actor, "event": name, "commit_id": None}
                events.append((at, {**event, "created_at": stamp(at), "performed_via_github_app": None, **more}))

        for place, at in enumerate(change.commits):
            if at <= now:
                sha = change.repository_sha(place)
                events.append((at, {"event": "committed", "sha": sha, "message": CONTENT, "author": {"date": stamp(at)}}))
        if change.reviews and change.reviews[0].account is not None:
            reviewer = self.user(change.reviews[0].account, now)
            add(change.ready or change.created, "review_requested", author, requested_reviewer=reviewer, review_requester=author)
        if change.kind in ("agent", "automation"):
            add(change.created + timedelta(seconds=9), "copilot_work_started", dict(COPILOT))
        add(change.ready, "ready_for_review", self.user(change.account, now))
        add(change.force_pushed, "head_ref_force_pushed", author)
        add(change.created + timedelta(minutes=7), "commented", author, body=f"{CONTENT} comment", user=author)
        for review in change.reviews:
            if review.at <= now:
                at = review.at
                told = {
                    "event": "reviewed",
                    "user": self.user(review.account, now, REVIEWER),
                    "body": CONTENT,
                    "submitted_at": stamp(at),
                }
                events.append((at, told))
        if change.merged:
            add(change.closed, "merged", self.user(change.account, now, ACTIONS), commit_id=change.sha)
        add(change.closed, "closed", self.user(change.account, now, ACTIONS))
        events.sort(key=lambda event: event[0])
        return [{"id": change.id * 64 + place, **event} for place, (_, event) in enumerate(events)]

    def commit(self, change: Change, place: int, at: datetime, now: datetime) -> dict[str, Any]:
        helped = change.helped and place == len(change.commits) - 1
        agent = change.kind in ("agent", "automation") or helped
        rewritten = change.rewritten_by is not None and place == len(change.commits) - 1
        person = self.user(change.rewritten_by if rewritten else change.account, now, BOTS.get(change.kind))
        words = [f"{CONTENT} what commit {place} does", ""]
        if agent:
            session = change.repository_sha("session")
            words += [f"Agent-Logs-Url: {WEB}/{change.repository.full_name}/sessions/{session[:8]}-{session[8:12]}"]
            words += [f"Co-authored-by: {person['login']} <{person['id']}+{person['login']}@users.noreply.github.com>"]
        elif self._world.dice.fraction("cli agent", change.id, place) < 0.07:
            words += ["Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>"]
        author = dict(COPILOT) if agent else person
        address = COPILOT_ADDRESS if agent else f"{person['id']}+{person['login']}@users.noreply.github.com"
        signature = {"name": f"{CONTENT} name", "email": address, "date": stamp(at)}
        sha = change.repository_sha(place)
        return {
            "sha": sha,
            "node_id": f"C_{sha[:12]}",
            "commit": {
                "author": signature,
                "committer": {**signature, "name": "GitHub", "email": "noreply@github.com"},
                "message": "\n".join(words),
                "comment_count": 0,
                "verification": {"verified": agent, "reason": "valid" if agent else "unsigned", "payload": CONTENT},
            },
            "url": f"{API}/repos/{change.repository.full_name}/commits/{sha}",
            "html_url": f"{WEB}/{change.repository.full_name}/commit/{sha}",
            "author": author,
            "committer": {"login": "web-flow", "id": 19_864_447, "type": "User"},
            "parents": [{"sha": change.repository_sha(place - 1 if place else "base")}],
        }

    def deployment(self, deployment: Deployment, now: datetime) -> dict[str, Any]:
        change = deployment.change
        shown = {
            "url": f"{API}/repos/{change.repository.full_name}/deployments/{deployment.id}",
            "id": deployment.id,
            "node_id": f"DE_{deployment.id:x}",
            "sha": change.sha,
            "ref": "main",
            "task": "deploy",
            "payload": {"token": CONTENT},
            "original_environment": deployment.environment,
            "environment": deployment.environment,
            "description": CONTENT,
            "creator": dict(ACTIONS),
            "created_at": stamp(deployment.created),
            "updated_at": stamp(min(deployment.finished, now)),
            "statuses_url": f"{API}/repos/{change.repository.full_name}/deployments/{deployment.id}/statuses",
            "repository_url": f"{API}/repos/{change.repository.full_name}",
            "performed_via_github_app": None,
        }
        if change.repository.says_production:
            shown |= {"transient_environment": False, "production_environment": deployment.environment == "production"}
        return shown

    def statuses(self, deployment: Deployment, now: datetime) -> list[dict[str, Any]]:
        """Newest first, as GitHub lists them."""
        told = [
            (deployment.created, "queued"),
            (deployment.created + timedelta(seconds=11), "in_progress"),
            (deployment.finished, deployment.outcome),
            (deployment.inactive, "inactive"),
        ]
        name, found = deployment.change.repository.full_name, []
        for place, (at, state) in enumerate(told):
            if at is not None and at <= now:
                status = {
                    "url": f"{API}/repos/{name}/deployments/{deployment.id}/statuses/{place}",
                    "id": deployment.id * 8 + place,
                    "node_id": f"DES_{deployment.id * 8 + place:x}",
                    "state": state,
                    "creator": dict(ACTIONS),
                    "description": CONTENT,
                    "environment": deployment.environment,
                    "target_url": f"https://ci.acme.example/{deployment.id}?signature={CONTENT}",
                    "log_url": f"https://ci.acme.example/{deployment.id}?signature={CONTENT}",
                    "created_at": stamp(at),
                    "updated_at": stamp(at),
                    "performed_via_github_app": None,
                }
                found.append(status)
        return found[::-1]

    def incident(self, repository: Repository, incident: Incident, now: datetime) -> dict[str, Any]:
        closed = incident.closed if incident.closed and incident.closed <= now else None
        return {
            "url": f"{API}/repos/{repository.full_name}/issues/{incident.number}",
            "id": incident.id,
            "node_id": f"I_{incident.id:x}",
            "number": incident.number,
            "title": f"{CONTENT} what is down",
            "user": self.user(incident.account, now),
            "labels": [{"id": 77, "name": "incident", "description": CONTENT}, {"id": 78, "name": "sev2", "description": None}],
            "state": "closed" if closed else "open",
            "state_reason": "completed" if closed else None,
            "assignees": [],
            "milestone": None,
            "comments": 3,
            "created_at": stamp(incident.created),
            "updated_at": stamp(incident.updated_at(now)),
            "closed_at": stamp(closed),
            "author_association": "MEMBER",
            "body": f"{CONTENT} what happened",
        }

    def task(self, repository: Repository, task: Task, changes: dict[int, Change], now: datetime, *, whole: bool) -> dict[str, Any]:
        """As in the list; `whole` adds the sessions with what they used."""
        seen = [session for session in task.sessions if session.created <= now]
        artifacts: list[dict[str, Any]] = [
            {"provider": "github", "type": "pull", "data": {"id": changes[key].id, "global_id": f"PR_{changes[key].id:x}"}}
            for key in task.changes
            if changes[key].created <= now
        ]
        branch = changes[task.changes[-1]].branch if task.changes else task.branch
        artifacts.append({"provider": "github", "type": "branch", "data": {"head_ref": branch, "base_ref": "main"}})
        creator = {"id": self._world.identities.accounts[task.account].user_id}
        working = bool(seen) and seen[-1].completed > now
        shown: dict[str, Any] = {
            "id": task.id,
            "url": f"{API}/agents/repos/{repository.full_name}/tasks/{task.id}",
            "html_url": f"{WEB}/{repository.full_name}/tasks/{task.id}",
            "name": f"{CONTENT} what the task is about",
            "creator": creator,
            "creator_type": "user",
            "user_collaborators": [],
            "owner": {"id": 9_000_000 + len(repository.org)},
            "repository": {"id": repository.number},
            "state": "queued" if not seen else "in_progress" if working else seen[-1].state,
            "session_count": len(seen),
            "artifacts": artifacts,
            "archived_at": stamp(task.archived) if task.archived and task.archived <= now else None,
            "updated_at": stamp(task.updated_at(now)),
            "created_at": stamp(task.created),
        }
        if whole:
            shown["sessions"] = []
            for session in seen:
                done = session.completed <= now
                told: dict[str, Any] = {
                    "id": session.id,
                    "name": CONTENT,
                    "user": creator,
                    "task_id": task.id,
                    "state": session.state if done else "in_progress",
                    "created_at": stamp(session.created),
                    "updated_at": stamp(min(session.completed, now)),
                    "prompt": f"{CONTENT} the whole prompt",
                    "head_ref": branch,
                    "base_ref": "main",
                    "model": "claude-sonnet-4.6",
                }
                if done:
                    told |= {"completed_at": stamp(session.completed), "usage": {"type": "ai_credits", "amount": session.nano_credits}}
                    told |= {"error": {"message": CONTENT}} if session.state == "failed" else {}
                shown["sessions"].append(told)
        return shown
