"""What `spend doctor` asks: one cheap request per stream, and whether the token may do more than it needs."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from spend_assets.answers import VendorError, Window
from spend_assets.settings import SettingsError
from spend_assets.vendors.git_delivery import routes
from spend_assets.vendors.git_delivery.agent_tasks import REFUSED, TaskPage
from spend_assets.vendors.git_delivery.deployments import DeploymentRef
from spend_assets.vendors.git_delivery.incidents import ISSUES_ARE_OFF
from spend_assets.vendors.git_delivery.pull_requests import PullRef
from spend_assets.vendors.git_delivery.repositories import repositories
from spend_assets.vendors.git_delivery.scope import Repository, Scope, naming
from spend_assets.vendors.git_delivery.workflow_runs import RunPage
from spend_assets.vendors.http import Answer, Route
from spend_assets.vendors.probes import Probe
from spend_assets.vendors.records import decode_leniently

NEEDED_SCOPES = frozenset({"repo", "public_repo", "read:org"})
ONE = {"per_page": "1"}


def probes(scope: Scope) -> Iterator[Probe]:
    """One Probe per configured stream, asked of the first repository that is not archived, then one for the token."""
    today = scope.today
    found: list[Repository] = []
    granted: str | None = None
    for stream in scope.streams:
        try:
            if stream == "repositories":
                listed = repositories(scope, Window(today - timedelta(days=1), today))
                found = sorted((repository for repository in listed if repository.there), key=lambda repository: repository.archived)
                yield _repositories(found, [repository.full_name for repository in listed if not repository.there])
            elif not found:
                yield Probe(stream, False, "not asked: no repository could be read")
            else:
                with naming(found[0]):
                    answer, probe = _ask(scope, stream, found[0], today)
                granted = granted or answer.headers.get("x-oauth-scopes")
                yield probe
        except (VendorError, SettingsError) as error:
            yield Probe(stream, False, str(error))
    if found and scope.source.delivery_token_env not in (None, scope.source.token_env):
        yield _token(scope, granted)


def _repositories(found: list[Repository], missing: list[str]) -> Probe:
    if missing:
        message = f"status 404 for {', '.join(missing[:10])}: correct `repositories` in spend.toml, or give the token access"
        return Probe("repositories", False, message)
    return Probe("repositories", bool(found), f"works: {len(found)} repositories" if found else "no repository matches `repositories`")


def _ask(scope: Scope, stream: str, repository: Repository, today: date) -> tuple[Answer[Any], Probe]:
    shown, values = repository.full_name, repository.values
    if stream == "agent_tasks":
        tasks = scope.client.ask(routes.AGENT_TASKS, values, TaskPage, params=ONE, day=today, accept=REFUSED)
        if tasks.value is None:
            name = scope.source.agent_tasks_token_env
            message = f"not available: status {tasks.status} for {shown}; the token in {name} lacks {routes.AGENT_TASKS.permission}"
            return Answer(tasks.status, {}), Probe(stream, None, message)
        return Answer(tasks.status, {}), Probe(stream, True, f"works, asked of {shown}")
    if stream == "workflow_runs":
        runs = scope.client.ask(routes.WORKFLOW_RUNS, values, RunPage, params=ONE, day=today)
        return runs, Probe(stream, True, f"works, {runs.value.total_count if runs.value else 0} runs in {shown}")
    if stream == "incidents":
        params = {**ONE, "labels": scope.source.incident_label, "state": "all"}
        issues = _list(scope, routes.ISSUES, values, today, params, ISSUES_ARE_OFF)
        if issues.status in ISSUES_ARE_OFF:
            return issues, Probe(stream, None, f"not available in {shown}: issues are switched off there")
        return issues, Probe(stream, True, f"works: label {scope.source.incident_label!r}, asked of {shown}")
    parent = _list(scope, routes.DEPLOYMENTS if stream.startswith("deployment") else routes.PULLS, values, today, _first(stream))
    child = _child(stream, parent)
    if child is None:
        return parent, Probe(stream, True, f"works, asked of {shown}" if stream in _PARENTS else f"works as far as {shown} can show")
    answer = _list(scope, routes.OF_STREAM[stream], {**values, **child}, today, ONE, (404, 409, 422) if "sha" in child else ())
    return answer, Probe(stream, True, f"works, asked of {shown}")


_PARENTS = ("pull_requests", "deployments")


def _first(stream: str) -> dict[str, str]:
    return ONE if stream.startswith("deployment") else {**ONE, "state": "all"}


def _child(stream: str, parent: Answer[list[msgspec.Raw]]) -> dict[str, str] | None:
    """What names the child of the first parent in its route, or None where none is to be asked."""
    if stream in _PARENTS or not parent.value:
        return None
    if stream.startswith("deployment"):
        deployment = decode_leniently(parent.value[0], DeploymentRef)
        return {"sha": deployment.sha} if stream == "deployment_pulls" else {"deployment_id": str(deployment.id)}
    return {"number": str(decode_leniently(parent.value[0], PullRef).number)}


def _list(
    scope: Scope, route: Route, values: Mapping[str, str], today: date, params: Mapping[str, str], accept: tuple[int, ...] = ()
) -> Answer[list[msgspec.Raw]]:
    return scope.client.ask(route, values, list[msgspec.Raw], params=params, day=today, accept=accept)


def _token(scope: Scope, granted: str | None) -> Probe:
    """A token of its own that is a classic one: which of its scopes are needed here."""
    name, title = scope.source.delivery_token_env, "delivery token"
    if granted is None:
        return Probe(title, True, f"{name}: a fine-grained or app token, its permissions cannot be read")
    broader = sorted({item.strip() for item in granted.split(",") if item.strip()} - NEEDED_SCOPES)
    if broader:
        return Probe(title, None, f"warning: {name} may do more than is needed ({', '.join(broader)}); repo is enough")
    return Probe(title, True, f"{name}: no scope beyond reading repositories is asked for (classic tokens cannot be narrower than repo)")
