"""Every request that the Cursor client may send, with the permission each one needs.

Source: cursor.com/docs/account/teams/admin-api (text of 2026-08) and cursor.com/docs/account/teams/ai-code-tracking-api; which plan has
what: cursor.com/docs/api. All of them read: the two that write (spend limits, removing members) are not in the table.
"""

from spend_assets.vendors.http import Route

KEY = "key"

_TEAM = "a team API key, made by a team admin (a personal user key cannot read a team)"
_ENTERPRISE = f"{_TEAM}, of a team on the Enterprise plan"

MEMBERS = Route("GET", "/teams/members", f"the permission to read members: {_TEAM}", KEY)
DAILY_USAGE = Route("POST", "/teams/daily-usage-data", f"the permission to read daily usage: {_TEAM}", KEY)
SPEND = Route("POST", "/teams/spend", f"the permission to read spend: {_TEAM}", KEY)
USAGE_EVENTS = Route("POST", "/teams/filtered-usage-events", f"the permission to read usage events: {_TEAM}", KEY)
GROUPS = Route("GET", "/teams/groups", f"the permission to read billing groups: {_ENTERPRISE}", KEY)
GROUP = Route("GET", "/teams/groups/{group}", f"the permission to read billing groups: {_ENTERPRISE}", KEY)
COMMITS = Route("GET", "/analytics/ai-code/commits", f"the permission to read AI code tracking: {_ENTERPRISE}", KEY)
AUDIT_LOGS = Route("GET", "/teams/audit-logs", f"the permission to read audit logs: {_ENTERPRISE}", KEY)

STREAMS = {
    "members": MEMBERS,
    "daily_usage": DAILY_USAGE,
    "spend": SPEND,
    "usage_events": USAGE_EVENTS,
    "groups": GROUPS,
    "ai_code_commits": COMMITS,
    "audit_logs": AUDIT_LOGS,
}
"""The request that stands for each stream in messages, in the order of the contracts."""

OPTIONAL = frozenset({"groups", "ai_code_commits", "audit_logs"})
"""Streams that only Enterprise teams have: refused there means not available, not a failure."""

REFUSED = (401, 403, 404)
"""Answers of an endpoint that the team's plan does not have (403 "Enterprise access required"; the others were seen too)."""

ALL = (*STREAMS.values(), GROUP)
