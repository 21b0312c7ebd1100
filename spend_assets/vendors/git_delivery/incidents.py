"""Incidents: issues with the account's incident label, on the UTC day of their last change. Pull requests on the list are none."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.git_delivery.records import evidence
from spend_assets.vendors.git_delivery.repositories import repositories
from spend_assets.vendors.git_delivery.routes import ISSUES
from spend_assets.vendors.git_delivery.scope import Repository, Scope, naming
from spend_assets.vendors.records import HeldRecords, decode_leniently

CONTENT = ("title", "body", "milestone")
"""What the contract drops is not kept in memory between windows either."""
ISSUES_ARE_OFF = (410,)


class _Issue(msgspec.Struct):
    id: int
    updated_at: datetime
    pull_request: dict[str, msgspec.Raw] | None = None


@dataclass(frozen=True)
class _Incident:
    updated_at: datetime
    record: msgspec.Raw


def fetch_incidents(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per incident. A repository without issues has none."""
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            with naming(repository):
                for incident in _changed_since(scope, repository, window):
                    day = scope.day_in(window, incident.updated_at)
                    if day is not None:
                        held.add(evidence(incident.record, {"repository": repository.full_name}, day))
        held.emit(sink)
    params = {"updated_from": window.start.isoformat(), "updated_before": window.end.isoformat(), "label": scope.source.incident_label}
    return Outcome("data", params=params)


def _changed_since(scope: Scope, repository: Repository, window: Window) -> list[_Incident]:
    return scope.shared("incidents", repository.full_name, window, lambda since: _list(scope, repository, window, since))


def _list(scope: Scope, repository: Repository, window: Window, since: datetime) -> list[_Incident]:
    params = {"labels": scope.source.incident_label, "state": "all", "since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "sort": "updated"}
    # Newest first: what changes while the pages are read moves to the front and pushes others back, so that none is skipped.
    found: dict[int, _Incident] = {}
    for record in scope.items(ISSUES, repository.values, window.start, params={**params, "direction": "desc"}, accept=ISSUES_ARE_OFF):
        issue = decode_leniently(record, _Issue)
        if issue.pull_request is None:
            sent = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
            kept = msgspec.json.encode({key: value for key, value in sent.items() if key not in CONTENT})
            found.setdefault(issue.id, _Incident(issue.updated_at, msgspec.Raw(kept)))
    return list(found.values())
