"""What a model call costs on disk, typed: at most 60 bytes with everything that its session says (issue E)."""

import random
from pathlib import Path

from tests.otlp.conftest import Telemetry
from tests.otlp.messages import claude_call, logs, span, spans

CALLS_A_SESSION = 24


def fill(telemetry: Telemetry, sessions: int) -> int:
    """Claude Code's logs and Copilot's spans by half, ids and counts as random as they are. Returns the calls."""
    chance = random.Random(5)
    lines = []
    for number in range(sessions):
        session, task = f"{chance.getrandbits(128):032x}", f"PAY-{chance.randint(1, 9999)}"
        work = {"agentspend.task.id": task, "vcs.repository.url.full": "https://github.com/acme/api", "vcs.ref.head.name": task.lower()}
        at, cache = chance.random() * 70_000, chance.randint(5_000, 60_000)
        records = []
        for call in range(CALLS_A_SESSION):
            at += 2 + chance.random() * 20
            fresh, out = chance.randint(1, 3_000), int(chance.lognormvariate(5, 1))
            cache += fresh + out
            if number % 2:
                records.append(
                    claude_call(
                        at,
                        session,
                        call,
                        **{"prompt.id": f"{session}{call // 8}", "request_id": f"req_{chance.getrandbits(96):024x}"},
                        input_tokens=fresh,
                        output_tokens=out,
                        cache_read_tokens=cache,
                        cache_creation_tokens=chance.randint(100, 3_000),
                        cost_usd_micros=chance.randint(1_000, 90_000),
                        duration_ms=chance.randint(700, 20_000),
                    )
                )
            else:
                usage = {"input_tokens": cache + fresh, "output_tokens": out, "cache_read.input_tokens": cache}
                given = {f"gen_ai.usage.{name}": count for name, count in usage.items()} | {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "github",
                    "gen_ai.response.model": "claude-sonnet-4.5",
                    "gen_ai.conversation.id": session,
                    "github.copilot.nano_aiu": chance.randint(10**7, 10**10),
                    "github.copilot.interaction_id": f"{session}{call // 8}",
                    "github.copilot.service_request_id": f"{chance.getrandbits(128):032x}",
                }
                id = f"{chance.getrandbits(64):016x}"
                records.append(span("chat", at, chance.random() * 20, trace=f"{call // 8}" * 32, id=id, parent="f" * 16, attributes=given))
        service = {"service.name": "claude-code" if number % 2 else "github-copilot", **work}
        lines.append(logs(service, *records) if number % 2 else spans(service, *records))
    telemetry.drop("day.jsonl", *lines)
    return sessions * CALLS_A_SESSION


def test_a_typed_call_takes_at_most_60_bytes(telemetry: Telemetry) -> None:
    calls = fill(telemetry, 250)
    telemetry.collect()
    assert len(telemetry.rows("model_calls", "1")) == calls
    raw = Path(telemetry.path / "data" / "raw" / "otlp")
    size = sum(path.stat().st_size for path in raw.glob("*/agents/????-??/*.parquet"))
    assert size / calls <= 60
