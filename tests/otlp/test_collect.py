"""Files that come twice, in halves, in any order, late or cut off leave the same bytes as one file that came once."""

import itertools
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from tests.otlp.conftest import Telemetry
from tests.otlp.messages import CLAUDE, DAY, SECOND, claude_call, counter, logs, span, spans

FIXTURES = Path(__file__).parents[1] / "fixtures" / "otel"


def every_line() -> list[bytes]:
    return [line for path in sorted(FIXTURES.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def test_shuffled_lines_repeated_halves_and_a_cut_end_leave_the_same_raw_bytes(make_telemetry: Callable[[str], Telemetry]) -> None:
    lines = every_line()
    once = make_telemetry("once")
    once.drop("all.jsonl", *lines)
    once.collect()
    shuffled = list(lines)
    random.Random(4).shuffle(shuffled)
    again = make_telemetry("again")
    again.drop("a.jsonl", *shuffled[: len(lines) // 2 + 1])
    again.drop("deep/er/b.jsonl", *shuffled[len(lines) // 2 :], lines[0], lines[3][: len(lines[3]) // 2], end=b"")
    again.drop("c.jsonl", *shuffled[::2])
    again.collect()
    same = {name: body for name, body in again.files("raw").items() if "/unread_lines/" not in name}
    assert same == {name: body for name, body in once.files("raw").items() if "/unread_lines/" not in name}
    assert sum("/agents/2026-10/" in name for name in same) == 7
    (report,) = again.raw.reports("otlp", "unread_lines", "agents").values()
    assert [bad.field for bad in report.quarantine] == ["message"]


def test_a_file_that_was_landed_adds_nothing_a_second_time(telemetry: Telemetry) -> None:
    for hour in (6, 7):
        telemetry.clock.instant = datetime(2026, 10, 11, hour, tzinfo=UTC)
        telemetry.drop("all.jsonl", *every_line())
        telemetry.reopen()
        report = telemetry.collect()
    assert (report.landed, report.failures) == (0, [])
    assert report.unchanged == 7
    assert list(telemetry.folder.iterdir()) == []
    assert {name.split("/")[2] for name in telemetry.files("landing") if name.startswith("otlp")} == {
        *("model_calls", "agent_spans", "tool_calls", "approvals", "events", "contexts", "metrics")
    }


def test_a_late_root_lands_on_its_own_day_and_restates_it(telemetry: Telemetry) -> None:
    telemetry.drop("early.jsonl", spans(CLAUDE, span("claude_code.llm_request", 10, attributes={"session.id": "s", "input_tokens": 1})))
    telemetry.collect()
    telemetry.clock.instant = datetime(2026, 10, 14, 6, tzinfo=UTC)
    telemetry.reopen()
    telemetry.drop("late.jsonl", spans(CLAUDE, span("claude_code.interaction", 5, 90, attributes={"session.id": "s"})))
    telemetry.drop("call.jsonl", spans(CLAUDE, span("claude_code.llm_request", 20, attributes={"session.id": "s", "input_tokens": 2})))
    telemetry.collect()
    assert telemetry.rows("agent_spans", "_day, kind") == [(date(2026, 10, 10), "interaction")]
    assert telemetry.rows("model_calls", "input_tokens") == [(1,), (2,)]
    generations = telemetry.raw.days("otlp", "model_calls", "agents")[date(2026, 10, 10)]
    assert [g.rows for g in generations] == [1, 2]


def test_a_session_over_midnight_lies_on_both_days(telemetry: Telemetry) -> None:
    telemetry.drop("night.jsonl", logs(CLAUDE, claude_call(-1, number=1), claude_call(1, number=2), claude_call(30, number=3)))
    telemetry.collect()
    # The call that ended a second after midnight began a second before it.
    assert telemetry.rows("model_calls", "_day, sequence") == [
        (date(2026, 10, 9), 1),
        (date(2026, 10, 9), 2),
        (date(2026, 10, 10), 3),
    ]


def test_a_record_from_the_future_is_quarantined_where_it_arrived(telemetry: Telemetry) -> None:
    telemetry.drop("clock.jsonl", logs(CLAUDE, claude_call(86_400 * 40), claude_call(20, number=2)))
    telemetry.collect()
    assert telemetry.rows("model_calls", "sequence") == [(2,)]
    reports = telemetry.raw.reports("otlp", "model_calls", "agents").values()
    bad = list(itertools.chain.from_iterable(report.quarantine for report in reports))
    assert [(b.field, "outside the window" in b.reason) for b in bad] == [("started_at", True)]


def test_values_of_another_type_are_quarantined_without_the_value(telemetry: Telemetry) -> None:
    telemetry.drop(
        "types.jsonl",
        logs(
            CLAUDE, claude_call(10, number=1, input_tokens="CANARY"), claude_call(20, number=2, output_tokens=-5), claude_call(30, number=3)
        ),
    )
    telemetry.collect()
    assert telemetry.rows("model_calls", "sequence") == [(3,)]
    (report,) = telemetry.raw.reports("otlp", "model_calls", "agents").values()
    assert sorted(bad.field for bad in report.quarantine) == ["input_tokens", "output_tokens"]
    (manifest,) = telemetry.store.manifests("otlp", "model_calls", "agents")
    assert not any(b"CANARY" in record for record in telemetry.store.records(manifest))


def test_unknown_attributes_are_reported_by_name(telemetry: Telemetry) -> None:
    telemetry.drop("new.jsonl", logs(CLAUDE, claude_call(10, **{"brand.new": 3, "model ": "x", "exception.message": "said"})))
    telemetry.collect()
    (report,) = telemetry.raw.reports("otlp", "model_calls", "agents").values()
    assert set(report.drift) == {"attributes.brand.new", "attributes.(a name that is no attribute's)"}
    assert report.quarantine == []


def test_a_day_settles_once_nothing_more_arrives(telemetry: Telemetry) -> None:
    telemetry.drop("a.jsonl", logs(CLAUDE, claude_call(10)))
    telemetry.collect()
    for day in (12, 13, 14):
        telemetry.clock.instant = datetime(2026, 10, day, 6, tzinfo=UTC)
        telemetry.reopen()
        telemetry.collect()
    attempts = telemetry.store.attempts("otlp", "model_calls", "agents")
    assert [(a.attempted_at.day, a.outcome) for a in attempts] == [(11, "landed"), (12, "unchanged")]


def test_a_folder_that_is_missing_is_a_failure_that_names_it(telemetry: Telemetry) -> None:
    telemetry.folder = telemetry.path / "nowhere"
    (failure,) = telemetry.collect().failures
    assert "nowhere" in failure and "sources.otlp" in failure


def test_metric_points_keep_their_amount_exactly(telemetry: Telemetry) -> None:
    at = {"startTimeUnixNano": str(DAY), "timeUnixNano": DAY + 60 * SECOND, "attributes": []}
    telemetry.drop(
        "m.jsonl",
        counter(CLAUDE, "claude_code.cost.usage", [{**at, "asDouble": 0.1}]),
        counter(CLAUDE, "claude_code.token.usage", [{**at, "asInt": "9007199254740993"}], temporality=2),
        counter(CLAUDE, "some.other.metric", [{**at, "asInt": "1"}]),
    )
    telemetry.collect()
    rows = telemetry.rows("metrics", "metric, amount::varchar, temporality")
    assert sorted(rows) == [
        ("claude_code.cost.usage", "0.100000000000", "delta"),
        ("claude_code.token.usage", "9007199254740993.000000000000", "cumulative"),
    ]
