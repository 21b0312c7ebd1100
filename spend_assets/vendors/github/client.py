"""GitHub Copilot as a vendor: every stream of one account through one call."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.settings import GitHubSource, Limits, read_secret
from spend_assets.vendors.bodies import BoundBroken
from spend_assets.vendors.github import routes
from spend_assets.vendors.github.billing import fetch_export, fetch_usage_summary
from spend_assets.vendors.github.probe import probes
from spend_assets.vendors.github.reports import fetch_report
from spend_assets.vendors.github.scope import Scope
from spend_assets.vendors.github.snapshots import fetch_seats, fetch_team_members, fetch_teams
from spend_assets.vendors.http import Credential, HttpClient
from spend_assets.vendors.probes import Probe


class GitHubCopilot:
    """One configured account. `fetch` is the answers.Fetch of its streams; tokens are read from `env` at request time."""

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
        names = {routes.TOKEN: source.token_env}
        if source.billing_token_env:
            names[routes.BILLING] = source.billing_token_env
        client = HttpClient(
            account=source.account,
            base_url=source.base_url,
            routes=routes.ALL,
            credentials={key: _bearer(name, self._env) for key, name in names.items()},
            limits=limits,
            now=self._now,
            headers=routes.HEADERS,
            download_patterns=(*routes.DOWNLOAD_HOSTS, *source.download_hosts),
            sleep=self._sleep,
        )
        return Scope(source, client, limits)

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for: no billing streams without a billing token, no exports for an organisation."""
        return self._scope.streams

    def fetch(self, stream: str, window: Window, sink: Sink) -> Outcome:
        """Ask `stream` for `window`. Day streams take one day, exports at most 31; for snapshots it is only the day of observation.

        Raises ValueError for a stream or window that this account cannot be asked for, AccessDenied, VendorUnavailable
        and UnexpectedAnswer as answers.py has them, and SettingsError when a token's variable is empty.
        """
        scope = self._scope
        if stream not in scope.streams:
            raise ValueError(
                f"account {scope.source.account} is not configured for the stream {stream!r}; it has {', '.join(scope.streams)}"
            )
        problem = ""
        try:
            if stream in ("user_days", "user_28_days", "user_teams"):
                return fetch_report(scope, stream, window, sink)
            if stream in ("ai_credit_report", "billing_report"):
                return fetch_export(scope, stream, window, sink)
            single = {
                "seats": fetch_seats,
                "teams": fetch_teams,
                "team_members": fetch_team_members,
                "ai_credit_usage": fetch_usage_summary,
            }
            return single[stream](scope, window, sink)
        except BoundBroken as broken:
            problem = str(broken)
        except msgspec.ValidationError as invalid:
            problem = f"a record has another shape than documented: {invalid}"
        raise scope.client.error(UnexpectedAnswer, scope.route(stream), problem, day=window.start)

    def probe(self) -> Iterator[Probe]:
        """For `spend doctor`: one cheap request per stream, then one Probe per token on what it may do beyond its task."""
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
