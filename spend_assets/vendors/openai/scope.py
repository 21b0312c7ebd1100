"""Which streams an account of OpenAI has, and which requests serve them."""

from dataclasses import dataclass

from spend_assets.sources import OpenAISource
from spend_assets.vendors.account import AccountScope
from spend_assets.vendors.http import HttpClient, Route
from spend_assets.vendors.openai import routes

ROUTES = {
    "costs": routes.COSTS,
    "usage_completions": routes.USAGE["completions"],
    "usage_other": routes.USAGE["embeddings"],
    "projects": routes.PROJECTS,
    "project_api_keys": routes.PROJECT_API_KEYS,
    "users": routes.USERS,
}


@dataclass(frozen=True)
class Scope(AccountScope[OpenAISource]):
    codex: HttpClient | None = None
    """Codex analytics has a host and a key of its own; None where the account has no workspace."""

    @property
    def streams(self) -> tuple[str, ...]:
        """No Codex analytics without a workspace."""
        return (*ROUTES, "codex_usage") if self.codex else tuple(ROUTES)

    def route(self, stream: str) -> Route:
        return ROUTES.get(stream, routes.CODEX_USAGE)

    def http(self, stream: str) -> HttpClient:
        return self.codex if stream == "codex_usage" and self.codex else self.client

    def close(self) -> None:
        super().close()
        if self.codex:
            self.codex.close()
