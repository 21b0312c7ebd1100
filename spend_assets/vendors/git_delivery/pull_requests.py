"""Pull requests that changed in a window, and what hangs on each: reviews, timeline and commits.

The list has no `since`: it is read newest change first until the window's start. A pull request stands on the UTC day of its last change
as the list had it, so one that changes again moves to a later day; its children carry the same day. The window that ends today also takes
what changed since midnight, so that after a run the newest state of everything is known.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.git_delivery.commits import commit_record
from spend_assets.vendors.git_delivery.records import evidence
from spend_assets.vendors.git_delivery.repositories import repositories
from spend_assets.vendors.git_delivery.routes import OF_STREAM, PULL, PULLS
from spend_assets.vendors.git_delivery.scope import Repository, Scope, naming, newest_first
from spend_assets.vendors.records import HeldRecords, decode_leniently

TIMELINE_EVENTS = frozenset(
    {
        *("ready_for_review", "convert_to_draft", "converted_to_draft", "review_requested", "review_request_removed"),
        *("reopened", "closed", "merged", "head_ref_force_pushed", "copilot_work_started", "copilot_work_finished"),
    }
)
"""What a timeline is read for. Everything else on it, comments above all, is left out before it is landed."""


class PullRef(msgspec.Struct, frozen=True):
    id: int
    number: int
    updated_at: datetime


class _Event(msgspec.Struct):
    event: str | None = None


Added = Mapping[str, str | int]
Child = Callable[[msgspec.Raw, Added, date], bytes | None]


def fetch_pull_requests(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per pull request, open and closed, in full: the single object alone tells size and who merged."""
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            with naming(repository):
                for day, pull in _changed(scope, repository, window):
                    record = scope.one(PULL, {**repository.values, "number": str(pull.number)}, day)
                    if record is not None:
                        held.add(evidence(record, {"repository": repository.full_name}, day))
        held.emit(sink)
    return Outcome("data", params=_params(window))


def fetch_reviews(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per review of each pull request."""
    return _children(scope, "reviews", window, sink, evidence)


def fetch_timeline(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per event of TIMELINE_EVENTS of each pull request."""

    def child(record: msgspec.Raw, added: Added, day: date) -> bytes | None:
        return evidence(record, added, day) if decode_leniently(record, _Event).event in TIMELINE_EVENTS else None

    return _children(scope, "pr_timeline", window, sink, child)


def fetch_commits(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per commit of each pull request, of which GitHub lists 250 at most; the pull request itself says how many there are."""
    return _children(scope, "pr_commits", window, sink, commit_record)


def _children(scope: Scope, stream: str, window: Window, sink: Sink, make: Child) -> Outcome:
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            with naming(repository):
                for day, pull in _changed(scope, repository, window):
                    values, added = {**repository.values, "number": str(pull.number)}, _added(repository, pull)
                    records = scope.items(OF_STREAM[stream], values, day, accept=(404,))
                    made = (make(record, added, day) for record in records)
                    for record in dict.fromkeys(record for record in made if record is not None):
                        held.add(record)
        held.emit(sink)
    return Outcome("data", params=_params(window))


def _changed(scope: Scope, repository: Repository, window: Window) -> list[tuple[date, PullRef]]:
    """The pull requests of a repository that are read for `window`, oldest change first, each with its day."""
    pulls = scope.shared("pulls", repository.full_name, window, lambda since: _list(scope, repository, window, since))
    found = [(day, pull) for pull in pulls if (day := scope.day_in(window, pull.updated_at)) is not None]
    return sorted(found, key=lambda found: (found[1].updated_at, found[1].number))


def _list(scope: Scope, repository: Repository, window: Window, since: datetime) -> list[PullRef]:
    params = {"state": "all", "sort": "updated", "direction": "desc"}
    records = scope.items(PULLS, repository.values, window.start, params=params)
    refs = (decode_leniently(record, PullRef) for record in records)
    newest: dict[int, PullRef] = {}
    for ref in newest_first(refs, lambda ref: ref.updated_at, since):
        if ref.id not in newest or newest[ref.id].updated_at < ref.updated_at:
            newest[ref.id] = ref
    return list(newest.values())


def _added(repository: Repository, pull: PullRef) -> dict[str, str | int]:
    return {
        "repository": repository.full_name,
        "pull_request_id": pull.id,
        "pull_request_number": pull.number,
        "pull_request_updated_at": pull.updated_at.isoformat(),
    }


def _params(window: Window) -> dict[str, str]:
    return {"updated_from": window.start.isoformat(), "updated_before": window.end.isoformat()}
