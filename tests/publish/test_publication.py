"""What a publication holds, and that the same inputs give the same bytes."""

import json
from pathlib import Path

import duckdb
import pytest

from spend_assets.publish.durable import sha256_of
from spend_assets.publish.refusal import PublicationRefused

from .world import AS_OF, BUILD, META, PASSED, WARNED, World


def test_each_audience_holds_its_tables_and_no_other(published_world: World) -> None:
    listing = "SELECT schema_name || '.' || table_name FROM duckdb_tables()"
    for audience in ("aggregate", "finance", "restricted"):
        wanted = {name for name, meta in META.items() if audience == meta["audience"] or audience in meta["audience"]}
        assert {name for (name,) in published_world.query(audience, listing)} == wanted
        parquet = {path.stem for path in (published_world.current / "parquet" / audience).iterdir()}
        assert parquet == {name.split(".")[1] for name in wanted}


def test_rows_are_those_of_the_mart_with_publication_and_day_of_knowledge(published_world: World) -> None:
    publication = published_world.current.resolve().name
    columns = "day, vendor, account, series, model, consumption_usd, billed_usd, effective_usd, data_status"
    published = published_world.query("finance", f"SELECT {columns} FROM marts.spend_by_vendor_daily ORDER BY ALL")
    with duckdb.connect(str(published_world.warehouse), read_only=True) as connection:
        assert published == connection.execute(f"SELECT {columns} FROM marts.spend_by_vendor_daily ORDER BY ALL").fetchall()
    described = published_world.query("finance", "DESCRIBE marts.spend_by_vendor_daily")
    assert [row[:2] for row in described[:2]] == [("publication_id", "VARCHAR"), ("as_of", "DATE")]
    assert ("consumption_usd", "DECIMAL(28,12)") in [row[:2] for row in described]
    for audience in ("aggregate", "finance", "restricted"):
        for (table,) in published_world.query(audience, "SELECT schema_name || '.' || table_name FROM duckdb_tables()"):
            assert published_world.query(audience, f"SELECT DISTINCT publication_id, as_of FROM {table}") == [(publication, AS_OF)]


def test_rows_stand_in_the_declared_order(published_world: World) -> None:
    days = published_world.query("aggregate", "SELECT day, model FROM marts.spend_by_vendor_daily ORDER BY rowid")
    assert days == sorted(days)
    people = [row[0] for row in published_world.query("restricted", "SELECT principal_key FROM marts.spend_daily ORDER BY rowid")]
    assert people == sorted(people), "sorted as published: an order by the real ids would give the pseudonyms away"


def test_files_can_be_read_by_older_duckdb_and_leave_no_log(published_world: World) -> None:
    for audience in ("aggregate", "finance", "restricted"):
        header = (published_world.current / f"{audience}.duckdb").read_bytes()[:64]
        assert header[8:12] == b"DUCK"
        assert int.from_bytes(header[12:20], "little") == 64, "the storage version that DuckDB 1.0 reads"
    assert not list(published_world.home.rglob("*.wal"))


def test_manifest_names_tables_columns_and_the_hash_of_every_file(published_world: World) -> None:
    manifest = json.loads((published_world.current / "manifest.json").read_text())
    assert (manifest["build_id"], manifest["as_of"]) == (BUILD, "2026-10-01")
    assert manifest["publication_id"] == published_world.current.resolve().name
    assert manifest["tables"]["marts.spend_daily"]["rows"] == 5000
    assert manifest["tables"]["marts.data_health"]["columns"]["day"] == "DATE"
    assert manifest["files"] == {name: sha256_of(published_world.current / name) for name in published_world.bytes_of()}


def test_warnings_are_published_and_named_in_the_manifest(world: World) -> None:
    world.build(checks=(PASSED, WARNED))
    world.publish()
    checks = json.loads((world.current / "manifest.json").read_text())["checks"]
    assert checks == {"run": 2, "passed": 1, "warned": ["freshness"]}


def test_the_same_inputs_give_the_same_bytes_in_another_home(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "another home")
    other.build()
    first, second = world.publish(), other.publish()
    assert first.publication_id == second.publication_id
    assert world.bytes_of() == other.bytes_of()


def test_publishing_again_changes_nothing(world: World) -> None:
    first = world.publish()
    before = {p: (p.lstat().st_mtime_ns, p.lstat().st_ino) for p in [world.current, *world.published.rglob("*")]}
    second = world.publish()
    assert (first.new, second.new) == (True, False)
    assert first.tables == second.tables
    assert before == {p: (p.lstat().st_mtime_ns, p.lstat().st_ino) for p in [world.current, *world.published.rglob("*")]}


def test_a_damaged_publication_is_written_anew_beside_it(world: World) -> None:
    first = world.publish()
    good = world.bytes_of()
    page = first.path / "index.html"
    page.write_text("half")
    second = world.publish()
    assert second.new
    assert second.path != first.path
    assert world.current.resolve() == second.path
    assert world.bytes_of() == good


def test_older_publications_go_and_the_current_one_stays(world: World) -> None:
    names = []
    for letter in "abcd":
        world.build(letter * 64)
        names.append(world.publish(letter * 64).publication_id)
    assert {p.name for p in (world.published / "generations").iterdir()} == set(names[-2:])
    world.build("c" * 64)
    assert world.publish("c" * 64).publication_id == names[2]
    assert world.current.resolve().name == names[2], "an older publication can be linked again"


def test_empty_tables_are_published_with_their_columns(world: World) -> None:
    world.build(extra="; CREATE TABLE marts.dim_team AS SELECT 'x' AS team WHERE false", meta={"marts.dim_team": {"audience": "aggregate"}})
    assert world.publish().tables["marts.dim_team"] == 0
    assert world.query("aggregate", "SELECT count(*) FROM marts.dim_team") == [(0,)]


@pytest.mark.parametrize(
    ("column", "kind"),
    [("sum(1::BIGINT)", "HUGEINT"), ("1::INTEGER", "INTEGER"), ("[1::BIGINT]", r"BIGINT\[\]"), ("now()", "TIMESTAMP WITH TIME ZONE")],
)
def test_a_type_outside_the_contract_is_refused_by_name(world: World, column: str, kind: str) -> None:
    world.build(extra=f"; CREATE TABLE marts.dim_team AS SELECT {column} AS odd", meta={"marts.dim_team": {"audience": "aggregate"}})
    with pytest.raises(PublicationRefused, match=rf"dim_team\.odd is {kind}"):
        world.publish()
    assert not world.current.exists()


def test_the_warehouse_must_show_the_build_that_was_judged(world: World) -> None:
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("UPDATE ops.build SET build_id = 'another'")
    with pytest.raises(PublicationRefused, match="the warehouse holds build another"):
        world.publish()
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("DELETE FROM ops.build")
    with pytest.raises(PublicationRefused, match="no finished build"):
        world.publish()
    assert [p.name for p in (world.published / "generations").iterdir()] == []
