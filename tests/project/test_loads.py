"""What the webserver does first: workspace.yaml, definitions, dbt's manifest. Run alone by `make check`."""

import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from spend_assets.dbt_build import MANIFEST, code_hash
from spend_assets.starter import write_starter


def test_workspace_and_pyproject_name_the_same_module(project_root: Path) -> None:
    workspace = yaml.safe_load((project_root / "workspace.yaml").read_text())
    project = tomllib.loads((project_root / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    assert workspace == {
        "load_from": [{"python_module": {"module_name": project["code_location_target_module"], "location_name": "spend"}}]
    }


def test_the_definitions_load_through_the_workspace_and_dbt_parses(project_root: Path, tmp_path: Path) -> None:
    write_starter(tmp_path, (datetime.now(UTC).date() - timedelta(days=30)).isoformat())
    env = {**os.environ, "SPEND_CONFIG": str(tmp_path / "spend.toml"), "SPEND_HOME": str(tmp_path / "data"), "DAGSTER_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml", "--log-format", "json"]
    answer = subprocess.run(command, cwd=project_root, env=env, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, (answer.stdout + answer.stderr)[-4000:]
    assert MANIFEST.with_name("parsed.sha256").read_text().split()[0] == code_hash(), "the manifest is that of the project as it stands"
