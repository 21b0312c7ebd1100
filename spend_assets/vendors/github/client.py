"""GitHub Copilot as a vendor: every stream of one account through one call."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

from spend_assets.settings import Limits
from spend_assets.sources import GitHubSource
from spend_assets.vendors.account import Fetcher, VendorAccount
from spend_assets.vendors.github import routes
from spend_assets.vendors.github.billing import fetch_export, fetch_usage_summary
from spend_assets.vendors.github.probe import probes
from spend_assets.vendors.github.reports import fetch_report
from spend_assets.vendors.github.scope import Scope
from spend_assets.vendors.github.snapshots import fetch_seats, fetch_team_members, fetch_teams
from spend_assets.vendors.probes import Probe


class GitHubCopilot(VendorAccount[GitHubSource, Scope]):
    """An enterprise or an organisation. Day streams take one day, exports at most 31."""

    fetchers: ClassVar[Mapping[str, Fetcher[Scope]]] = {
        "user_days": partial(fetch_report, stream="user_days"),
        "user_28_days": partial(fetch_report, stream="user_28_days"),
        "user_teams": partial(fetch_report, stream="user_teams"),
        "seats": fetch_seats,
        "ai_credit_usage": fetch_usage_summary,
        "ai_credit_report": partial(fetch_export, stream="ai_credit_report"),
        "billing_report": partial(fetch_export, stream="billing_report"),
        "teams": fetch_teams,
        "team_members": fetch_team_members,
    }

    def _connect(self, limits: Limits) -> Scope:
        source = self._source
        names = {routes.TOKEN: source.token_env}
        if source.billing_token_env:
            names[routes.BILLING] = source.billing_token_env
        client = self._http(
            limits,
            routes.ALL,
            {key: self._bearer(name) for key, name in names.items()},
            headers=routes.HEADERS,
            download_patterns=(*routes.DOWNLOAD_HOSTS, *source.download_hosts),
        )
        return Scope(source, client, limits, self._now)

    def _probes(self, scope: Scope) -> Iterator[Probe]:
        return probes(scope)
