"""Anthropic as a vendor: every stream of one account through one call."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

from spend_assets.settings import Limits, read_secret
from spend_assets.sources import AnthropicSource
from spend_assets.vendors.account import Fetcher, VendorAccount
from spend_assets.vendors.anthropic import routes
from spend_assets.vendors.anthropic.analytics import fetch_analytics
from spend_assets.vendors.anthropic.probe import probes
from spend_assets.vendors.anthropic.reports import fetch_activity, fetch_buckets, fetch_claude_code, fetch_summary
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.anthropic.snapshots import fetch_directory, fetch_spend_limits
from spend_assets.vendors.http import Credential
from spend_assets.vendors.probes import Probe


class Anthropic(VendorAccount[AnthropicSource, Scope]):
    """A Claude Console or Claude Enterprise organisation. Usage and cost take at most 31 days, activity one day."""

    fetchers: ClassVar[Mapping[str, Fetcher[Scope]]] = {
        "analytics_cost": partial(fetch_analytics, stream="analytics_cost"),
        "analytics_usage": partial(fetch_analytics, stream="analytics_usage"),
        "cost_report": partial(fetch_buckets, stream="cost_report"),
        "usage_messages": partial(fetch_buckets, stream="usage_messages"),
        "claude_code": fetch_claude_code,
        "users": partial(fetch_directory, stream="users"),
        "workspaces": partial(fetch_directory, stream="workspaces"),
        "api_keys": partial(fetch_directory, stream="api_keys"),
        "analytics_users": fetch_activity,
        "analytics_summaries": fetch_summary,
        "spend_limits": fetch_spend_limits,
    }

    def _connect(self, limits: Limits) -> Scope:
        name = self._source.key_env
        key = Credential(name, lambda: {"x-api-key": read_secret(name, self._env)})
        client = self._http(limits, routes.ALL, {routes.KEY: key}, headers=routes.HEADERS)
        return Scope(self._source, client, limits, self._now)

    def _probes(self, scope: Scope) -> Iterator[Probe]:
        return probes(scope)
