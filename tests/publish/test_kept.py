"""Days whose persons are no longer kept are told as they were told last; restricted rows of persons go by their own days."""

from datetime import date

import pytest

from spend_assets.publish.audiences import published_tables
from spend_assets.publish.generations import archived, prune
from spend_assets.publish.kept import keep, kept_until

from .world import AS_OF, World

UNTIL = date(2026, 8, 2)
"""The first day of the world is the one before; its knowledge is 60 days younger."""
LATER = "c" * 64
OLD = f"SELECT day, model, consumption_usd, billed_usd FROM marts.spend_by_vendor_daily WHERE day < '{UNTIL}' ORDER BY ALL"
FORGOTTEN = "UPDATE marts.spend_by_vendor_daily SET consumption_usd = 0;"


def kept(world: World, until: date = UNTIL) -> bool:
    return keep(world.home, published_tables(world.manifest), until)


@pytest.mark.parametrize("change", ["", "ALTER TABLE marts.spend_by_vendor_daily ADD COLUMN fresh BIGINT;"])
def test_what_was_told_of_old_days_stays_and_the_rest_is_the_warehouses(world: World, change: str) -> None:
    first = world.publish()
    told = world.query("finance", OLD)
    assert kept(world) and kept(world), "a second time nothing is to do"
    assert len(told) == 10 and any(row[2] for row in told)
    world.build(LATER, FORGOTTEN + change)
    later = world.publish(LATER)
    assert later.publication_id != first.publication_id
    assert world.query("finance", OLD) == world.query("aggregate", OLD) == told
    young = f"SELECT DISTINCT consumption_usd FROM marts.spend_by_vendor_daily WHERE day >= '{UNTIL}'"
    assert [float(row[0]) for row in world.query("finance", young)] == [0.0]
    assert kept_until(world.home) == UNTIL


def test_the_next_month_is_kept_beside_it(world: World) -> None:
    world.publish()
    assert kept(world, date(2026, 8, 1)) and kept(world, UNTIL)
    assert [path.name for path in (world.home / "kept").iterdir()] == ["2026-08-02"]


def test_days_that_had_not_settled_when_they_were_told_are_not_kept(world: World) -> None:
    assert not kept(world), "never published"
    world.publish()
    assert not kept(world, date(2026, 8, 3))
    assert kept_until(world.home) is None and not list((world.home / "kept").iterdir())


@pytest.mark.parametrize(("days", "enforce", "persons"), [(29, True, False), (30, True, True), (29, False, True)])
def test_restricted_rows_of_persons_go_and_machines_stay(world: World, days: int, enforce: bool, persons: bool) -> None:
    """The rows are 30 days old."""
    world = World(world.home, retention={"enforce": enforce, "published_person_days": days})
    world.publish()
    kinds = dict(world.query("restricted", "SELECT starts_with(principal_key, 'p_'), count(*) FROM marts.spend_daily GROUP BY ALL"))
    assert kinds[False] == 2000 and kinds.get(True, 0) == (3000 if persons else 0)


def test_the_last_publication_of_a_month_is_the_archive(world: World) -> None:
    first = world.publish()
    world.build(LATER, FORGOTTEN)
    world.publish(LATER)
    assert prune(world.published, 1, AS_OF) == [], "of its month it is the newest beside the current one"
    assert archived(world.published, AS_OF) is not None and archived(world.published, date(2026, 9, 30)) is None
    assert prune(world.published, 1) == [first.publication_id]
