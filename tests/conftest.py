"""What every test stands on: no telemetry, nothing of the developer's own platform, no proxy for loopback, and skips that CI refuses."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# At import, before a test module can import Dagster or dbt.
REQUIRE_ALL = os.environ.get("SPEND_REQUIRE_ALL") == "1"
for _name in [name for name in os.environ if name.startswith(("SPEND_", "DAGSTER_", "DBT_"))]:
    if _name != "SPEND_REQUIRE_ALL":  # the workers of a parallel run read it too
        del os.environ[_name]
os.environ.update(DAGSTER_DISABLE_TELEMETRY="yes", DBT_SEND_ANONYMOUS_USAGE_STATS="false", DO_NOT_TRACK="1")
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(part for part in (os.environ.get(_name), "127.0.0.1", "localhost", "::1") if part)
os.umask(0o077)


SHARING = {
    "money": "money",
    "people": "people",
    "privacy": "privacy",
    "recorded": "recorded",
    "orchestration": "demo",
    "security": "demo",
    "ui": "demo",
}
"""Folders whose files share one costly fixture (a built home, a finished demo), by the name of what they share."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """In a parallel run the tests of a file stay with one worker, and those of all files that share a costly fixture."""
    return ByFixture(config, log)


class ByFixture(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.split("::", 1)[0])
        return SHARING.get(path.parent.name, path.as_posix())


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """CI installs whatever a test may lack, so a skip there hides a hole (SPEND_REQUIRE_ALL=1). An expected failure is none."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"SPEND_REQUIRE_ALL=1 allows no skip, but: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.fixture(scope="session")
def project_root() -> Path:
    return Path(__file__).resolve().parent.parent
