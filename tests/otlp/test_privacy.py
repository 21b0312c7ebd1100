"""What was said is found nowhere: not in landing, raw, reports or the folder that it came in."""

import gzip
import json
import secrets
from pathlib import Path

import duckdb

from spend_assets.landing.otlp.attributes import content_attributes
from spend_assets.landing.otlp.commands import Hasher
from tests.otlp.conftest import Telemetry
from tests.otlp.messages import attributes, log, logs, span, spans

FIXTURES = Path(__file__).parents[1] / "fixtures" / "otel"
EMITTERS = {
    "claude-code": ("claude_code.api_request", "claude_code.tool_result", "claude_code.user_prompt"),
    "copilot-chat": (),
    "github-copilot": (),
    "codex_cli_rs": ("codex.sse_event", "codex.tool_result", "codex.user_prompt"),
    "gemini-cli": ("gemini_cli.api_response", "gemini_cli.tool_call", "gemini_cli.user_prompt"),
    "some-agent": (),
}
COMPUTED = (
    "prompt",
    "tool_parameters",
    "tool_input",
    "full_command",
    "file_path",
    "arguments",
    "function_args",
    "gen_ai.tool.call.arguments",
)


def everything_below(folder: Path) -> bytes:
    """Every byte and every name, packed files and Parquet unpacked."""
    found = b""
    for path in folder.rglob("*"):
        found += path.name.encode() + b"\n"
        if path.suffix == ".gz":
            found += gzip.decompress(path.read_bytes())
        elif path.suffix == ".parquet":
            found += repr(duckdb.execute("from read_parquet($1)", [str(path)]).fetchall()).encode()
        elif path.is_file():
            found += path.read_bytes()
    return found


def test_a_canary_in_every_content_attribute_of_every_emitter_is_found_nowhere(telemetry: Telemetry) -> None:
    canary = f"canary{secrets.token_hex(8)}"
    said = {name + ("x" if name.endswith(".") else ""): f"{canary} {name}" for name in (*content_attributes(), *COMPUTED)}
    nested = {"kvlistValue": {"values": attributes({"text": canary})}}
    said |= {"arguments": json.dumps({"command": ["bash", "-lc", canary], "file_path": canary, "git_commit_id": canary}), "unknown": nested}
    said |= {f"unknown.{canary[:3]}": canary, "gen_ai.operation.name": "chat", "input_tokens": 1, "gen_ai.usage.input_tokens": 1}
    for service, events in EMITTERS.items():
        resource = {"service.name": service, "host.name": canary, "process.command_line": canary, "user.name": canary}
        told = span(f"chat {canary}", 10, attributes=said, status=2, message=canary)
        told["events"] = [{"name": canary, "attributes": attributes({"exception.message": canary})}]
        told["links"] = [{"traceState": canary}]
        lines = [spans(resource, told, scope=canary)]
        lines += [logs(resource, log(event, 20, {**said, "event.name": event}, body={"stringValue": canary})) for event in events]
        telemetry.drop(f"{service}.jsonl", *lines, f'{{"resourceSpans": "{canary}'.encode())
    report = telemetry.collect()
    assert report.failures == []
    assert sorted(telemetry.rows("model_calls", "signal")) == [("log",)] * 3 + [("span",)] * 5
    assert len(telemetry.rows("events")) == len(telemetry.rows("tool_calls")) == 3
    assert canary.encode() not in everything_below(telemetry.path)


def test_the_fixtures_canaries_secrets_and_queries_are_found_nowhere(telemetry: Telemetry) -> None:
    for path in FIXTURES.glob("*.jsonl"):
        assert b"CANARY" in path.read_bytes() or path.name.startswith("dazzaji")
        telemetry.drop(path.name, path.read_bytes())
    telemetry.collect()
    found = everything_below(telemetry.path)
    assert b"cc-1" in found and b"CANARY" not in found and b"x-access-token" not in found
    assert {row for row in telemetry.rows("contexts", "repository_host, repository, ci_run_url") if row[0]} == {
        ("github.com", "acme/payments", "https://github.com/Acme/Payments/actions/runs/991"),
        ("github.com", "acme/web", None),
    }


def test_prompts_are_found_equal_with_the_same_key_alone() -> None:
    one, other = Hasher(b"one"), Hasher(b"other")
    assert one.prompt("Fix the  tests\n") == one.prompt("fix THE tests")
    assert one.prompt("fix the tests") != other.prompt("fix the tests")
    assert one.prompt("fix the tests") != one.path("fix the tests")
    assert one.path("A") != one.path("a")


def test_a_text_that_is_no_name_is_left_out_and_reported(telemetry: Telemetry) -> None:
    long = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m" * 301,
        "gen_ai.conversation.id": "c",
        "gen_ai.usage.input_tokens": 1,
    }
    telemetry.drop("a.jsonl", spans({"service.name": "x"}, span("chat", 1, attributes=long)))
    telemetry.collect()
    assert telemetry.rows("model_calls", "model, input_tokens") == [(None, 1)]
    (report,) = telemetry.raw.reports("otlp", "model_calls", "agents").values()
    assert list(report.drift) == ["attributes.gen_ai.request.model (longer than 300 characters)"]
