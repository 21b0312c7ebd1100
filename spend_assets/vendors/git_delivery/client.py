"""Delivery evidence as a vendor: every stream of one GitHub account through one call."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.settings import GitHubSource, Limits, read_secret
from spend_assets.vendors.bodies import BoundBroken
from spend_assets.vendors.git_delivery import routes
from spend_assets.vendors.git_delivery.agent_tasks import fetch_agent_tasks
from spend_assets.vendors.git_delivery.deployments import fetch_deployment_pulls, fetch_deployments, fetch_statuses
from spend_assets.vendors.git_delivery.incidents import fetch_incidents
from spend_assets.vendors.git_delivery.probe import probes
from spend_assets.vendors.git_delivery.pull_requests import fetch_commits, fetch_pull_requests, fetch_reviews, fetch_timeline
from spend_assets.vendors.git_delivery.repositories import fetch_repositories
from spend_assets.vendors.git_delivery.scope import Scope
from spend_assets.vendors.git_delivery.workflow_runs import fetch_workflow_runs
from spend_assets.vendors.http import Credential, HttpClient
from spend_assets.vendors.probes import Probe

_FETCH: dict[str, Callable[[Scope, Window, Sink], Outcome]] = {
    "repositories": fetch_repositories,
    "pull_requests": fetch_pull_requests,
    "reviews": fetch_reviews,
    "pr_timeline": fetch_timeline,
    "pr_commits": fetch_commits,
    "deployments": fetch_deployments,
    "deployment_statuses": fetch_statuses,
    "deployment_pulls": fetch_deployment_pulls,
    "workflow_runs": fetch_workflow_runs,
    "incidents": fetch_incidents,
    "agent_tasks": fetch_agent_tasks,
}


class GitDelivery:
    """One configured GitHub account. It keeps the lists that streams of one run share, so one client serves a whole run best."""

    def __init__(
        self,
        source: GitHubSource,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        env: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._source, self._limits, self._now, self._env, self._sleep = source, limits, now, env, sleep
        self._scope = self._connect(limits)

    def _connect(self, limits: Limits) -> Scope:
        source = self._source
        names = {routes.TOKEN: source.delivery_token_env or source.token_env}
        if source.agent_tasks_token_env:
            names[routes.AGENT_TASKS_TOKEN] = source.agent_tasks_token_env
        client = HttpClient(
            account=source.account,
            base_url=source.base_url,
            routes=routes.ALL,
            credentials={key: _bearer(name, self._env) for key, name in names.items()},
            limits=limits,
            now=self._now,
            headers=routes.headers(source.delivery_api_version),
            sleep=self._sleep,
        )
        return Scope(source, client, limits, self._now)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for: none without `repositories`, agent tasks only with a token for them."""
        return self._scope.streams

    def fetch(self, stream: str, window: Window, sink: Sink) -> Outcome:
        """Ask `stream` for `window`; for the snapshot `repositories` it is only the day of observation.

        Raises ValueError for a stream that this account cannot be asked for, AccessDenied, VendorUnavailable and UnexpectedAnswer as
        answers.py has them, and SettingsError when a token's variable is empty.
        """
        scope = self._scope
        if stream not in scope.streams:
            raise ValueError(
                f"account {scope.source.account} is not configured for the stream {stream!r}; it has {', '.join(scope.streams) or 'none'}"
            )
        problem = ""
        try:
            return _FETCH[stream](scope, window, sink)
        except BoundBroken as broken:
            problem = str(broken)
        except msgspec.ValidationError as invalid:
            problem = f"a record has another shape than documented: {invalid}"
        raise scope.client.error(UnexpectedAnswer, routes.OF_STREAM[stream], problem, day=window.start)

    def probe(self) -> Iterator[Probe]:
        """For `spend doctor`: at most two cheap requests per stream, and what the token may do beyond its task."""
        # A person waits for the answer: a limit that lasts is an answer too.
        scope = self._connect(self._limits.model_copy(update={"attempts": min(self._limits.attempts, 3), "retry_after_seconds": 10}))
        try:
            yield from probes(scope, self._now().astimezone(UTC).date())
        finally:
            scope.client.close()

    def close(self) -> None:
        self._scope.client.close()


def _bearer(name: str, env: Mapping[str, str]) -> Credential:
    return Credential(name, lambda: {"Authorization": f"Bearer {read_secret(name, env)}"})
