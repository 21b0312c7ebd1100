"""tests/conftest.py itself: what it promises to every other test, tried in a pytest of its own."""

import os
import subprocess
import sys
from pathlib import Path

CASES = """
import os
import pytest

def test_skipped():
    pytest.skip("no Chromium here")

@pytest.mark.skipif(True, reason="marked")
def test_marked():
    pass

@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert False

def test_environment():
    assert "SPEND_HOME" not in os.environ and "DAGSTER_HOME" not in os.environ
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "yes"
    assert "127.0.0.1" in os.environ["no_proxy"].split(",")
    assert os.umask(0o077) == 0o077
"""


def run(folder: Path, project_root: Path, cases: str, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text((project_root / "tests" / "conftest.py").read_text())
    (folder / "test_cases.py").write_text(cases)
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder), str(folder)]
    dirty = {"SPEND_HOME": "/elsewhere", "DAGSTER_HOME": "/elsewhere", "DAGSTER_DISABLE_TELEMETRY": "", "SPEND_REQUIRE_ALL": ""}
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **dirty, **env}, check=False)


def test_a_skip_is_a_skip_on_a_developers_machine(tmp_path: Path, project_root: Path) -> None:
    answer = run(tmp_path, project_root, CASES)
    assert "1 passed, 2 skipped, 1 xfailed" in answer.stdout
    assert answer.returncode == 0


def test_ci_turns_every_skip_into_a_failure_that_keeps_its_reason(tmp_path: Path, project_root: Path) -> None:
    answer = run(tmp_path, project_root, CASES, SPEND_REQUIRE_ALL="1")
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in answer.stdout
    assert "no Chromium here" in answer.stdout
    assert "marked" in answer.stdout


def test_ci_refuses_a_module_that_skips_itself(tmp_path: Path, project_root: Path) -> None:
    answer = run(tmp_path, project_root, "import pytest\npytest.importorskip('no_such_module')\n", SPEND_REQUIRE_ALL="1")
    assert "1 error" in answer.stdout
    assert "no_such_module" in answer.stdout
    assert answer.returncode != 0
