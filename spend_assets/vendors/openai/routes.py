"""Every request that the OpenAI client may send, with the permission each one needs.

Source: OpenAI's OpenAPI document (openai/openai-openapi, 2026-08-21: organization usage, costs, users, projects, project API keys), the
types of the vendor's Python SDK 3.52.0 where they are newer, and developers.openai.com/codex/enterprise/governance for Codex analytics.
"""

from spend_assets.vendors.http import Route

ADMIN, CODEX = "admin key", "codex key"

_USAGE = "the permission to read usage: an admin key of the organization (sk-admin-...) with api.usage.read; project keys are refused"
_MANAGEMENT = "the permission to read the organization: an admin key (sk-admin-...) with api.management.read; project keys are refused"
_CODEX = "the scope codex.enterprise.analytics.read, which OpenAI's support grants to a key of an Enterprise workspace"

COSTS = Route("GET", "/v1/organization/costs", _USAGE, ADMIN)
USAGE = {
    name: Route("GET", f"/v1/organization/usage/{name}", _USAGE, ADMIN)
    for name in (
        *("completions", "embeddings", "moderations", "images", "audio_speeches", "audio_transcriptions", "vector_stores"),
        *("code_interpreter_sessions", "file_search_calls", "web_search_calls"),
    )
}
USERS = Route("GET", "/v1/organization/users", _MANAGEMENT, ADMIN)
PROJECTS = Route("GET", "/v1/organization/projects", _MANAGEMENT, ADMIN)
PROJECT_API_KEYS = Route("GET", "/v1/organization/projects/{project_id}/api_keys", _MANAGEMENT, ADMIN)
CODEX_USAGE = Route("GET", "/v1/analytics/codex/workspaces/{workspace_id}/usage", _CODEX, CODEX)

ORGANIZATION = (COSTS, *USAGE.values(), USERS, PROJECTS, PROJECT_API_KEYS)
"""Served by base_url; Codex analytics stands on a host of its own."""
