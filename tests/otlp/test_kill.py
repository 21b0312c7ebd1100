"""Killed while reading collector files, the next run leaves what an undisturbed one would have left."""

import os
import subprocess
import sys
from pathlib import Path


def test_killed_at_many_instants_the_next_run_completes(tmp_path: Path, project_root: Path) -> None:
    driver = Path(__file__).with_name("kill_driver.py")
    env = {**os.environ, "PYTHONPATH": str(project_root)}
    done = subprocess.run([sys.executable, driver, tmp_path], env=env, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
