"""A headless run: what it publishes when a vendor refuses a stream, and what a second run beside it does."""

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from spend_assets.home import HomeError, exclusive
from spend_assets.warehouse import Warehouse

from .conftest import LAST_DAY, DeniedRun


def test_a_denied_billing_token_publishes_the_rest_and_ends_red(denied_run: DeniedRun) -> None:
    run = denied_run.run
    assert run.code == 3, run.err[-3000:]
    assert "manage_billing:enterprise" in run.err
    assert "published, but these streams failed and their days are marked" in run.err
    assert "github_copilot/ai_credit_report acme" in run.err
    assert "Traceback" not in run.err
    with duckdb.connect(str(denied_run.home / "published" / "current" / "aggregate.duckdb"), read_only=True) as published:
        days = published.execute("select stream, day, data_status from marts.data_health").fetchall()
    asked = {LAST_DAY - timedelta(days=back) for back in range(4)}
    assert {day for stream, day, status in days if stream == "ai_credit_report" and status == "failed"} == asked
    assert {(day, status) for stream, day, status in days if stream == "user_days"} == {(day, "complete") for day in asked}


def test_the_failure_is_written_down_for_the_status(denied_run: DeniedRun) -> None:
    facts = json.loads((denied_run.home / "builds" / "last_failure.json").read_text(encoding="utf-8"))
    assert facts["job"] == "daily" and "manage_billing:enterprise" in facts["message"]


def test_the_failure_is_remembered_by_dagster_too(denied_run: DeniedRun) -> None:
    import dagster as dg

    with dg.DagsterInstance.from_config(str(denied_run.home / "dagster")) as instance:
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.FAILURE
        assert run.job_name == "daily"


def test_a_second_run_waits_with_a_message_and_then_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    entered, leave, order = threading.Event(), threading.Event(), []

    def first() -> None:
        with exclusive(tmp_path, "publication", lambda _text: None):
            entered.set()
            leave.wait(30)
            order.append("first left")

    def say(text: str) -> None:
        said.append(text)
        leave.set()

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(30)
    with exclusive(tmp_path, "dbt build", say):
        order.append("second entered")
    thread.join()
    assert order == ["first left", "second entered"]
    assert len(said) == 1
    assert said[0].startswith(f"waiting for {tmp_path}: process ")
    assert "holds it for publication since 20" in said[0]


HOLD = """
import sys
from pathlib import Path
from spend_assets.home import exclusive
with exclusive(Path(sys.argv[1]), "dbt build", print):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_of_another_process_stops_this_one_with_its_name(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(HomeError, match=f"gave up waiting.*process {other.pid} holds it for dbt build.*run again when it has ended"),
            exclusive(tmp_path, "publication", lambda _text: None, limit_seconds=0.1),
        ):
            pass
        other.kill()
    with exclusive(tmp_path, "publication", lambda _text: None, limit_seconds=0.1):
        assert json.loads((tmp_path / "run.holder.json").read_text())["purpose"] == "publication", "a killed run holds nothing"


OPEN = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('select 1')"


def test_the_warehouse_is_closed_when_a_step_raises(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    command = [sys.executable, "-c", OPEN, str(warehouse.path)]
    with warehouse.connect():
        assert subprocess.run(command, capture_output=True, check=False).returncode != 0, "another process is locked out meanwhile"
    held = []  # a reference that outlives the body, as a traceback would keep one
    with pytest.raises(RuntimeError, match="broken step"), warehouse.connect() as connection:
        held.append(connection)
        raise RuntimeError("broken step")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
