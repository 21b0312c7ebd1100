"""Weeks of daily runs on a moving clock, in which days come late and change: what was told when, and what is told in the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.faults import DEFAULT
from tests.integration.answer_key import CENT_PER_CREDIT, compare, everything_is_final
from tests.integration.lab import Lab, open_lab

pytestmark = pytest.mark.long

RESTLESS = {**DEFAULT, "restated_day": 0.4, "late_day": 0.2, "straggler": 0.03, "not_ready": 0.1, "broken_line": 0, "negative_credits": 0}
CONFIG = SandboxConfig(people=24, days=30, seed=8087, end=date(2026, 9, 30), faults=RESTLESS)
BUILT = [CONFIG.end + timedelta(days=n) for n in (-6, 5, 20)]
"""The mornings whose publication is kept; on the mornings between them data is fetched only."""
MORNINGS = [CONFIG.end + timedelta(days=n) for n in range(-6, 21, 2)] + BUILT
LAST = CONFIG.end + timedelta(days=45)
Marts = dict[str, list[tuple[Any, ...]]]


@dataclass
class Replay:
    lab: Lab
    marts: dict[date, Marts]
    """As built on that morning, incrementally on what the warehouse held."""
    clocks: list[date]
    repeated: dict[str, tuple[Any, Any]]
    """Facts before and after a second run at one instant."""


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    with pytest.MonkeyPatch.context() as env, open_lab(CONFIG, tmp_path_factory.mktemp("replay") / "home", env, copilot_only=True) as lab:
        done = Replay(lab, {}, sorted({*MORNINGS, LAST}), {})
        for morning in done.clocks:
            lab.at(morning)
            lab.drop_roster()
            for _ in range(3):
                failures = lab.ingest()
                if not failures:
                    break
            assert failures == []
            if morning in BUILT or morning == LAST:
                assert lab.build().passed
                assert lab.publish().new
                done.marts[morning] = lab.marts()
            if morning == BUILT[0]:
                done.repeated = _again(lab)
        yield done


def _again(lab: Lab) -> dict[str, tuple[Any, Any]]:
    def facts() -> dict[str, Any]:
        return {"requests": lab.sandbox.requests, "generations": lab.landed(), "published": lab.published(), "marts": lab.marts()}

    before = facts()
    assert lab.ingest() == []
    assert lab.build().passed
    assert not lab.publish().new
    after = facts()
    return {name: (before[name], after[name]) for name in before}


def test_a_second_run_at_one_instant_asks_nothing_and_changes_no_byte(replay: Replay) -> None:
    not_ready = [row for row in replay.marts[BUILT[0]]["ops.fetch_log"] if "not_ready" in row]
    assert not_ready, "some days were not ready, and are not asked for twice"
    before, after = zip(*(replay.repeated[name] for name in ("requests", "generations", "published", "marts")), strict=True)
    assert before[0] == after[0] > 0
    assert before[1] == after[1]
    assert before[2] == after[2]
    assert any(name.endswith("manifest.json") for name in before[2])
    assert before[3] == after[3]


def test_after_the_last_run_everything_is_final_and_true(replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    tally = compare(replay.lab, ledger="ai_credit_report")
    with capsys.disabled():
        print(f"\n{len(replay.clocks)} runs on a moving clock: {tally}")
    assert (tally.false_marks, tally.unmarked, tally.marked) == ([], [], set())
    assert everything_is_final(replay.lab) == []


def test_every_change_of_a_told_day_is_a_restatement_with_before_and_after(replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    expected = {"ai_credit_report": _expected(replay, "billing"), "user_days": _expected(replay, "metrics")}
    for stream, changes in expected.items():
        found = replay.lab.query(
            "select day, restated_on, consumption_usd_before, consumption_usd_after, coalesce(billed_usd_before, 0), "
            "coalesce(billed_usd_after, 0), credits_before, credits_after from intermediate.int_restatements "
            f"where stream = '{stream}' and ("
            "consumption_usd_before <> consumption_usd_after or billed_usd_before <> billed_usd_after) order by all"
        )
        with capsys.disabled():
            print(f"\n{stream}: {len(found)} restatements, each with its amounts before and after")
        assert found == changes
        assert len(changes) >= 4


def _expected(replay: Replay, view: str) -> list[tuple[Any, ...]]:
    """From the truth at each run's instant: every pair of runs between which a day that was there has changed."""
    lab, changes = replay.lab, []
    for day in CONFIG.history():
        told: tuple[Decimal, ...] | None = None
        for morning in replay.clocks:
            lab.at(morning)
            now = lab.sandbox.clock.now()
            if now < lab.sandbox.world.schedule.ready(day, "billing" if view == "billing" else "metrics"):
                continue
            (truth,) = lab.sandbox.truth.daily(day, day, now)
            metric = (truth.metric_credits * CENT_PER_CREDIT, Decimal(0), truth.metric_credits)
            shown = (truth.money.gross, truth.money.net, truth.credits) if view == "billing" else metric
            if told is not None and shown[:2] != told[:2]:
                changes.append((day, morning, told[0], shown[0], told[1], shown[1], told[2], shown[2]))
            told = shown
    lab.at(LAST)
    return sorted(changes)


@pytest.mark.parametrize("day", [*BUILT[:2], LAST], ids=str)
def test_knowledge_of_a_past_day_is_built_again_as_it_was_published(replay: Replay, day: date) -> None:
    """In a fresh warehouse: for the last day this is also the full refresh that the incremental build must equal."""
    warehouse = replay.lab.pipeline.build_as_of(day, replay.lab.said.append)
    again, then = replay.lab.marts(warehouse), replay.marts[day]
    assert again.keys() == then.keys()
    assert {name: len(rows) for name, rows in again.items()} == {name: len(rows) for name, rows in then.items()}
    assert [name for name in then if again[name] != then[name]] == []
    assert sum(map(len, then.values())) > 500


def test_publications_told_different_things(replay: Replay) -> None:
    told = [replay.marts[morning]["marts.spend_by_vendor_daily"] for morning in (*BUILT, LAST)]
    assert all(earlier != later for earlier, later in pairwise(told))
