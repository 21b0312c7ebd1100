"""Anthropic as a vendor: every stream of one account through one call."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.settings import AnthropicSource, Limits, read_secret
from spend_assets.vendors.anthropic import routes
from spend_assets.vendors.anthropic.analytics import fetch_analytics
from spend_assets.vendors.anthropic.probe import probes
from spend_assets.vendors.anthropic.reports import fetch_activity, fetch_buckets, fetch_claude_code, fetch_summary
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.anthropic.snapshots import fetch_directory, fetch_spend_limits
from spend_assets.vendors.bodies import BoundBroken
from spend_assets.vendors.http import Credential, HttpClient
from spend_assets.vendors.probes import Probe


class Anthropic:
    """One configured account. `fetch` is the answers.Fetch of its streams; the key is read from `env` at request time."""

    def __init__(
        self,
        source: AnthropicSource,
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
        client = HttpClient(
            account=source.account,
            base_url=source.base_url,
            routes=routes.ALL,
            credentials={routes.KEY: Credential(source.key_env, lambda: {"x-api-key": read_secret(source.key_env, self._env)})},
            limits=limits,
            now=self._now,
            headers=routes.HEADERS,
            sleep=self._sleep,
        )
        return Scope(source, client, limits, lambda: self._now().astimezone(UTC).date())

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for: those of its kind of organisation, and of one ledger only."""
        return self._scope.streams

    def fetch(self, stream: str, window: Window, sink: Sink) -> Outcome:
        """Ask `stream` for `window`: at most 31 days of usage and cost, one day of activity; for snapshots only the day of observation.

        Raises ValueError for a stream or window that this account cannot be asked for, AccessDenied, VendorUnavailable
        and UnexpectedAnswer as answers.py has them, and SettingsError when the key's variable is empty.
        """
        scope = self._scope
        if stream not in scope.streams:
            raise ValueError(
                f"account {scope.source.account} is not configured for the stream {stream!r}; it has {', '.join(scope.streams)}"
            )
        problem = ""
        try:
            if stream in ("analytics_cost", "analytics_usage"):
                return fetch_analytics(scope, stream, window, sink)
            if stream in ("cost_report", "usage_messages"):
                return fetch_buckets(scope, stream, window, sink)
            if stream in ("users", "workspaces", "api_keys"):
                return fetch_directory(scope, stream, window, sink)
            single = {
                "claude_code": fetch_claude_code,
                "analytics_users": fetch_activity,
                "analytics_summaries": fetch_summary,
                "spend_limits": fetch_spend_limits,
            }
            return single[stream](scope, window, sink)
        except BoundBroken as broken:
            problem = str(broken)
        except msgspec.ValidationError as invalid:
            problem = f"a record has another shape than documented: {invalid}"
        raise scope.client.error(UnexpectedAnswer, scope.route(stream), problem, day=window.start)

    def probe(self) -> Iterator[Probe]:
        """For `spend doctor`: one cheap request per stream."""
        # A person waits for the answer: a limit that lasts is an answer too.
        scope = self._connect(self._limits.model_copy(update={"attempts": min(self._limits.attempts, 3), "retry_after_seconds": 10}))
        try:
            yield from probes(scope)
        finally:
            scope.client.close()

    def close(self) -> None:
        self._scope.client.close()
