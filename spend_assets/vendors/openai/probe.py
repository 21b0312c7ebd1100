"""What `spend doctor` asks: one cheap request per stream."""

from collections.abc import Iterator
from datetime import timedelta

from spend_assets.answers import VendorError, Window
from spend_assets.settings import SettingsError
from spend_assets.vendors.openai import routes
from spend_assets.vendors.openai.buckets import Page, unix_range
from spend_assets.vendors.openai.codex import HIDDEN, CodexPage
from spend_assets.vendors.openai.directories import WITH_ARCHIVED, Item, ListPage
from spend_assets.vendors.openai.scope import Scope
from spend_assets.vendors.probes import Probe
from spend_assets.vendors.records import decode_leniently

SETTLED_DAYS = 3
"""A day of this age is told, so that its absence means something."""


def probes(scope: Scope) -> Iterator[Probe]:
    """One Probe per configured stream."""
    for stream in scope.streams:
        try:
            if stream == "codex_usage":
                yield _codex(scope)
            elif stream in ("costs", "usage_completions", "usage_other"):
                yield _report(scope, stream)
            else:
                yield _directory(scope, stream)
        except (VendorError, SettingsError) as error:
            yield Probe(stream, False, str(error))


def _day(scope: Scope) -> Window:
    return Window.of_day(scope.today - timedelta(days=SETTLED_DAYS))


def _report(scope: Scope, stream: str) -> Probe:
    window = _day(scope)
    params = {**unix_range(window), "bucket_width": "1d", "limit": "1"}
    answer = scope.client.ask(scope.route(stream), {}, Page, params=params, day=window.start)
    if answer.value is None or not answer.value.data:
        return Probe(stream, False, f"status {answer.status} without a bucket for {window.start}; ask OpenAI's support")
    told = "something" if any(bucket.results for bucket in answer.value.data) else "nothing"
    return Probe(stream, True, f"works: {told} on {window.start}")


def _directory(scope: Scope, stream: str) -> Probe:
    day = scope.today
    values: dict[str, str] = {}
    if stream == "project_api_keys":
        first = scope.client.ask(routes.PROJECTS, {}, ListPage, params={"limit": "1"}, day=day).value
        if first is None or not first.data:
            return Probe(stream, True, "works: no project that is not archived")
        values = {"project_id": decode_leniently(first.data[0], Item).id}
    params = {"limit": "1", **(WITH_ARCHIVED if stream == "projects" else {})}
    answer = scope.client.ask(scope.route(stream), values, ListPage, params=params, day=day)
    return Probe(stream, True, "works" if answer.value and answer.value.data else "works: the list is empty")


def _codex(scope: Scope) -> Probe:
    window = _day(scope)
    values = {"workspace_id": scope.source.codex_workspace or ""}
    params = {**unix_range(window), "group_by": "day"}
    answer = scope.http("codex_usage").ask(routes.CODEX_USAGE, values, CodexPage, params=params, day=window.start, accept=HIDDEN)
    if answer.status in HIDDEN:
        return Probe("codex_usage", None, f"not available: the key lacks {routes.CODEX_USAGE.permission}")
    return Probe("codex_usage", True, f"works: {len(answer.value.data) if answer.value else 0} records of {window.start}")
