import pytest

from tests.signals.replay import Detection


@pytest.fixture(scope="session")
def detection(tmp_path_factory: pytest.TempPathFactory) -> Detection:
    return Detection(tmp_path_factory.mktemp("detection"))
