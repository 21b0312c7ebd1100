"""What the tests of ui/, orchestration/ and security/ look at: one finished demo, and one `spend ui` over it. Made once per session.

Their conftest files import the fixtures from here. pytest keeps one instance per conftest, so the things themselves are kept in the
stash of the session's config.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from spend_assets.demo import DemoState
from spend_assets.sandbox.run import Sandbox

from .processes import Finished, Ui, environment, run_spend

T = TypeVar("T")
PEOPLE, DAYS, SEED = 30, 5, 41
PSEUDONYM_KEY = "the key of this test, thirty-two characters and more"


@dataclass(frozen=True)
class Demo:
    home: Path
    user_home: Path
    """$HOME of the commands: what tools leave there is seen."""
    secrets: dict[str, str]
    env: dict[str, str]
    """For commands over the finished home; holds no token, since they are the sandbox's."""
    run: Finished


def once(config: pytest.Config, key: pytest.StashKey[T], make: Callable[[], T]) -> T:
    if key not in config.stash:
        config.stash[key] = make()
    return config.stash[key]


DEMO = pytest.StashKey[Demo]()
UI = pytest.StashKey[Ui]()


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return once(request.config, DEMO, lambda: _make_demo(tmp_path_factory.mktemp("demo")))


def _make_demo(folder: Path) -> Demo:
    home, user_home = folder / "it's a home", folder / "user"
    user_home.mkdir()
    env = environment(SPEND_HOME=str(home), HOME=str(user_home), SPEND_PSEUDONYM_KEY=PSEUDONYM_KEY)
    run = run_spend(["demo", "--people", str(PEOPLE), "--days", str(DAYS), "--seed", str(SEED)], env, user_home)
    assert run.code == 0, run.err[-4000:]
    state = DemoState.read(home)
    with Sandbox(state.config()) as same:  # the same seed has the same tokens
        tokens = same.tokens
    after = {**env, "SPEND_CONFIG": str(home / "spend.toml"), "SPEND_NOW": state.now.isoformat()}
    return Demo(home, user_home, {**tokens, "SPEND_PSEUDONYM_KEY": PSEUDONYM_KEY}, after, run)


@pytest.fixture(scope="session")
def ui(request: pytest.FixtureRequest, demo: Demo) -> Ui:
    def start() -> Ui:
        served = Ui(demo.env, demo.user_home, demo.user_home / "ui.log")
        request.config.add_cleanup(served.stop)
        return served.wait_until_loaded()

    return once(request.config, UI, start)
