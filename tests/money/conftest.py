import pytest

from tests.money.company import AS_OF
from tests.money.project import Money


@pytest.fixture(scope="session")
def money(tmp_path_factory: pytest.TempPathFactory) -> Money:
    return Money(tmp_path_factory.mktemp("money"), AS_OF)
