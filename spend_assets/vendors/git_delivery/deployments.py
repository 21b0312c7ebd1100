"""Deployments by the day they were created, their statuses, and the pull requests that brought the deployed commit."""

from datetime import datetime

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.git_delivery.records import evidence
from spend_assets.vendors.git_delivery.repositories import repositories
from spend_assets.vendors.git_delivery.routes import COMMIT_PULLS, DEPLOYMENT_STATUSES, DEPLOYMENTS
from spend_assets.vendors.git_delivery.scope import Repository, Scope, day_of, midnight, naming, newest_first
from spend_assets.vendors.records import HeldRecords, decode_leniently

NO_SUCH_COMMIT = (404, 409, 422)
"""A deployed commit may be gone (a force-pushed preview), and an empty repository has none."""
CONTENT = ("payload", "description")
"""What the contract drops is not kept in memory between streams either."""


class DeploymentRef(msgspec.Struct, frozen=True):
    id: int
    sha: str
    created_at: datetime
    record: bytes = b""


class PullOfCommit(msgspec.Struct):
    """`merge_commit_sha` is only sent by the version 2022-11-28."""

    id: int
    number: int
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None


def fetch_deployments(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per deployment. Its outcome stands in the statuses only."""
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            with naming(repository):
                for deployment in _created(scope, repository, window):
                    held.add(deployment.record)
        held.emit(sink)
    return Outcome("data", params=_params(window))


def fetch_statuses(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per status of each deployment that was created in the window, on the day of the deployment."""
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            with naming(repository):
                for deployment in _created(scope, repository, window):
                    values = {**repository.values, "deployment_id": str(deployment.id)}
                    added: dict[str, str | int] = {"repository": repository.full_name, "deployment_id": deployment.id}
                    records = scope.items(DEPLOYMENT_STATUSES, values, day_of(deployment.created_at), accept=(404,))
                    for record in dict.fromkeys(evidence(record, added, day_of(deployment.created_at)) for record in records):
                        held.add(record)
        held.emit(sink)
    return Outcome("data", params=_params(window))


def fetch_deployment_pulls(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per deployment and pull request that brought its commit, which works in every version of the API.

    Those are the pull requests of the deployed commit itself, not those that were merged between two deployments.
    """
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            asked: dict[str, list[PullOfCommit]] = {}
            with naming(repository):
                for deployment in _created(scope, repository, window):
                    if deployment.sha not in asked:
                        asked[deployment.sha] = _pulls_of(scope, repository, deployment)
                    for pull in asked[deployment.sha]:
                        held.add(_relation(repository, deployment, pull))
        held.emit(sink)
    return Outcome("data", params=_params(window))


def _pulls_of(scope: Scope, repository: Repository, deployment: DeploymentRef) -> list[PullOfCommit]:
    values = {**repository.values, "sha": deployment.sha}
    records = scope.items(COMMIT_PULLS, values, day_of(deployment.created_at), accept=NO_SUCH_COMMIT)
    pulls = [decode_leniently(record, PullOfCommit) for record in records]
    return list({pull.id: pull for pull in pulls}.values())


def _relation(repository: Repository, deployment: DeploymentRef, pull: PullOfCommit) -> bytes:
    return msgspec.json.encode(
        {
            "day": day_of(deployment.created_at).isoformat(),
            "repository": repository.full_name,
            "deployment_id": deployment.id,
            "sha": deployment.sha,
            "pull_request_id": pull.id,
            "pull_request_number": pull.number,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_commit_sha,
        }
    )


def _created(scope: Scope, repository: Repository, window: Window) -> list[DeploymentRef]:
    """The deployments of a repository that were created in `window`, oldest first."""
    start, end = midnight(window.start), midnight(window.end)
    listed = scope.shared("deployments", repository.full_name, window, lambda since: _list(scope, repository, window, since))
    inside = (deployment for deployment in listed if start <= deployment.created_at < end)
    return sorted(inside, key=lambda deployment: (deployment.created_at, deployment.id))


def _list(scope: Scope, repository: Repository, window: Window, since: datetime) -> list[DeploymentRef]:
    records = scope.items(DEPLOYMENTS, repository.values, window.start)
    refs = (_ref(record, repository) for record in records)
    # The order is practice and not promised: newest_first reads a list to its end where it does not hold.
    return list({ref.id: ref for ref in newest_first(refs, lambda ref: ref.created_at, since)}.values())


def _ref(record: msgspec.Raw, repository: Repository) -> DeploymentRef:
    ref = decode_leniently(record, DeploymentRef)
    sent = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    without = msgspec.Raw(msgspec.json.encode({key: value for key, value in sent.items() if key not in CONTENT}))
    kept = evidence(without, {"repository": repository.full_name}, day_of(ref.created_at))
    return DeploymentRef(ref.id, ref.sha, ref.created_at, kept)


def _params(window: Window) -> dict[str, str]:
    return {"created_from": window.start.isoformat(), "created_before": window.end.isoformat()}
