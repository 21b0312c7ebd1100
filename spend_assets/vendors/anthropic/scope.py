"""Which streams an account of Anthropic has, and which requests serve them."""

from dataclasses import dataclass

from spend_assets.answers import Outcome
from spend_assets.sources import AnthropicSource
from spend_assets.vendors.account import AccountScope
from spend_assets.vendors.anthropic import routes
from spend_assets.vendors.http import Route

OPTIONAL = frozenset({"claude_code", "analytics_users", "analytics_summaries", "spend_limits"})
"""Streams without money that a plan or a key may not have: a refusal is "not available" and no failure."""


@dataclass(frozen=True)
class Scope(AccountScope[AnthropicSource]):
    @property
    def streams(self) -> tuple[str, ...]:
        """Those of its kind of organisation. Old and new ledger never together."""
        if self.source.kind == "enterprise":
            return ("analytics_cost", "analytics_usage", "users", "analytics_users", "analytics_summaries", "spend_limits")
        ledger = ("analytics_cost", "analytics_usage") if self.source.ledger == "analytics_cost" else ("cost_report", "usage_messages")
        activity = ("claude_code",) if self.source.claude_code else ()
        return (*ledger, *activity, "users", "workspaces", "api_keys")

    def route(self, stream: str) -> Route:
        return routes.BY_STREAM[stream]

    def accepted(self, stream: str) -> tuple[int, ...]:
        """Statuses that mean "this account does not have it" rather than an error."""
        return (401, 403, 404) if stream in OPTIONAL else ()

    def not_available(self, stream: str, status: int) -> Outcome:
        detail = f"status {status}: the account's plan does not have it, or its key lacks {self.route(stream).permission}"
        return Outcome("not_available", detail=detail)
