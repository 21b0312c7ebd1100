"""Cursor as a vendor: every stream of one team through one call."""

import base64
from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.settings import Limits, read_secret
from spend_assets.sources import CursorSource
from spend_assets.vendors.account import Fetcher, VendorAccount
from spend_assets.vendors.cursor import routes
from spend_assets.vendors.cursor.activity import fetch_audit_logs, fetch_commits, fetch_daily_usage
from spend_assets.vendors.cursor.events import fetch_usage_events
from spend_assets.vendors.cursor.probe import probes
from spend_assets.vendors.cursor.scope import Scope
from spend_assets.vendors.cursor.team import fetch_groups, fetch_members, fetch_spend
from spend_assets.vendors.cursor.times import is_closed
from spend_assets.vendors.http import Credential
from spend_assets.vendors.probes import Probe

LONGEST_DAYS = 30
"""Cursor's longest range of one request; of events and commits none is stated (admin-api), and 30 is what others keep to."""
FIRST_LIMIT_WAIT = 2.0
"""Limits are per minute, and the documentation asks for waits that double: five of them from here on span a minute."""


def _closed(scope: Scope, window: Window, sink: Sink, *, fetch: Fetcher[Scope]) -> Outcome:
    """A window whose last hour is not over by an hour is not ready: Cursor adds up hourly, and pages shift meanwhile."""
    if (window.end - window.start).days > LONGEST_DAYS:
        raise ValueError(f"a request to Cursor spans at most {LONGEST_DAYS} days, got [{window.start}, {window.end})")
    if not is_closed(window, scope.now()):
        return Outcome("not_ready", detail="Cursor adds up hourly: asked when the last hour of the window is over by an hour")
    return fetch(scope, window, sink)


class Cursor(VendorAccount[CursorSource, Scope]):
    """A team. The dated streams take at most 30 days; those that the team's plan lacks answer "not available"."""

    fetchers: ClassVar[Mapping[str, Fetcher[Scope]]] = {
        "members": fetch_members,
        "daily_usage": partial(_closed, fetch=fetch_daily_usage),
        "spend": fetch_spend,
        "usage_events": partial(_closed, fetch=fetch_usage_events),
        "groups": fetch_groups,
        "ai_code_commits": partial(_closed, fetch=fetch_commits),
        "audit_logs": partial(_closed, fetch=fetch_audit_logs),
    }

    def _connect(self, limits: Limits) -> Scope:
        key = {routes.KEY: self._basic(self._source.key_env)}
        client = self._http(limits, routes.ALL, key, unnamed_limit_seconds=FIRST_LIMIT_WAIT)
        return Scope(self._source, client, limits, self._now)

    def _probes(self, scope: Scope) -> Iterator[Probe]:
        return probes(scope)

    def _basic(self, name: str) -> Credential:
        """HTTP Basic with the key as user name and no password (admin-api)."""

        def headers() -> Mapping[str, str]:
            pair = f"{read_secret(name, self._env)}:".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

        return Credential(name, headers)
