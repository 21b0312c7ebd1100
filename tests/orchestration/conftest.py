"""A small company behind GitHub's API, and one headless run over it whose billing token may not read bills."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from spend_assets.sandbox.run import Sandbox, SandboxConfig
from tests.ui.fixtures import PSEUDONYM_KEY, Demo, demo, once, ui
from tests.ui.processes import Finished, environment, run_spend

__all__ = ["demo", "ui"]
LAST_DAY = date(2026, 10, 31)


@dataclass(frozen=True)
class Company:
    sandbox: Sandbox
    config: Path
    env: dict[str, str]
    """Of a process that may read all of it, with a home that does not exist yet."""


COMPANY = pytest.StashKey[Company]()


@pytest.fixture(scope="session")
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    def start() -> Company:
        sandbox = Sandbox(SandboxConfig(people=12, days=4, seed=11, end=LAST_DAY, faults="none", wait_scale=0.0)).start()
        request.config.add_cleanup(sandbox.stop)
        sandbox.clock.set(datetime(2026, 11, 4, 6, tzinfo=UTC))
        config = tmp_path_factory.mktemp("company") / "spend.toml"
        config.write_text(sandbox.settings(), encoding="utf-8")
        return Company(sandbox, config, environment(SPEND_CONFIG=str(config), SPEND_PSEUDONYM_KEY=PSEUDONYM_KEY, **sandbox.tokens))

    return once(request.config, COMPANY, start)


@dataclass(frozen=True)
class DeniedRun:
    home: Path
    env: dict[str, str]
    secrets: dict[str, str]
    run: Finished


DENIED_RUN = pytest.StashKey[DeniedRun]()


@pytest.fixture(scope="session")
def denied_run(request: pytest.FixtureRequest, company: Company, tmp_path_factory: pytest.TempPathFactory) -> DeniedRun:
    """`spend run` of the company's days, with a billing token that lacks its scope."""
    return once(request.config, DENIED_RUN, lambda: _run_without_billing(company, tmp_path_factory.mktemp("denied")))


def _run_without_billing(company: Company, folder: Path) -> DeniedRun:
    secrets = {
        **company.sandbox.tokens,
        "GITHUB_BILLING_TOKEN": company.sandbox.issue_token("read:org"),
        "SPEND_PSEUDONYM_KEY": PSEUDONYM_KEY,
    }
    env = {**company.env, **secrets, "SPEND_HOME": str(folder / "home")}
    first = LAST_DAY - timedelta(days=3)
    run = run_spend(["run", "--from", first.isoformat(), "--to", LAST_DAY.isoformat()], env, folder)
    return DeniedRun(folder / "home", env, secrets, run)


@pytest.fixture
def demo_copy(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The finished demo in a folder of its own, and this process's environment set to it."""
    home = tmp_path / "home"
    shutil.copytree(demo.home, home, symlinks=True)
    for name in ("SPEND_CONFIG", "SPEND_NOW", "SPEND_PSEUDONYM_KEY"):
        monkeypatch.setenv(name, demo.env[name])
    monkeypatch.setenv("SPEND_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home
