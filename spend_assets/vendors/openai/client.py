"""OpenAI as a vendor: every stream of one account through one call."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from spend_assets.settings import Limits
from spend_assets.sources import OpenAISource
from spend_assets.vendors.account import Fetcher, VendorAccount
from spend_assets.vendors.openai import routes
from spend_assets.vendors.openai.buckets import fetch_completions, fetch_costs, fetch_other_usage
from spend_assets.vendors.openai.codex import fetch_codex
from spend_assets.vendors.openai.directories import fetch_project_api_keys, fetch_projects, fetch_users
from spend_assets.vendors.openai.probe import probes
from spend_assets.vendors.openai.scope import Scope
from spend_assets.vendors.probes import Probe


class OpenAI(VendorAccount[OpenAISource, Scope]):
    """An organization, and the Codex analytics of a workspace where one is configured. codex_usage takes one day."""

    fetchers: ClassVar[Mapping[str, Fetcher[Scope]]] = {
        "costs": fetch_costs,
        "usage_completions": fetch_completions,
        "usage_other": fetch_other_usage,
        "projects": fetch_projects,
        "project_api_keys": fetch_project_api_keys,
        "users": fetch_users,
        "codex_usage": fetch_codex,
    }

    def _connect(self, limits: Limits) -> Scope:
        source, codex = self._source, None
        client = self._http(limits, routes.ORGANIZATION, {routes.ADMIN: self._bearer(source.key_env)})
        if source.codex_workspace and source.codex_key_env:
            key = {routes.CODEX: self._bearer(source.codex_key_env)}
            codex = self._http(limits, (routes.CODEX_USAGE,), key, base_url=source.codex_base_url)
        return Scope(source, client, limits, self._now, codex)

    def _probes(self, scope: Scope) -> Iterator[Probe]:
        return probes(scope)
