"""An erasure that is killed at every one of its instants, and run again: the home of one that nobody disturbed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spend_assets.people.erase import POINTS
from spend_assets.people.search import search

from .conftest import Opened

pytestmark = pytest.mark.long
QUICK = [point for point in POINTS if point.startswith(("people.job", "people.list", "rewrite", "raw.forget", "forget."))]
"""Before the build. Job and list are written once: after their renaming they are there."""
ONCE = ("people.job.after_parent_fsync", "people.list.after_parent_fsync")
WITH_A_BUILD = ["erase.built", "erase.published", "erase.searched", "people.certificate.before_write", "people.certificate.after_rename"]


def run(home: Path, person: str, point: str | None, project_root: Path) -> None:
    env = {**os.environ, "SPEND_HOME": str(home), "PYTHONPATH": str(project_root), **({"SPEND_CRASH_AT": point} if point else {})}
    driver = [sys.executable, str(Path(__file__).with_name("kill_driver.py")), person]
    done = subprocess.run(driver, env=env, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == (137 if point else 0), f"{point}: ended with {done.returncode}\n{done.stdout[-500:]}{done.stderr[-1500:]}"


def landing_and_raw(home: Path) -> dict[str, bytes]:
    roots = [home / "landing", home / "raw"]
    return {str(path.relative_to(home)): path.read_bytes() for root in roots for path in sorted(root.rglob("*")) if path.is_file()}


def test_killed_at_every_instant_one_after_the_other(opened: Opened, before: Path, tmp_path: Path, project_root: Path) -> None:
    """In one home, so that the damage adds up. Beside it one that is left in peace."""
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    for home in (calm, killed):
        shutil.copytree(before, home, symlinks=True)
    person = opened.who.employee
    run(calm, person, None, project_root)
    quick = [point for point in QUICK if point not in ONCE]
    for point in [*quick, "erase.forgotten", *WITH_A_BUILD]:
        run(killed, person, point, project_root)
    run(killed, person, None, project_root)
    assert search(killed, opened.who.identifiers).places == {}
    assert landing_and_raw(killed) == landing_and_raw(calm)
    certificates = sorted((killed / "people" / "certificates").glob("*.json"))
    assert [json.loads(path.read_text())["complete"] for path in certificates] == [True]
    assert len(json.loads(certificates[0].read_text())["landed_files"]) > 5, "counted over all that were killed"
    assert not (killed / "people" / "erasure.json").exists()
