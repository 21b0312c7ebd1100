"""Telemetry of six agents against figures that were computed by hand from tests/fixtures/otel."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

Query = Callable[[str], list[tuple[Any, ...]]]


def test_each_call_counts_once_in_disjoint_classes(recorded: Query) -> None:
    rows = recorded(
        """select emitter, model, uncached_input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, estimated_usd
        from intermediate.int_model_calls where account = 'agents' order by emitter, started_at"""
    )
    assert rows == [
        ("claude_code", "claude-sonnet-5", 3, 17241, 16935, 120, Decimal("0.046991700000")),
        ("claude_code", "claude-haiku-4-5-20251001", 400, 0, 0, 20, Decimal("0.000500000000")),
        ("codex", "gpt-5.3-codex", 1000, 4000, None, 700, Decimal("0.012250000000")),
        ("copilot_cli", "claude-sonnet-4.5", 100, 57000, 2900, 50, Decimal("0.029025000000")),
        ("copilot_cli", "claude-sonnet-4.5", 15, 58237, 2091, 153, Decimal("0.027652350000")),
        ("copilot_vscode", "gpt-5.4-2026-03-05", 400, 600, 0, 200, Decimal("0.004150000000")),
        ("gemini_cli", "gemini-3-pro", 540, 1500, None, 420, None),
        ("genai", "text-embedding-4", 64, None, None, None, None),
        ("genai", "claude-opus-4-8", 800, 100, None, 80, Decimal("0.006050000000")),
        ("genai", "claude-opus-4-8", None, None, None, None, None),
    ]


def test_a_call_on_log_and_span_was_told_twice_and_the_parents_are_a_check(recorded: Query) -> None:
    assert recorded("select model from intermediate.int_model_calls where times_told = 2") == [("claude-sonnet-5",)]
    assert recorded("select count(*) from intermediate.int_model_calls where is_from_parent") == [(0,)]
    usage = "sum(input_tokens), sum(output_tokens)"
    assert recorded(f"select {usage} from staging.stg_otlp__agent_spans where emitter = 'copilot_cli'") == [(120343, 203)]


def test_tools_have_a_class_an_outcome_and_a_commit(recorded: Query) -> None:
    rows = recorded(
        """select emitter, tool, command_class, is_success, exit_code, commit_sha, times_told from intermediate.int_tool_calls
        where account = 'agents' order by emitter, started_at"""
    )
    assert rows == [
        ("claude_code", "Bash", "test", False, None, None, 2),
        ("claude_code", "Bash", "git", True, None, "9fceb02d0ae598e95dc970b74767f19372d61af8", 1),
        ("claude_code", "Read", None, True, None, None, 1),
        ("codex", "shell", "test", True, None, None, 1),
        ("copilot_cli", "bash", "test", False, 1, None, 1),
        ("gemini_cli", "run_shell_command", "build", True, None, None, 1),
        ("genai", "search", None, None, None, None, 1),
    ]


def test_settings_approve_for_nobody(recorded: Query) -> None:
    rows = recorded(
        """select emitter, decision, decision_source, is_human, is_accepted, wait_ms from intermediate.int_approvals
        where account = 'agents' order by emitter, decided_at"""
    )
    assert rows == [
        ("claude_code", "accept", "user_temporary", True, True, 1500),
        ("claude_code", "accept", "config", False, True, None),
        ("codex", "approved", "user", True, True, None),
        ("gemini_cli", "auto_accept", None, False, True, None),
    ]


def test_a_session_is_one_row_with_its_evidence(recorded: Query) -> None:
    rows = recorded(
        """select session_id, workflow_id, task_id, repository, branch, turns, prompts, calls, failed_attempts, test_runs, failed_test_runs,
            human_approvals, commits, last_test_passed, model_switches
        from intermediate.int_agent_sessions where account = 'agents' order by emitter"""
    )
    assert rows == [
        ("cc-1", "dependency-updates", "PAY-1021", "acme/payments", "PAY-1021-bump-libs", 1, 1, 2, 3, 1, 1, 1, 1, False, 0),
        ("cx-1", None, None, None, None, 1, 1, 1, 1, 1, 0, 1, 0, True, 0),
        ("cp-1", None, None, None, None, 1, 0, 2, 0, 1, 1, 0, 0, False, 0),
        ("vs-1", "dependency-updates", "PAY-1021", "acme/web", "feature/paging-7", 1, 0, 1, 0, 0, 0, 0, 0, None, 0),
        ("gm-1", None, "PAY-77", None, None, 1, 1, 1, 1, 0, 0, 0, 0, None, 0),
        (None, "invoices", None, None, None, 1, 0, 3, 0, 0, 0, 0, 0, None, 0),
    ]


def test_the_days_have_a_status_like_those_of_any_stream(recorded: Query) -> None:
    rows = recorded("select stream, day, data_status from marts.data_health where vendor = 'otlp' and account = 'agents'")
    assert {stream for stream, _, _ in rows} >= {"model_calls", "tool_calls", "contexts"}
    assert {(day, status) for _, day, status in rows} == {(date(2026, 10, 10), "complete")}
