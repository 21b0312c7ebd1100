"""What is said of a dbt build that did not come to its end: one sentence on the cause, and never dbt's own stack trace."""

import json
from datetime import date
from pathlib import Path

import pytest

from spend_assets.dbt_build import DbtError
from spend_assets.landing.files import StorageFull
from spend_assets.pipeline import Build
from spend_assets.publish.refusal import PublicationRefused

FULL = 'Runtime Error in model int_spend\n  IO Error: Could not write all bytes to file "warehouse.duckdb": No space left on device'
TRACE = "Traceback (most recent call last):\n  File x\nOSError: [Errno 28] No space left on device: run_results.json"


def finish(home: Path, results: str | None, log: str = "") -> None:
    target = home / "builds" / "dbt"
    target.mkdir(parents=True)
    if results is not None:
        (target / "run_results.json").write_text(results)
        (target / "manifest.json").write_text(json.dumps({"nodes": {}}))
    (target / "dbt.log").write_text(log)
    Build("b", date(2026, 11, 1), home / "warehouse.duckdb", target, home).finish()


def result(status: str, message: str) -> str:
    return json.dumps({"results": [{"unique_id": "model.spend.int_spend", "status": status, "message": message}]})


@pytest.mark.parametrize(
    ("results", "log"),
    [(result("error", FULL), ""), (None, TRACE), ('{"results": [', TRACE)],
    ids=["in a model", "before results", "in the results"],
)
def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path, results: str | None, log: str) -> None:
    with pytest.raises(StorageFull, match=r"no space left while writing to .*; nothing half written was kept") as told:
        finish(tmp_path, results, log)
    assert "Traceback" not in str(told.value) and not (tmp_path / "builds" / "verdict.json").exists()


def test_what_ended_otherwise_says_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(DbtError, match="ended without results; its last lines:\nKilled"):
        finish(tmp_path, None, "Killed")


def test_a_broken_model_is_the_verdict_s_to_name(tmp_path: Path) -> None:
    with pytest.raises(PublicationRefused, match=r"checks failed|no check ran"):
        finish(tmp_path, result("error", "Binder Error: no such column"))
    assert (tmp_path / "builds" / "verdict.json").exists()
