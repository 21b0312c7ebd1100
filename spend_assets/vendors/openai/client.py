"""OpenAI as a vendor: every stream of one account through one call."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.settings import Limits, OpenAISource, read_secret
from spend_assets.vendors.bodies import BoundBroken
from spend_assets.vendors.http import Credential, HttpClient, Route
from spend_assets.vendors.openai import routes
from spend_assets.vendors.openai.buckets import fetch_completions, fetch_costs, fetch_other_usage
from spend_assets.vendors.openai.codex import fetch_codex
from spend_assets.vendors.openai.directories import fetch_project_api_keys, fetch_projects, fetch_users
from spend_assets.vendors.openai.probe import probes
from spend_assets.vendors.openai.scope import Scope
from spend_assets.vendors.probes import Probe

_FETCH: dict[str, Callable[[Scope, Window, Sink], Outcome]] = {
    "costs": fetch_costs,
    "usage_completions": fetch_completions,
    "usage_other": fetch_other_usage,
    "projects": fetch_projects,
    "project_api_keys": fetch_project_api_keys,
    "users": fetch_users,
    "codex_usage": fetch_codex,
}


class OpenAI:
    """One configured account. `fetch` is the answers.Fetch of its streams; keys are read from `env` at request time."""

    def __init__(
        self,
        source: OpenAISource,
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

        def client(base_url: str, served: tuple[Route, ...], credential: str, env_name: str) -> HttpClient:
            return HttpClient(
                account=source.account,
                base_url=base_url,
                routes=served,
                credentials={credential: _bearer(env_name, self._env)},
                limits=limits,
                now=self._now,
                sleep=self._sleep,
            )

        organization = client(source.base_url, routes.ORGANIZATION, routes.ADMIN, source.key_env)
        codex = None
        if source.codex_workspace and source.codex_key_env:
            codex = client(source.codex_base_url, (routes.CODEX_USAGE,), routes.CODEX, source.codex_key_env)
        return Scope(source, organization, codex, limits, self._now)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for: no Codex analytics without a workspace."""
        return self._scope.streams

    def fetch(self, stream: str, window: Window, sink: Sink) -> Outcome:
        """Ask `stream` for `window`. codex_usage takes one day; for snapshots it is only the day of observation.

        Raises ValueError for a stream or window that this account cannot be asked for, AccessDenied, VendorUnavailable
        and UnexpectedAnswer as answers.py has them, and SettingsError when a key's variable is empty.
        """
        scope = self._scope
        if stream not in scope.streams:
            raise ValueError(
                f"account {scope.source.account} is not configured for the stream {stream!r}; it has {', '.join(scope.streams)}"
            )
        problem = ""
        try:
            return _FETCH[stream](scope, window, sink)
        except BoundBroken as broken:
            problem = str(broken)
        except msgspec.ValidationError as invalid:
            problem = f"a record has another shape than documented: {invalid}"
        raise scope.http(stream).error(UnexpectedAnswer, scope.route(stream), problem, day=window.start)

    def probe(self) -> Iterator[Probe]:
        """For `spend doctor`: one cheap request per stream."""
        # A person waits for the answer: a limit that lasts is an answer too.
        scope = self._connect(self._limits.model_copy(update={"attempts": min(self._limits.attempts, 3), "retry_after_seconds": 10}))
        try:
            yield from probes(scope)
        finally:
            _close(scope)

    def close(self) -> None:
        _close(self._scope)


def _close(scope: Scope) -> None:
    scope.client.close()
    if scope.codex:
        scope.codex.close()


def _bearer(name: str, env: Mapping[str, str]) -> Credential:
    return Credential(name, lambda: {"Authorization": f"Bearer {read_secret(name, env)}"})
