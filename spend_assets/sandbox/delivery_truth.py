"""The answer key of delivery: what was opened, merged, deployed and used by the cloud agent, as of an instant."""

from datetime import datetime
from typing import NamedTuple

from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.schedule import FINAL


class PullTruth(NamedTuple):
    repository: str
    number: int
    id: int
    kind: str
    branch: str
    created: datetime
    updated: datetime
    closed: datetime | None
    merged: bool
    commits: int
    sha: str | None
    """Of the merge."""


class DeploymentTruth(NamedTuple):
    repository: str
    id: int
    environment: str
    created: datetime
    outcome: str
    """success, failure, error, or pending where it had not ended by then."""
    pull: int
    """Id of the pull request that it brought."""


class IncidentTruth(NamedTuple):
    repository: str
    id: int
    created: datetime
    closed: datetime | None


class TaskTruth(NamedTuple):
    repository: str
    id: str
    user_id: int
    created: datetime
    updated: datetime
    nano_credits: int
    pulls: tuple[int, ...]


class DeliveryTruth:
    def __init__(self, delivery: DeliveryWorld):
        self._delivery = delivery

    def pulls(self, as_of: datetime = FINAL) -> list[PullTruth]:
        found = []
        for change in self._delivery.changes():
            if change.created <= as_of:
                closed = change.closed if change.closed and change.closed <= as_of else None
                merged = closed is not None and change.merged
                found.append(
                    PullTruth(
                        repository=change.repository.full_name,
                        number=change.number,
                        id=change.id,
                        kind=change.kind,
                        branch=change.branch,
                        created=change.created,
                        updated=change.updated_at(as_of),
                        closed=closed,
                        merged=merged,
                        commits=sum(at <= as_of for at in change.commits),
                        sha=change.sha if merged else None,
                    )
                )
        return found

    def deployments(self, as_of: datetime = FINAL) -> list[DeploymentTruth]:
        return [
            DeploymentTruth(
                repository.full_name,
                deployment.id,
                deployment.environment,
                deployment.created,
                deployment.outcome if deployment.finished <= as_of else "pending",
                deployment.change.id,
            )
            for repository in self._delivery.repositories
            for deployment in self._delivery.history(repository).deployments
            if deployment.created <= as_of
        ]

    def incidents(self, as_of: datetime = FINAL) -> list[IncidentTruth]:
        return [
            IncidentTruth(
                repository.full_name,
                incident.id,
                incident.created,
                incident.closed if incident.closed and incident.closed <= as_of else None,
            )
            for repository in self._delivery.repositories
            for incident in self._delivery.history(repository).incidents
            if incident.created <= as_of
        ]

    def tasks(self, as_of: datetime = FINAL) -> list[TaskTruth]:
        """`nano_credits` of the sessions that had ended by then."""
        found = []
        accounts = self._delivery.world.identities.accounts
        for repository in self._delivery.repositories:
            history = self._delivery.history(repository)
            ids = {change.key: change.id for change in history.changes if change.created <= as_of}
            for task in history.tasks:
                if task.created <= as_of:
                    used = sum(session.nano_credits for session in task.sessions if session.completed <= as_of)
                    pulls = tuple(ids[key] for key in task.changes if key in ids)
                    user = accounts[task.account].user_id
                    found.append(TaskTruth(repository.full_name, task.id, user, task.created, task.updated_at(as_of), used, pulls))
        return found
