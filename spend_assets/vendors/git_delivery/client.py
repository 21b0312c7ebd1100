"""Delivery evidence as a vendor: every stream of one GitHub account through one call."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from spend_assets.settings import Limits
from spend_assets.sources import GitHubSource
from spend_assets.vendors.account import Fetcher, VendorAccount
from spend_assets.vendors.git_delivery import routes
from spend_assets.vendors.git_delivery.agent_tasks import fetch_agent_tasks
from spend_assets.vendors.git_delivery.deployments import fetch_deployment_pulls, fetch_deployments, fetch_statuses
from spend_assets.vendors.git_delivery.incidents import fetch_incidents
from spend_assets.vendors.git_delivery.probe import probes
from spend_assets.vendors.git_delivery.pull_requests import fetch_commits, fetch_pull_requests, fetch_reviews, fetch_timeline
from spend_assets.vendors.git_delivery.repositories import fetch_repositories
from spend_assets.vendors.git_delivery.scope import Scope
from spend_assets.vendors.git_delivery.workflow_runs import fetch_workflow_runs
from spend_assets.vendors.probes import Probe


class GitDelivery(VendorAccount[GitHubSource, Scope]):
    """A GitHub account's repositories. It keeps the lists that streams of one run share, so one client serves a whole run best."""

    fetchers: ClassVar[Mapping[str, Fetcher[Scope]]] = {
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

    def _connect(self, limits: Limits) -> Scope:
        source = self._source
        names = {routes.TOKEN: source.delivery_token_env or source.token_env}
        if source.agent_tasks_token_env:
            names[routes.AGENT_TASKS_TOKEN] = source.agent_tasks_token_env
        credentials = {key: self._bearer(name) for key, name in names.items()}
        client = self._http(limits, routes.ALL, credentials, headers=routes.headers(source.delivery_api_version))
        return Scope(source, client, limits, self._now)

    def _probes(self, scope: Scope) -> Iterator[Probe]:
        return probes(scope)
