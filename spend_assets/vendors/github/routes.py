"""Every request that the GitHub client may send, with the permission each one needs.

Source: the OpenAPI description of GitHub Enterprise Cloud, version 2026-03-10 (docs.github.com/rest: copilot usage metrics,
copilot user management, billing usage, billing usage reports, teams), and GitHub's "Copilot allowlist reference" for hosts.
"""

from spend_assets.vendors.http import Route

API_VERSION = "2026-03-10"
"""Pinned: a newer version may rename what the contracts name; an older one is served for 24 months after the next."""

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION}

DOWNLOAD_HOSTS = (
    # "Copilot allowlist reference" and the changelog of 2026-02-26, "Copilot metrics report URLs update".
    "copilot-reports.github.com",
    "copilot-reports-*.b01.azurefd.net",
    # Allowlist reference: the storage of usage reports.
    "usagereports*.blob.core.windows.net",
    "*.githubusercontent.com",
)
"""Hosts that GitHub's signed links point to. The rest of blob.core.windows.net is anybody's storage; `download_hosts` adds to this."""

TOKEN, BILLING = "token", "billing"

_METRICS_ENTERPRISE = (
    "the permission to read Copilot usage metrics: classic scope read:enterprise, or fine-grained 'Enterprise Copilot metrics: read'; "
    "the policy 'Copilot usage metrics' must be enabled everywhere"
)
_METRICS_ORG = (
    "the permission to read Copilot usage metrics: classic scope read:org, or fine-grained 'Organization Copilot metrics: read'; "
    "the policy 'Copilot usage metrics' must be enabled"
)
_SEATS_ENTERPRISE = "the permission to read seats: classic scope read:enterprise (fine-grained tokens are not accepted here)"
_SEATS_ORG = "the permission to read seats: classic scope read:org, or fine-grained 'GitHub Copilot Business: read'"
_BILLING_ENTERPRISE = (
    "the permission to read billing: a classic token of an enterprise owner or billing manager with scope manage_billing:enterprise, "
    "or a GitHub App with 'Enterprise billing: read'"
)
_BILLING_ORG = "the permission to read billing: classic scope manage_billing:copilot, or fine-grained 'Administration: read'"
_TEAMS = "the permission to read teams: classic scope read:org, or fine-grained 'Members: read'"

_REPORTS = "/enterprises/{enterprise}/copilot/metrics/reports"
_ORG_REPORTS = "/orgs/{org}/copilot/metrics/reports"

ENTERPRISE = {
    "user_days": Route("GET", f"{_REPORTS}/users-1-day", _METRICS_ENTERPRISE, TOKEN),
    "user_28_days": Route("GET", f"{_REPORTS}/users-28-day/latest", _METRICS_ENTERPRISE, TOKEN),
    "user_teams": Route("GET", f"{_REPORTS}/user-teams-1-day", _METRICS_ENTERPRISE, TOKEN),
    "seats": Route("GET", "/enterprises/{enterprise}/copilot/billing/seats", _SEATS_ENTERPRISE, TOKEN),
    "ai_credit_usage": Route("GET", "/enterprises/{enterprise}/settings/billing/ai_credit/usage", _BILLING_ENTERPRISE, BILLING),
}
ORGANIZATION = {
    "user_days": Route("GET", f"{_ORG_REPORTS}/users-1-day", _METRICS_ORG, TOKEN),
    "user_28_days": Route("GET", f"{_ORG_REPORTS}/users-28-day/latest", _METRICS_ORG, TOKEN),
    "user_teams": Route("GET", f"{_ORG_REPORTS}/user-teams-1-day", _METRICS_ORG, TOKEN),
    "seats": Route("GET", "/orgs/{org}/copilot/billing/seats", _SEATS_ORG, TOKEN),
    "ai_credit_usage": Route("GET", "/organizations/{org}/settings/billing/ai_credit/usage", _BILLING_ORG, BILLING),
}

EXPORTS = "/enterprises/{enterprise}/settings/billing/reports"
CREATE_EXPORT = Route("POST", EXPORTS, _BILLING_ENTERPRISE, BILLING)
LIST_EXPORTS = Route("GET", EXPORTS, _BILLING_ENTERPRISE, BILLING)
READ_EXPORT = Route("GET", EXPORTS + "/{report_id}", _BILLING_ENTERPRISE, BILLING)

TEAMS = Route("GET", "/orgs/{org}/teams", _TEAMS, TOKEN)
TEAM_MEMBERS = Route("GET", "/orgs/{org}/teams/{team_slug}/members", _TEAMS, TOKEN)

ALL = (*ENTERPRISE.values(), *ORGANIZATION.values(), CREATE_EXPORT, LIST_EXPORTS, READ_EXPORT, TEAMS, TEAM_MEMBERS)
