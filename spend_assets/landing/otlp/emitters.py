"""Which agent sent something, and what it is: a model call, a tool call, an approval, an agent's span, an event, or none of these."""

from typing import Literal

from spend_assets.landing.otlp.messages import Group

Kind = Literal["call", "agent", "tool", "approval", "skip"]

CALLS = frozenset({"chat", "generate_content", "text_completion", "embeddings", "llm_call"})
"""Operations that are one inference: only these carry tokens that are added up. Gemini CLI says llm_call."""
AGENTS = frozenset({"invoke_agent", "create_agent", "invoke_workflow", "agent_call"})
TOOLS = frozenset({"execute_tool", "tool_call"})
_CLAUDE_SPANS: dict[str, Kind] = {
    "claude_code.llm_request": "call",
    "claude_code.interaction": "agent",
    "claude_code.tool": "tool",
    "claude_code.tool.blocked_on_user": "approval",
}
LOGS: dict[str, str] = {
    "claude_code.api_request": "call",
    "claude_code.user_prompt": "prompt",
    "claude_code.tool_result": "tool",
    "claude_code.tool_decision": "approval",
    "claude_code.api_error": "api_error",
    "claude_code.api_retries_exhausted": "retries_exhausted",
    "claude_code.api_refusal": "refusal",
    "claude_code.compaction": "compaction",
    "claude_code.subagent_completed": "subagent_completed",
    "codex.conversation_starts": "session_start",
    "codex.user_prompt": "prompt",
    "codex.api_request": "api_attempt",
    "codex.websocket_request": "api_attempt",
    "codex.sse_event": "call",
    "codex.websocket_event": "call",
    "codex.tool_decision": "approval",
    "codex.tool_result": "tool",
    "gemini_cli.config": "session_start",
    "gemini_cli.user_prompt": "prompt",
    "gemini_cli.api_response": "call",
    "gemini_cli.api_error": "api_error",
    "gemini_cli.tool_call": "tool",
    "gemini_cli.chat.content_retry": "retry",
    "gemini_cli.conversation_finished": "session_end",
    "gen_ai.client.inference.operation.details": "call",
}
"""What a log event is; its own word where it is none of the kinds of spans. Other events are not read."""
METRICS = frozenset(
    {
        *("claude_code.token.usage", "claude_code.cost.usage", "claude_code.session.count", "claude_code.lines_of_code.count"),
        *("claude_code.commit.count", "claude_code.pull_request.count", "copilot_chat.pull_request.count", "gemini_cli.token.usage"),
        *("gen_ai.client.token.usage", "gen_ai.client.inference.usage.input_tokens", "gen_ai.client.inference.usage.output_tokens"),
    }
)
"""Metrics that are kept, as a check on the calls: their tokens are never added to anything."""
_PREFIXES = (
    ("claude_code", "claude_code."),
    ("codex", "codex."),
    ("gemini_cli", "gemini_cli."),
    ("copilot_vscode", "copilot_chat."),
    ("copilot_cli", "github.copilot."),
    ("genai", "gen_ai."),
)


def of_service(service: str) -> str | None:
    """The emitter that service.name says; None for a name that says nothing."""
    name = service.lower().replace("_", "-")
    if name == "claude-platform":
        return "claude_platform"
    if name.startswith("claude-code"):
        return "claude_code"
    if name in ("copilot-chat", "github-copilot-chat", "vscode-copilot"):
        return "copilot_vscode"
    if "copilot" in name:
        return "copilot_cli"
    if name.startswith("codex"):
        return "codex"
    return "gemini_cli" if name.startswith("gemini") else None


def emitter_of(group: Group, service: str) -> str | None:
    """Who sent a group: what service.name says, else the names of what is in it. None is software that is no agent."""
    if known := of_service(service):
        return known
    keys: set[str] = set()
    for attributes in (*(span.attributes for span in group.spans), *(log.attributes for log in group.logs)):
        keys.update(attribute.key for attribute in attributes)
    names = (
        [span.name or "" for span in group.spans]
        + [log.eventName or "" for log in group.logs]
        + [metric.name or "" for metric in group.metrics]
    )
    for emitter, prefix in _PREFIXES:
        if group.scope.startswith(prefix) or any(name.startswith(prefix) for name in (*names, *keys)):
            return emitter
    return None


def kind_of_span(name: str, operation: str | None, has_usage: bool) -> Kind:
    """By its operation; Claude Code's by its name. A span that only repeats usage is an agent's."""
    if name in _CLAUDE_SPANS:
        return _CLAUDE_SPANS[name]
    if operation in CALLS:
        return "call"
    if operation in TOOLS:
        return "tool"
    return "agent" if operation in AGENTS or has_usage else "skip"


def event_name(emitter: str, event: str | None, body: str | None) -> str | None:
    """The name of a log event as LOGS has it: from the field, the attribute or the body, with or without its emitter's prefix."""
    for name in (event, body):
        if name in LOGS:
            return name
        if name and f"{emitter}.{name}" in LOGS:
            return f"{emitter}.{name}"
    return None
