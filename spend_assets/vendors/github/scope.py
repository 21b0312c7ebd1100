"""Which streams an account of GitHub Copilot has, and which requests serve them."""

from dataclasses import dataclass

from spend_assets.sources import GitHubSource
from spend_assets.vendors.account import AccountScope
from spend_assets.vendors.github import routes
from spend_assets.vendors.http import Route

OTHER_ROUTES = {
    "ai_credit_report": routes.CREATE_EXPORT,
    "billing_report": routes.CREATE_EXPORT,
    "teams": routes.TEAMS,
    "team_members": routes.TEAM_MEMBERS,
}


@dataclass(frozen=True)
class Scope(AccountScope[GitHubSource]):
    @property
    def values(self) -> dict[str, str]:
        """The names that fill the templates of this account's routes."""
        return {"enterprise": self.source.enterprise} if self.source.enterprise else {"org": self.source.org or ""}

    @property
    def team_orgs(self) -> tuple[str, ...]:
        return (self.source.org,) if self.source.org else self.source.team_orgs

    @property
    def streams(self) -> tuple[str, ...]:
        """No billing streams without a billing token, no exports for an organisation."""
        names = ["user_days", "user_28_days", "user_teams", "seats"]
        if self.source.billing_token_env:
            names.append("ai_credit_usage")
            if self.source.enterprise:
                names += ["ai_credit_report", "billing_report"]
        if self.team_orgs:
            names += ["teams", "team_members"]
        return tuple(names)

    def route(self, stream: str) -> Route:
        scoped = routes.ENTERPRISE if self.source.enterprise else routes.ORGANIZATION
        return scoped.get(stream) or OTHER_ROUTES[stream]
