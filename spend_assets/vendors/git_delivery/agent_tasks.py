"""Tasks of Copilot's cloud agent with their sessions, on the day of their last change: what ties credits to a pull request."""

from collections.abc import Iterator
from datetime import date, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.git_delivery.records import evidence
from spend_assets.vendors.git_delivery.repositories import repositories
from spend_assets.vendors.git_delivery.routes import AGENT_TASK, AGENT_TASKS
from spend_assets.vendors.git_delivery.scope import Repository, Scope, naming, newest_first
from spend_assets.vendors.link_pages import pages
from spend_assets.vendors.records import HeldRecords, decode_leniently

REFUSED = (401, 403, 404)
"""The endpoint is a preview, needs a kind of token that not everybody has, and a repository may have the agent switched off: no failure.
Where every repository refuses, the stream is not available; where some do, those have no tasks, and the detail names them."""


class TaskPage(msgspec.Struct):
    tasks: list[msgspec.Raw]


class TaskRef(msgspec.Struct, frozen=True):
    id: str
    created_at: datetime
    updated_at: datetime | None = None

    @property
    def changed_at(self) -> datetime:
        return self.updated_at or self.created_at


class _Refused(Exception):
    pass


def fetch_agent_tasks(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per task, with its sessions; usage in nano-credits (or premium requests, of sessions before June 2026)."""
    refused, asked = [], repositories(scope, window)
    params = {"updated_from": window.start.isoformat(), "updated_before": window.end.isoformat()}
    with HeldRecords(scope.limits) as held:
        for repository in asked:
            with naming(repository):
                try:
                    tasks = _changed(scope, repository, window)
                except _Refused as status:
                    refused.append(f"{repository.full_name} (status {status})")
                    continue
                for day, task in tasks:
                    record = scope.one(AGENT_TASK, {**repository.values, "task_id": task.id}, day)
                    if record is not None:
                        held.add(evidence(record, {"repository": repository.full_name}, day))
        if refused and len(refused) == len(asked):
            detail = f"agent tasks are refused for every repository, first {refused[0]}: the token in "
            detail += f"{scope.source.agent_tasks_token_env} lacks {AGENT_TASKS.permission}, or the preview is not on for this account"
            return Outcome("not_available", detail=detail, params=params)
        held.emit(sink)
    detail = f"agent tasks are refused for {len(refused)} of {len(asked)} repositories: {', '.join(refused[:10])}" if refused else ""
    return Outcome("data", detail=detail, params=params)


def _changed(scope: Scope, repository: Repository, window: Window) -> list[tuple[date, TaskRef]]:
    """The tasks of a repository that are read for `window`, oldest change first, each with its day."""
    tasks = scope.shared("agent_tasks", repository.full_name, window, lambda since: _list(scope, repository, window, since))
    found = [(day, task) for task in tasks if (day := scope.day_in(window, task.changed_at)) is not None]
    return sorted(found, key=lambda found: (found[1].changed_at, found[1].id))


def _list(scope: Scope, repository: Repository, window: Window, since: datetime) -> list[TaskRef]:
    """Archived tasks are left out unless they are asked for, so both are."""
    newest: dict[str, TaskRef] = {}
    for archived in ("false", "true"):
        refs = _refs(scope, repository, window, since, archived)
        for ref in newest_first(refs, lambda ref: ref.changed_at, since):
            if ref.id not in newest or newest[ref.id].changed_at < ref.changed_at:
                newest[ref.id] = ref
    return list(newest.values())


def _refs(scope: Scope, repository: Repository, window: Window, since: datetime, archived: str) -> Iterator[TaskRef]:
    params = {"sort": "updated_at", "direction": "desc", "since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "is_archived": archived}
    listed = pages(
        scope.client,
        AGENT_TASKS,
        repository.values,
        TaskPage,
        lambda page: len(page.tasks),
        day=window.start,
        params=params,
        accept=REFUSED,
    )
    for answer in listed:
        if answer.value is None:
            raise _Refused(str(answer.status))
        for record in answer.value.tasks:
            yield decode_leniently(record, TaskRef)
