"""Lines 5, 8 and 12 on a home that a whole demo was written to, under a machine's ordinary umask."""

import pickletools
from pathlib import Path

import yaml

from tests.ui.fixtures import Demo

NOT_OURS = {"builds/dbt/partial_parse.msgpack"}
"""dbt's copy of its parse keeps the mode of the original; the folder around it is closed."""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_folders_are_closed_except_on_the_way_to_what_is_published(demo: Demo) -> None:
    published = demo.home / "published"
    assert mode(demo.home) == 0o711
    assert mode(published) == 0o711
    for folder in (path for path in demo.home.rglob("*") if path.is_dir() and not path.is_symlink()):
        if folder != published and published not in folder.parents:
            assert mode(folder) == 0o700, folder.relative_to(demo.home)


def test_files_are_the_owners_alone_except_what_an_audience_reads(demo: Demo) -> None:
    wrong = {}
    for path in (path for path in demo.home.rglob("*") if path.is_file() and not path.is_symlink()):
        name = path.relative_to(demo.home).as_posix()
        wanted = 0o600
        if name.startswith("published/generations/") and "restricted" not in name:
            wanted = 0o640
        if mode(path) != wanted and name not in NOT_OURS:
            wrong[name] = oct(mode(path))
    assert wrong == {}


def test_folders_of_audiences_are_open_to_their_group_only(demo: Demo) -> None:
    parquet = demo.home / "published" / "current" / "parquet"
    assert {folder.name: mode(folder) for folder in parquet.iterdir()} == {"aggregate": 0o750, "finance": 0o750, "restricted": 0o700}


def is_pickle(body: bytes) -> bool:
    if body[:1] != b"\x80":  # protocol 2 and later; 0 and 1 are written by nothing since Python 3.0
        return False
    try:
        return sum(1 for _ in pickletools.genops(body)) > 1
    except Exception:  # noqa: BLE001 - whatever pickletools stumbles over is no pickle
        return False


def test_a_finished_run_leaves_no_pickle(demo: Demo) -> None:
    import pickle

    assert is_pickle(pickle.dumps({"a": 1}))
    found = []
    for path in (path for path in demo.home.rglob("*") if path.is_file() and not path.is_symlink()):
        if path.suffix in (".pickle", ".pkl", ".gpickle") or is_pickle(path.read_bytes()):
            found.append(path.relative_to(demo.home).as_posix())
    assert found == []


def test_neither_dagster_nor_dbt_reports_home(demo: Demo) -> None:
    """With telemetry on, Dagster keeps an id in ~/.dagster and dbt one in ~/.dbt and beside the project."""
    instance = yaml.safe_load((demo.home / "dagster" / "dagster.yaml").read_text())
    assert instance["telemetry"] == {"enabled": False}
    assert not list(demo.user_home.rglob("id.yaml"))
    assert not list(demo.user_home.rglob(".user.yml"))
    assert not list((demo.home / "dagster").rglob(".telemetry"))
    assert not list((demo.home / "dagster").glob("logs/event.log"))
