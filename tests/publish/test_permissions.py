"""Access is a file permission, not a promise (security-privacy 5)."""

import grp
import os
from pathlib import Path

import pytest

from spend_assets.publish.refusal import PublicationRefused

from .world import World


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_modes_of_a_publication_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    world.build()
    before = os.umask(0)
    try:
        world.publish()
    finally:
        os.umask(before)
    wanted = {
        "": 0o711, "index.html": 0o640, "finance.html": 0o640, "restricted.html": 0o600, "manifest.json": 0o640,
        "aggregate.duckdb": 0o640, "finance.duckdb": 0o640, "restricted.duckdb": 0o600,
        "parquet": 0o711, "parquet/aggregate": 0o750, "parquet/finance": 0o750, "parquet/restricted": 0o700,
        "parquet/aggregate/data_health.parquet": 0o640, "parquet/finance/finance_monthly.parquet": 0o640,
        "parquet/restricted/spend_daily.parquet": 0o600,
    }  # fmt: skip
    assert {name: oct(mode(world.current / name)) for name in wanted} == {name: oct(value) for name, value in wanted.items()}
    assert mode(world.published) == 0o711
    assert mode(world.published / "generations") == 0o711


def test_files_go_to_the_groups_of_the_settings_and_restricted_to_none(tmp_path: Path) -> None:
    others = [g for g in os.getgroups() if g != os.getegid()] or [g.gr_gid for g in grp.getgrall() if g.gr_gid != os.getegid()]
    if os.geteuid() != 0 and others[0] not in os.getgroups():
        others = [os.getegid()]
    group = grp.getgrgid(others[0])
    world = World(tmp_path / "home", publish={"groups": {"aggregate": group.gr_name}})
    world.build()
    world.publish()
    for name in ("aggregate.duckdb", "index.html", "manifest.json", "parquet/aggregate", "parquet/aggregate/data_health.parquet"):
        assert (world.current / name).stat().st_gid == group.gr_gid, name
    for name in ("finance.duckdb", "restricted.duckdb", "restricted.html", "parquet/restricted"):
        assert (world.current / name).stat().st_gid == os.getegid(), name


def test_an_unknown_group_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    world = World(tmp_path / "home", publish={"groups": {"finance": "no-such-group"}})
    world.build()
    with pytest.raises(PublicationRefused, match="finance names the group 'no-such-group'"):
        world.publish()
    assert not world.published.exists()


def test_groups_that_change_later_reach_the_publication_that_stands(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    world.build()
    world.publish()
    (world.current / "restricted.duckdb").chmod(0o644)
    world.publish()
    assert mode(world.current / "restricted.duckdb") == 0o600
