"""Workflow runs by the day they were created. A filtered search shows a thousand at most, so busy repositories are asked in slices."""

from datetime import datetime, timedelta

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.git_delivery.records import evidence
from spend_assets.vendors.git_delivery.repositories import repositories
from spend_assets.vendors.git_delivery.routes import WORKFLOW_RUNS
from spend_assets.vendors.git_delivery.scope import Repository, Scope, day_of, midnight, naming
from spend_assets.vendors.link_pages import pages
from spend_assets.vendors.records import HeldRecords, decode_leniently

MOST_RESULTS = 1000
"""docs.github.com, list workflow runs for a repository: at most 1,000 results where `created` or another filter is given."""
SHORTEST = timedelta(minutes=1)
"""A minute with a thousand runs is marked, not sliced further."""
READS = 2
"""A list that shifted between two pages is read once more."""
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


class RunPage(msgspec.Struct):
    total_count: int
    workflow_runs: list[msgspec.Raw]


class _Run(msgspec.Struct):
    id: int
    created_at: datetime


def fetch_workflow_runs(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per run, in the state of its last attempt."""
    missing = []
    with HeldRecords(scope.limits) as held:
        for repository in repositories(scope, window):
            with naming(repository):
                missing += _slice(scope, repository, midnight(window.start), midnight(window.end), held)
        held.emit(sink)
    params = {"created_from": window.start.isoformat(), "created_before": window.end.isoformat()}
    return Outcome("data", complete=not missing, detail="; ".join(missing[:20]), params=params)


def _slice(scope: Scope, repository: Repository, start: datetime, end: datetime, held: HeldRecords) -> list[str]:
    """Hold the runs of [start, end). Returns what could not be had, in words."""
    found: dict[int, bytes] = {}
    total = 0
    for _ in range(READS):
        returned: set[int] = set()
        params = {"created": _between(start, end)}
        values, day = repository.values, start.date()
        for answer in pages(scope.client, WORKFLOW_RUNS, values, RunPage, lambda page: len(page.workflow_runs), day=day, params=params):
            page = answer.value or RunPage(0, [])
            total = page.total_count
            if total >= MOST_RESULTS and end - start > SHORTEST:
                middle = _middle(start, end)
                return [*_slice(scope, repository, start, middle, held), *_slice(scope, repository, middle, end, held)]
            for record in page.workflow_runs:
                run = decode_leniently(record, _Run)
                returned.add(run.id)
                if start <= run.created_at < end:
                    found[run.id] = evidence(record, {"repository": repository.full_name}, day_of(run.created_at))
        if len(returned) >= total:
            break
    for made in found.values():
        held.add(made)
    if len(returned) >= total:
        return []
    return [f"{repository.full_name} from {start:%Y-%m-%dT%H:%MZ}: {len(returned)} of {total} workflow runs could be had"]


def _middle(start: datetime, end: datetime) -> datetime:
    """The middle: a midnight where the slice is longer than a day, else a whole second."""
    middle = start + (end - start) / 2
    return middle.replace(hour=0, minute=0, second=0, microsecond=0) if end - start > DAY else middle.replace(microsecond=0)


def _between(start: datetime, end: datetime) -> str:
    """The filter `created`, both ends included: days where the slice is made of days, else instants to the second."""
    last = end - SECOND
    whole_days = start == midnight(start.date()) and end == midnight(end.date())
    shown = "%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M:%SZ"
    return f"{start:{shown}}..{last:{shown}}"
