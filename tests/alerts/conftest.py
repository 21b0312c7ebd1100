"""A desk per test: home, clock, receivers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.desk import KEY, SLACK, Desk
from tests.alerts.smtp_server import SmtpServer
from tests.vendors.server import Reply, ScriptedServer


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("SPEND_PSEUDONYM_KEY", KEY)
    slack, hook, smtp = ScriptedServer(), ScriptedServer(), SmtpServer()
    slack.script[f"{SLACK}-payments"] = [Reply(200, b"ok")]
    try:
        yield Desk(tmp_path / "home", slack, smtp, hook)
    finally:
        for server in (slack, hook, smtp):
            server.close()
