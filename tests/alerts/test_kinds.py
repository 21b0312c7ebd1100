"""What detection found, by kind: the numbers that Dagster's checks show."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from spend_assets.alerts.kinds import LEVELS, kinds_found
from tests.alerts.desk import TODAY, Desk, anomaly

PAGE = Path(__file__).parents[2] / "docs" / "detection.md"


def test_anomalies_are_counted_by_kind_for_five_weeks(desk: Desk) -> None:
    long_ago = TODAY - timedelta(days=36)
    desk.build(
        [
            anomaly(),
            anomaly(entity="docs", excess_usd="7.4", status="over", first_day=TODAY - timedelta(days=30)),
            anomaly(entity="old", first_day=long_ago),
            anomaly(level="user", entity="hr:E7", kind="spike", excess_usd="20"),
            anomaly(level="vendor", entity="cursor", kind="missing", excess_usd=None),
        ]
    )
    found = kinds_found(desk.pipeline(), desk.said.append)
    assert set(found) == {("workflow", "loop"), ("user", "spike"), ("vendor", "missing")}
    loop = found["workflow", "loop"]
    assert (loop.anomalies, loop.open, loop.last_day, loop.excess_usd) == (2, 1, TODAY - timedelta(days=1), Decimal("420"))
    assert found["vendor", "missing"].excess_usd == 0


def test_every_kind_that_is_documented_is_a_check() -> None:
    kinds = {kind for level in LEVELS.values() for kind in level.kinds}
    text = PAGE.read_text(encoding="utf-8").partition("## What is found")[2].partition("Faults of data come first")[0]
    assert kinds == set(text.split("`")[1::2])
