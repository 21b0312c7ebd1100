from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.build import Build, run_dbt


@pytest.fixture(scope="session")
def dbt_build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Build]:
    """`build(home, warehouse=..., as_of=..., start=...)`; one target folder for all, so that dbt parses once per set of variables."""
    work = tmp_path_factory.mktemp("dbt_target")

    def build(home: Path, warehouse: Path, **options: Any) -> Build:
        return run_dbt(home, warehouse, work, **options)

    return build
