"""Marts equal the vendor's final ledger to the last decimal, for seeds and sizes that nothing was tuned for."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from spend_assets.sandbox.run import SandboxConfig
from tests.integration.answer_key import compare, everything_is_final
from tests.integration.company_key import compare_cells
from tests.integration.lab import open_lab

FURTHER_RUNS = 2
"""Runs after the first in which everything that passes has passed."""
ENTERPRISE, ORGANISATION, METRICS = "ai_credit_report", "ai_credit_usage", "user_days"
CASES = [
    # The premium requests end on 2026-06-01, credits are in the metrics from 06-19, token columns come on 09-01.
    pytest.param(SandboxConfig(people=40, days=45, seed=1013, faults="none"), ENTERPRISE, id="enterprise, no faults"),
    pytest.param(
        SandboxConfig(people=25, days=70, seed=2027, end=date(2026, 7, 31), faults="default"),
        ENTERPRISE,
        id="over June, default",
        marks=pytest.mark.long,
    ),
    pytest.param(
        SandboxConfig(people=40, days=45, seed=3037, end=date(2026, 9, 30), faults="heavy"), ENTERPRISE, id="over September, heavy"
    ),
    pytest.param(
        SandboxConfig(people=30, days=70, seed=4049, end=date(2026, 7, 31), faults="heavy"),
        ENTERPRISE,
        id="over June, heavy",
        marks=pytest.mark.long,
    ),
    pytest.param(
        SandboxConfig(people=30, days=105, seed=5059, end=date(2026, 9, 10), scope="org", faults="heavy"),
        ORGANISATION,
        id="org, heavy",
        marks=pytest.mark.long,
    ),
    pytest.param(SandboxConfig(people=40, days=45, seed=6067, end=date(2026, 7, 31), faults="heavy"), METRICS, id="no bill, heavy"),
]


@pytest.mark.parametrize(("config", "ledger"), CASES)
def test_marts_are_the_truth(
    config: SandboxConfig, ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_lab(config, tmp_path / "home", monkeypatch, billing=ledger != METRICS) as lab:
        lab.at(config.end + timedelta(days=1))
        lab.drop_roster()
        failures = [lab.passing(lab.ingest()) for _ in range(1 + FURTHER_RUNS)]
        lab.at(lab.settled())
        failures += [lab.passing(lab.ingest()) for _ in range(1 + FURTHER_RUNS)]
        if config.faults == "none":
            asked = lab.sandbox.requests
            lab.ingest()
            assert lab.sandbox.requests == asked, "what settled generations answer is not asked again"
        verdict = lab.build()
        tally, others = compare(lab, ledger=ledger), compare_cells(lab)
        with capsys.disabled():
            print(f"\n{config.people} people x {config.days} days, seed {config.seed}, {config.scope}, faults {config.faults}: {tally}")
            print(f"  all other vendors: {others}")
        assert (failures[FURTHER_RUNS], failures[-1]) == ([], []), failures
        assert verdict.passed
        assert (tally.false_marks, tally.unmarked) == ([], [])
        assert (others.false_marks, others.unmarked) == ([], [])
        assert tally.compared > config.days * 10
        if ledger != METRICS:
            assert everything_is_final(lab) == []
        withheld = lab.sandbox.truth.withheld()
        assert bool(withheld) == (config.faults != "none")
        assert {day for _, day in tally.marked} == {cell.day for cell in withheld}
