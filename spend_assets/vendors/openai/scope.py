"""One configured account: its HTTP clients, and which requests serve its streams."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from spend_assets.settings import Limits, OpenAISource
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
class Scope:
    source: OpenAISource
    client: HttpClient
    codex: HttpClient | None
    """Codex analytics has a host and a key of its own; None where the account has no workspace."""
    limits: Limits
    now: Callable[[], datetime]

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for, in the order of the contracts."""
        return (*ROUTES, "codex_usage") if self.codex else tuple(ROUTES)

    @property
    def today(self) -> date:
        return self.now().astimezone(UTC).date()

    def route(self, stream: str) -> Route:
        """The request that stands for `stream` in messages (and, for most streams, the only one)."""
        return ROUTES.get(stream, routes.CODEX_USAGE)

    def http(self, stream: str) -> HttpClient:
        return self.codex if stream == "codex_usage" and self.codex else self.client
