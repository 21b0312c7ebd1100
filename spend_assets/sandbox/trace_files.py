"""Sessions as a collector's file exporter writes them: OTLP lines out of order, some twice, some late, with what people said in them."""

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from spend_assets.sandbox.traces import Call, Session, Tool, Traces

DUPLICATED, LATE = 0.005, 0.02
CANARY = "canary-of-the-sandbox"
"""In everything that people and models say: it may be found nowhere once the files were read."""
SHARED_PROMPT_ON = 2
"""Weekday on which many ask for the same in their own repository."""
CLAUDE_VERSIONS = ("2.1.274", "2.1.265", "2.1.240")


def write_traces(traces: Traces, folder: Path, start: date, end: date) -> list[Path]:
    """Write a file for each day of [start, end], both included, as it is there on the morning after; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    day = start
    while day <= end:
        lines = list(_lines(traces, day))
        packed = day.toordinal() % 2 == 0
        path = folder / f"agents-{day}.jsonl{'.gz' if packed else ''}"
        body = b"".join(line + b"\n" for line in lines)
        path.write_bytes(gzip.compress(body, mtime=0) if packed else body)
        written.append(path)
        day += timedelta(days=1)
    return written


def _lines(traces: Traces, day: date) -> Iterator[bytes]:
    chance = traces.world.dice.random("trace lines", day)
    today = [(line, session) for session in traces.sessions(day) if session.told for line in _session_lines(session, traces)]
    yesterday = [session for session in traces.sessions(day - timedelta(days=1)) if session.told]
    late = [line for session in yesterday for line in _session_lines(session, traces) if _is_late(session, line, traces)]
    lines = [line for line, session in today if not _is_late(session, line, traces)] + late
    chance.shuffle(lines)
    for line in lines:
        yield line
        if chance.random() < DUPLICATED:
            yield line


def _is_late(session: Session, line: bytes, traces: Traces) -> bool:
    """Whether a line comes a day late: some roots do. The last day of the history has nobody to bring them."""
    last = session.day >= traces.world.config.end
    return not last and b"resourceSpans" in line and traces.world.dice.fraction("late line", session.id, session.day, len(line)) < LATE


def _session_lines(session: Session, traces: Traces) -> Iterator[bytes]:
    chance = traces.world.dice.random("session lines", session.id, session.day)
    resource = _resource(session, chance)
    if session.emitter == "claude_code":
        records = [record for turn in range(session.turns) for record in _claude_turn(session, turn, chance)]
        half = len(records) // 2
        for part in (records[:half], records[half:]):
            if part:
                yield _line("resourceLogs", "scopeLogs", "logRecords", resource, part, "com.anthropic.claude_code.events")
        if session.has_spans:
            yield _line("resourceSpans", "scopeSpans", "spans", resource, [_claude_span(session, call) for call in session.calls])
        return
    for turn in range(session.turns):
        calls = [call for call in session.calls if call.turn == turn]
        if calls:
            tools = [_tool_span(session, tool) for tool in session.tools if tool.turn == turn]
            yield _line("resourceSpans", "scopeSpans", "spans", resource, [*(_chat_span(session, call) for call in calls), *tools])
            # The agent's own span ends last, and repeats what its calls used.
            yield _line("resourceSpans", "scopeSpans", "spans", resource, [_agent_span(session, turn, calls)])


def _resource(session: Session, chance: random.Random) -> dict[str, object]:
    resource: dict[str, object] = {"service.name": session.service, "host.name": f"{CANARY}-laptop", "os.type": "linux"}
    if session.emitter == "claude_code":
        resource["service.version"] = chance.choice(CLAUDE_VERSIONS)
    if session.workflow_id:
        resource |= {
            "agentspend.workflow.id": session.workflow_id,
            "agentspend.workflow.run_id": session.run_id,
            "agentspend.attempt": str(session.attempt),
        }
    if session.task_id:
        resource["agentspend.task.id"] = session.task_id
    if session.workflow_id and session.change and session.change.created <= session.calls[0].at:
        resource["vcs.change.id"] = str(session.change.number)
    resource |= {
        "vcs.repository.url.full": f"https://git:{CANARY}@github.com/{session.repository}.git",
        "vcs.ref.head.name": session.branch,
    }
    return resource


def _claude_turn(session: Session, turn: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    calls = [call for call in session.calls if call.turn == turn]
    if not calls:
        return
    said = f"{CANARY}: make {session.branch} of {session.repository} work, attempt {chance.randint(1, 99)}"
    if turn == 0 and session.day.weekday() == SHARED_PROMPT_ON and chance.random() < 0.5:
        said = f"{CANARY}: put the new licence header on every file"
    yield _event(session, "user_prompt", calls[0].at - timedelta(seconds=9), turn, prompt=said, prompt_length=len(said))
    for call in calls:
        yield _event(
            session,
            "api_request",
            call.at + timedelta(milliseconds=call.milliseconds),
            turn,
            model=call.model.name,
            input_tokens=call.tokens.uncached,
            cache_read_tokens=str(call.tokens.read),
            cache_creation_tokens=call.tokens.written,
            output_tokens=call.tokens.output,
            cost_usd_micros=call.list_amount // 10**6,
            duration_ms=call.milliseconds,
            request_id=call.request_id,
            query_source="main",
        )
        if call.attempts > 1:
            yield _event(
                session, "api_error", call.at, turn, model=call.model.name, attempt=call.attempts - 1, status_code="529", error=said
            )
    for tool in session.tools:
        if tool.turn == turn:
            yield from _claude_tool(session, tool)


def _claude_tool(session: Session, tool: Tool) -> Iterator[dict[str, Any]]:
    if tool.decision:
        decision = "reject" if tool.decision == "user_reject" else "accept"
        yield _event(
            session, "tool_decision", tool.at, tool.turn, tool_name=tool.name, tool_use_id=tool.id, decision=decision, source=tool.decision
        )
    arguments: dict[str, str] = {"file_path": f"/home/{CANARY}/{_file(session, tool)}"}
    if tool.command:
        arguments = {"full_command": f"{tool.command} # {CANARY}", **({"git_commit_id": tool.commit} if tool.commit else {})}
    at = tool.at + timedelta(seconds=3)
    yield _event(
        session,
        "tool_result",
        at,
        tool.turn,
        tool_name=tool.name,
        tool_use_id=tool.id,
        success=str(tool.succeeded).lower(),
        duration_ms=900,
        tool_parameters=json.dumps(arguments),
    )


def _file(session: Session, tool: Tool) -> str:
    """Which file a tool read: one of hundreds, or of two where the repository has no map."""
    return f"src/part_{zlib.crc32(tool.id.encode()) % (2 if session.rereads else 400)}.py"


def _event(session: Session, name: str, at: datetime, turn: int, **values: object) -> dict[str, Any]:
    given: dict[str, object] = {
        "session.id": session.id,
        "prompt.id": f"{session.id}-{session.day}-{turn}",
        "event.name": name,
        "user.email": session.email,
        "user.account_id": session.principal,
        "organization.id": session.account,
        **values,
    }
    time = str(_nanoseconds(at + session.skew))
    return {
        "timeUnixNano": time,
        "observedTimeUnixNano": time,
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": _attributes(given),
    }


def _claude_span(session: Session, call: Call) -> dict[str, Any]:
    """Without the prompt's id, and without a cost: the log beside it has them."""
    given: dict[str, object] = {
        "session.id": session.id,
        "request_id": call.request_id,
        "model": call.model.name,
        "input_tokens": call.tokens.uncached,
        "cache_read_tokens": call.tokens.read,
        "cache_creation_tokens": call.tokens.written,
        "output_tokens": call.tokens.output,
        "attempt": call.attempts,
    }
    return _span(session, "claude_code.llm_request", call.at, call.milliseconds, call.turn, call.request_id[-16:], given)


def _chat_span(session: Session, call: Call) -> dict[str, Any]:
    given: dict[str, object] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.response.model": call.model.name,
        "gen_ai.response.id": f"msg_{call.request_id[4:]}",
        "gen_ai.conversation.id": session.id,
        "gen_ai.input.messages": f"{CANARY}: read all invoices",
        **_usage([call]),
    }
    return _span(session, f"chat {call.model.name}", call.at, call.milliseconds, call.turn, call.request_id[-16:], given)


def _tool_span(session: Session, tool: Tool) -> dict[str, Any]:
    given: dict[str, object] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool.name,
        "gen_ai.tool.call.id": tool.id,
        "gen_ai.conversation.id": session.id,
        "gen_ai.tool.call.arguments": json.dumps(
            {"command": f"{tool.command} # {CANARY}"} if tool.command else {"path": f"/srv/{CANARY}/{_file(session, tool)}"}
        ),
        **({} if tool.succeeded else {"error.type": "ToolError"}),
    }
    return _span(session, f"execute_tool {tool.name}", tool.at, 900, tool.turn, tool.id[-16:], given, failed=not tool.succeeded)


def _agent_span(session: Session, turn: int, calls: list[Call]) -> dict[str, Any]:
    given: dict[str, object] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": CANARY,
        "gen_ai.conversation.id": session.id,
        **_usage(calls),
    }
    lasted = calls[-1].at - calls[0].at + timedelta(milliseconds=calls[-1].milliseconds)
    return _span(session, f"invoke_agent {CANARY}", calls[0].at, lasted // timedelta(milliseconds=1), turn, "", given)


def _usage(calls: list[Call]) -> dict[str, object]:
    """As the conventions count: the input holds the cache."""
    read, written = sum(call.tokens.read for call in calls), sum(call.tokens.written for call in calls)
    return {
        "gen_ai.usage.input_tokens": sum(call.tokens.uncached for call in calls) + read + written,
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_write.input_tokens": written,
        "gen_ai.usage.output_tokens": sum(call.tokens.output for call in calls),
    }


def _span(
    session: Session, name: str, at: datetime, milliseconds: int, turn: int, id: str, given: dict[str, object], *, failed: bool = False
) -> dict[str, Any]:
    """An empty id makes the root of the turn's trace."""
    root = f"{session.day.toordinal():06x}{turn:04x}{session.id[:6]}"
    start = _nanoseconds(at + session.skew)
    return {
        "traceId": f"{session.day.toordinal():06x}{turn:04x}{session.id[:22]}",
        "spanId": id.encode().hex()[:16] if id else root,
        "parentSpanId": root if id else "",
        "name": name,
        "kind": 3 if id else 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + milliseconds * 1_000_000),
        "attributes": _attributes(given),
        "status": {"code": 2, "message": CANARY} if failed else {},
    }


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000 + at.microsecond * 1000


def _attributes(given: dict[str, object]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}}
        for key, value in given.items()
    ]


def _line(signal: str, scopes: str, records: str, resource: dict[str, object], part: list[dict[str, Any]], scope: str = "agents") -> bytes:
    group = {"resource": {"attributes": _attributes(resource)}, scopes: [{"scope": {"name": scope}, records: part}]}
    return json.dumps({signal: [group]}, separators=(",", ":")).encode()
