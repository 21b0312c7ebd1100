"""deploy/: the instance settings are Dagster's own, and the examples keep the keys where README.md says."""

import re
from pathlib import Path

import dagster as dg
import pytest


def test_dagster_takes_the_instance_settings(project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dagster.yaml").write_text((project_root / "deploy" / "dagster.yaml").read_text())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as instance:
        assert instance.telemetry_enabled is False
        concurrency = instance.get_concurrency_config()
        assert concurrency.run_queue_config is not None
        assert concurrency.run_queue_config.max_concurrent_runs == 1
        assert concurrency.pool_config.default_pool_limit == 1
        assert concurrency.pool_config.pool_granularity is not None
        assert concurrency.pool_config.pool_granularity.value == "run"
        assert instance.run_retries_enabled
        assert instance.get_settings("run_retries")["retry_on_asset_or_op_failure"] is False
        assert list(tmp_path.rglob("*.db")), "storage lies inside DAGSTER_HOME"


def unit(path: Path) -> dict[str, list[str]]:
    """The settings of a systemd unit; a name may stand there more than once."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_only_the_daily_run_is_given_vendor_keys(project_root: Path) -> None:
    keys = {path.name: unit(path).get("EnvironmentFile", []) for path in (project_root / "deploy" / "systemd").glob("*.service")}
    assert keys == {
        "spend-run.service": ["/etc/spend/ingest.env"],
        "spend-publish.service": ["/etc/spend/publish.env"],
        "spend-ui.service": [],
    }


def test_the_shared_ui_is_read_only_on_loopback_and_without_the_data(project_root: Path) -> None:
    service = unit(project_root / "deploy" / "systemd" / "spend-ui.service")
    assert "--read-only --host 127.0.0.1 " in service["ExecStart"][0]
    hidden = " ".join(service["InaccessiblePaths"])
    for path in ("/etc/spend/ingest.env", "/var/lib/spend/landing", "/var/lib/spend/warehouse.duckdb"):
        assert path in hidden
    proxy = (project_root / "deploy" / "nginx" / "spend.conf").read_text()
    assert "auth_basic_user_file" in proxy
    assert "if ($args ~ query=) { return 405; }" in proxy


@pytest.mark.parametrize("folder", ["systemd", "cron", "container"])
def test_no_example_holds_a_secret_or_switches_hash_checking_off(project_root: Path, folder: str) -> None:
    for path in (project_root / "deploy" / folder).iterdir():
        text = path.read_text()
        assert not re.search(r"(TOKEN|KEY)=\S", text), path.name
        assert "pip install" not in text, f"{path.name} goes round bootstrap.py and with it the lock"
