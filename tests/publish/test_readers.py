"""Readers see the old publication or the new one: during swaps, and after a publisher was killed at any named instant."""

import threading
from pathlib import Path

import duckdb
import pytest

from spend_assets.publish.publish import POINTS

from .world import World

OLD, NEW = "a" * 64, "b" * 64
TABLES = ("marts.spend_by_vendor_daily", "marts.spend_per_team_weekly", "marts.data_health")
MIX = " UNION ALL ".join(f"SELECT DISTINCT publication_id FROM {table}" for table in TABLES)


def read_once(world: World) -> set[str]:
    """What one reader sees in one connection; more than one id would be a mix."""
    return {row[0] for row in world.query("aggregate", MIX)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("undisturbed") / "home")
    made.build(NEW)
    made.publish(NEW)
    return made


@pytest.mark.parametrize("crash_at", POINTS)
def test_a_publisher_killed_at_any_point_leaves_the_old_or_the_new(crash_at: str, tmp_path: Path, undisturbed: World) -> None:
    world = World(tmp_path / "home")
    world.build(OLD)
    old = world.publish(OLD).publication_id
    old_bytes = world.bytes_of()
    world.build(NEW)
    assert world.publish_in_child(NEW, crash_at) == 137
    swapped = crash_at in ("publish.linked", "publish.pruned")
    seen = read_once(world)
    assert seen == ({undisturbed.current.resolve().name} if swapped else {old})
    assert world.bytes_of() == (undisturbed.bytes_of() if swapped else old_bytes)
    new = world.publish(NEW).publication_id
    assert read_once(world) == {new}
    assert world.bytes_of() == undisturbed.bytes_of()
    assert not [p for p in world.published.rglob("*") if p.name.startswith(".")]


def test_readers_in_a_loop_see_no_error_and_no_mix_during_twenty_swaps(tmp_path: Path) -> None:
    world = World(tmp_path / "home", publish={"keep": 2})
    world.build(OLD)
    published = [world.publish(OLD).publication_id]
    seen: set[str] = set()
    trouble: list[str] = []
    reads = [0, 0]
    done = threading.Event()

    def reader(number: int) -> None:
        while not done.is_set():
            try:
                ids = read_once(world)
            except duckdb.Error as error:
                trouble.append(str(error))
                return
            if len(ids) != 1:
                trouble.append(f"a mix of {ids}")
            seen.update(ids)
            reads[number] += 1

    readers = [threading.Thread(target=reader, args=(number,)) for number in range(2)]
    for thread in readers:
        thread.start()
    for swap in range(20):
        world.build(f"{swap:064}")
        published.append(world.publish(f"{swap:064}").publication_id)
    done.set()
    for thread in readers:
        thread.join()
    assert trouble == []
    assert seen <= set(published)
    assert len(set(published)) == 21
    assert len(seen) > 2
    assert min(reads) > 1


def test_a_reader_that_stays_connected_keeps_its_publication_and_a_new_one_sees_the_new(world: World) -> None:
    first = world.publish().publication_id
    with duckdb.connect(str(world.current / "aggregate.duckdb"), read_only=True) as old:
        world.build(OLD)
        second = world.publish(OLD).publication_id
        assert {row[0] for row in old.execute(MIX).fetchall()} == {first}
        assert read_once(world) == {second}
