from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from spend_assets.answers import Window
from spend_assets.settings import Limits
from spend_assets.sources import GitHubSource
from spend_assets.vendors.github import GitHubCopilot

from .server import ScriptedServer

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
DAY = Window.of_day(date(2026, 10, 1))
TOKEN = "ghp_metrics_secret"
BILLING = "ghp_billing_secret"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def waits() -> list[float]:
    """The seconds that a client wanted to sleep."""
    return []


@pytest.fixture
def copilot(server: ScriptedServer, waits: list[float]) -> Iterator[Callable[..., GitHubCopilot]]:
    """Makes a client of the scripted server: an enterprise with team organisation `web`, or what the keywords say."""
    clients = []

    def make(*, limits: dict[str, Any] | None = None, env: dict[str, str] | None = None, **source: Any) -> GitHubCopilot:
        scope = {} if "org" in source else {"enterprise": "acme", "team_orgs": ("web",)}
        defaults = {"account": "acme", "base_url": server.url, "token_env": "GH", "billing_token_env": "GH_BILLING", **scope}
        client = GitHubCopilot(
            GitHubSource.model_validate({**defaults, **source}),
            Limits.model_validate({"timeout_seconds": 2.0, **(limits or {})}),
            now=lambda: NOW,
            env={"GH": TOKEN, "GH_BILLING": BILLING} if env is None else env,
            sleep=waits.append,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def recorded() -> Callable[[str], bytes]:
    return lambda name: (Path(__file__).parent / "fixtures" / name).read_bytes()
