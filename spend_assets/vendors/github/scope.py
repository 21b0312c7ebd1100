"""One configured account: its HTTP client, and which requests serve its streams."""

from dataclasses import dataclass

from spend_assets.settings import GitHubSource, Limits
from spend_assets.vendors.github import routes
from spend_assets.vendors.http import HttpClient, Route

OTHER_ROUTES = {
    "ai_credit_report": routes.CREATE_EXPORT,
    "billing_report": routes.CREATE_EXPORT,
    "teams": routes.TEAMS,
    "team_members": routes.TEAM_MEMBERS,
}


@dataclass(frozen=True)
class Scope:
    source: GitHubSource
    client: HttpClient
    limits: Limits

    @property
    def values(self) -> dict[str, str]:
        """The names that fill the templates of this account's routes."""
        return {"enterprise": self.source.enterprise} if self.source.enterprise else {"org": self.source.org or ""}

    @property
    def team_orgs(self) -> tuple[str, ...]:
        return (self.source.org,) if self.source.org else self.source.team_orgs

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for, in the order of the contracts."""
        names = ["user_days", "user_28_days", "user_teams", "seats"]
        if self.source.billing_token_env:
            names.append("ai_credit_usage")
            if self.source.enterprise:
                names += ["ai_credit_report", "billing_report"]
        if self.team_orgs:
            names += ["teams", "team_members"]
        return tuple(names)

    def route(self, stream: str) -> Route:
        """The request that stands for `stream` in messages (and, for most streams, the only one)."""
        scoped = routes.ENTERPRISE if self.source.enterprise else routes.ORGANIZATION
        return scoped.get(stream) or OTHER_ROUTES[stream]
