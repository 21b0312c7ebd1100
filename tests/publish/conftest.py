from pathlib import Path

import pytest

from .world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "home")
    made.build()
    return made


@pytest.fixture(scope="module")
def published_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Published once; for tests that only read."""
    made = World(tmp_path_factory.mktemp("publish") / "home")
    made.build()
    made.publish()
    return made
