"""Every request that the Anthropic client may send, with the permission each one needs.

Source: platform.claude.com/docs, "Usage and Cost Analytics API", "Usage and Cost API", "Claude Code Analytics API", "Analytics APIs"
(Claude Enterprise), "Spend Limits API" and the reference of the Admin API; types of the vendor's own SDK (PyPI anthropic 2.11.0).
"""

from spend_assets.vendors.http import Route

API_VERSION = "2023-06-01"
"""Pinned: every response that the contracts declare is documented under it. Version 2026-10-21 replaces `workspace_id` of a key by
`scope`; the contract reads both, so that a server which no longer knows the old version costs no data."""

HEADERS = {"anthropic-version": API_VERSION, "anthropic-beta": "analytics-usage-cost-2026-08-24"}
"""The beta name unlocks analytics/usage and analytics/cost; all other routes ignore it."""

KEY = "key"

_COST = (
    "the permission to read usage and cost: an Admin API key of a Console organisation, or a Claude Enterprise key with the scope "
    'read:analytics; a Console organisation without these reports is read with ledger = "cost_report" in spend.toml'
)
_CONSOLE = "the permission to read the organisation: an Admin API key (sk-ant-admin...), which only an organisation's admin can create"
_ENTERPRISE = "the permission to read analytics: a Claude Enterprise key with the scope read:analytics, created by the primary owner"
_MEMBERS = (
    "the permission to read people: an Admin API key of a Console organisation, or a Claude Enterprise key with the scope read:members"
)
_LIMITS = "the permission to read spend limits: a Claude Enterprise key with the scope read:spend_limits"

_ORGANIZATION = "/v1/organizations"

SHARED = {
    "analytics_cost": Route("GET", f"{_ORGANIZATION}/analytics/cost", _COST, KEY),
    "analytics_usage": Route("GET", f"{_ORGANIZATION}/analytics/usage", _COST, KEY),
    "users": Route("GET", f"{_ORGANIZATION}/users", _MEMBERS, KEY),
}
CONSOLE = {
    "cost_report": Route("GET", f"{_ORGANIZATION}/cost_report", _CONSOLE, KEY),
    "usage_messages": Route("GET", f"{_ORGANIZATION}/usage_report/messages", _CONSOLE, KEY),
    "claude_code": Route("GET", f"{_ORGANIZATION}/usage_report/claude_code", _CONSOLE, KEY),
    "workspaces": Route("GET", f"{_ORGANIZATION}/workspaces", _CONSOLE, KEY),
    "api_keys": Route("GET", f"{_ORGANIZATION}/api_keys", _CONSOLE, KEY),
}
ENTERPRISE = {
    "analytics_users": Route("GET", f"{_ORGANIZATION}/analytics/users", _ENTERPRISE, KEY),
    "analytics_summaries": Route("GET", f"{_ORGANIZATION}/analytics/summaries", _ENTERPRISE, KEY),
    "spend_limits": Route("GET", f"{_ORGANIZATION}/spend_limits/effective", _LIMITS, KEY),
}
BY_STREAM = {**SHARED, **CONSOLE, **ENTERPRISE}
ALL = tuple(BY_STREAM.values())
