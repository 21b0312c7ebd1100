"""Cursor as a vendor: every stream of one team through one call."""

import base64
import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.settings import CursorSource, Limits, read_secret
from spend_assets.vendors.bodies import BoundBroken
from spend_assets.vendors.cursor import routes
from spend_assets.vendors.cursor.activity import fetch_audit_logs, fetch_commits, fetch_daily_usage
from spend_assets.vendors.cursor.events import fetch_usage_events
from spend_assets.vendors.cursor.probe import probes
from spend_assets.vendors.cursor.scope import Scope
from spend_assets.vendors.cursor.team import fetch_groups, fetch_members, fetch_spend
from spend_assets.vendors.cursor.times import is_closed
from spend_assets.vendors.http import Credential, HttpClient
from spend_assets.vendors.probes import Probe

DATED = {
    "usage_events": (fetch_usage_events, 30),
    "daily_usage": (fetch_daily_usage, 30),
    "ai_code_commits": (fetch_commits, 30),
    "audit_logs": (fetch_audit_logs, 30),
}
"""Cursor's longest range of one request, in days; of events and commits none is stated (admin-api), and 30 is what others keep to."""
FIRST_LIMIT_WAIT = 2.0
"""Limits are per minute, and the documentation asks for waits that double: five of them from here on span a minute."""
SNAPSHOTS = {"members": fetch_members, "spend": fetch_spend, "groups": fetch_groups}


class Cursor:
    """One configured team. `fetch` is the answers.Fetch of its streams; the key is read from `env` at request time."""

    def __init__(
        self,
        source: CursorSource,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        env: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._source, self._limits, self._now, self._env, self._sleep = source, limits, now, env, sleep
        self._scope = self._connect(limits)

    def _connect(self, limits: Limits) -> Scope:
        client = HttpClient(
            account=self._source.account,
            base_url=self._source.base_url,
            routes=routes.ALL,
            credentials={routes.KEY: _basic(self._source.key_env, self._env)},
            limits=limits,
            now=self._now,
            unnamed_limit_seconds=FIRST_LIMIT_WAIT,
            sleep=self._sleep,
        )
        return Scope(self._source, client, limits)

    @property
    def streams(self) -> tuple[str, ...]:
        """All of Cursor's streams; those that the team's plan lacks answer "not available"."""
        return self._scope.streams

    def fetch(self, stream: str, window: Window, sink: Sink) -> Outcome:
        """Ask `stream` for `window`: at most 30 days of the dated streams; for snapshots it is only the day of observation.

        A window whose last hour is not over by an hour is not ready: Cursor adds up hourly, and pages shift meanwhile. Raises
        ValueError for a stream or window that cannot be asked for, AccessDenied, VendorUnavailable and UnexpectedAnswer as answers.py
        has them, and SettingsError when the key's variable is empty.
        """
        scope = self._scope
        if stream not in scope.streams:
            raise ValueError(
                f"account {scope.source.account} is not configured for the stream {stream!r}; it has {', '.join(scope.streams)}"
            )
        problem = ""
        try:
            if stream in SNAPSHOTS:
                return SNAPSHOTS[stream](scope, window, sink)
            fetch, longest = DATED[stream]
            if (window.end - window.start).days > longest:
                raise ValueError(f"{stream}: a request spans at most {longest} days, got [{window.start}, {window.end})")
            if not is_closed(window, self._now()):
                return Outcome("not_ready", detail="Cursor adds up hourly: asked when the last hour of the window is over by an hour")
            return fetch(scope, window, sink)
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
            yield from probes(scope, self._now().astimezone(UTC).date())
        finally:
            scope.client.close()

    def close(self) -> None:
        self._scope.client.close()


def _basic(name: str, env: Mapping[str, str]) -> Credential:
    """HTTP Basic with the key as user name and no password (admin-api)."""

    def headers() -> Mapping[str, str]:
        pair = f"{read_secret(name, env)}:".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    return Credential(name, headers)
