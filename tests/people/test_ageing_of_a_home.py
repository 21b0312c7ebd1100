"""A company whose days grew too old: nobody of them is kept, and what aggregate and finance files told of them stays to the last digit."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from spend_assets.cli import main
from spend_assets.people.retention import apply_retention
from spend_assets.settings import SettingsError
from tests.integration.lab import PSEUDONYM_KEY

from .conftest import Opened, somebody
from .test_erasure import MONEY, everywhere

pytestmark = pytest.mark.long


def told(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every aggregate and finance file with a period, without the id of the publication."""
    tables = {}
    for path in sorted((home / "published" / "current" / "parquet").rglob("*.parquet")):
        if path.parent.name == "restricted":
            continue
        relation = duckdb.read_parquet(str(path))
        period = next((name for name in ("day", "week", "month") if name in relation.columns), None)
        if period:
            query = f"select * exclude (publication_id, as_of) from '{path}' where {period} < '2026-10-01' order by all"
            tables[f"{path.parent.name}/{path.stem}"] = duckdb.sql(query).fetchall()
    return tables


@pytest.fixture(scope="module")
def aged(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Opened, Path]]:
    """The home half a year later, and a copy of it from before."""
    folder = tmp_path_factory.mktemp("ageing")
    home = folder / "home"
    shutil.copytree(made / "home", home, symlinks=True)
    settings = (made / "spend.toml").read_text()
    (folder / "spend.toml").write_text(settings + "\n[retention]\nenforce = true\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEND_CONFIG", str(folder / "spend.toml"))
        patch.setenv("SPEND_PSEUDONYM_KEY", PSEUDONYM_KEY)
        patch.setenv("SPEND_HOME", str(home))
        patch.setenv("SPEND_NOW", "2027-03-20T06:00:00Z")
        opened = Opened(home, somebody(home / "warehouse.duckdb"))
        said: list[str] = []
        waits = apply_retention(opened.pipeline, said.append)
        assert waits.aged_generations == 0 and any("no publication told these days since they settled" in line for line in said)
        opened.pipeline.build(said.append)
        opened.pipeline.publish(said.append)
        before = folder / "before"
        shutil.copytree(home, before, symlinks=True)
        patch.setenv("SPEND_NOW", "2027-03-21T06:00:00Z")
        retained = apply_retention(opened.pipeline, said.append)
        assert retained.aged_generations > 20
        opened.pipeline.build(said.append)
        opened.pipeline.publish(said.append)
        assert apply_retention(opened.pipeline, said.append).aged_generations == 0
        yield opened, before


def test_nobody_of_those_days_is_in_the_home(aged: tuple[Opened, Path]) -> None:
    opened, before = aged
    assert any(name.startswith("raw/") for name in everywhere(before, opened.who))
    left = {name for name in everywhere(opened.home, opened.who) if "/hr/" not in name and "hr/acme" not in name}
    # The directories that are in force, and what a build makes of them, name who is there today.
    assert not [name for name in left if name.startswith("landing/") and "_2026-09" in name], sorted(left)
    # OpenAI's bill names keys, and the directory that is in force says whose a key is: not of those days.
    rows = opened.query("select distinct principal_key from intermediate.int_spend_people where is_person and day < '2026-10-01'")
    assert all("(erased)" in str(key) or key == "github:-1" or str(key).endswith(":-1") for (key,) in rows), rows


def test_every_figure_that_was_told_stays(aged: tuple[Opened, Path]) -> None:
    opened, before = aged
    was, now = told(before), told(opened.home)
    assert now == was
    assert sum(len(rows) for rows in was.values()) > 100


def test_totals_of_the_ledger_stay(aged: tuple[Opened, Path]) -> None:
    opened, before = aged
    with duckdb.connect(str(before / "warehouse.duckdb"), read_only=True) as connection:
        assert opened.query(MONEY) == connection.execute(MONEY).fetchall()


def test_no_row_of_a_person_is_published_of_those_days(aged: tuple[Opened, Path]) -> None:
    opened, before = aged
    for table, key in (("spend_per_user_daily", "person_key"), ("spend_daily", "principal_key")):
        path = opened.home / "published" / "current" / "parquet" / "restricted" / f"{table}.parquet"
        assert duckdb.sql(f"select count(*) from '{path}' where starts_with({key}, 'p_') and day < '2026-10-01'").fetchall() == [(0,)]
    machines = "select count(*) from '{}/published/current/parquet/restricted/spend_daily.parquet' where series = 'machine_usage'"
    assert duckdb.sql(machines.format(opened.home)).fetchall() == duckdb.sql(machines.format(before)).fetchall() != [(0,)]


def test_a_rebuild_beyond_it_is_refused_and_the_archive_named(aged: tuple[Opened, Path], capsys: pytest.CaptureFixture[str]) -> None:
    opened, _ = aged
    with pytest.raises(SettingsError, match="persons are kept from 2026-10-01 on"):
        opened.pipeline.build_as_of(opened.pipeline.clock.now().date().replace(year=2026, month=9, day=24), print)
    assert main(["as-of", "2026-09-24"]) == 1
    assert "The archived aggregate and finance publications answer" in capsys.readouterr().err


def test_manifests_keep_the_hash_of_what_was_fetched(aged: tuple[Opened, Path]) -> None:
    opened, _ = aged
    manifests = [json.loads(path.read_text()) for path in (opened.home / "landing").rglob("manifest.json")]
    assert sum(bool(manifest.get("replaced_sha256")) for manifest in manifests) > 20
