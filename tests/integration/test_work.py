"""What work cost against the sandbox's truth, for companies that nothing was tuned for; telemetry in disorder tells the same."""

import gzip
import random
from pathlib import Path

import pytest

from spend_assets.sandbox.run import SandboxConfig
from tests.integration.lab import Lab, open_lab
from tests.integration.work_key import compare_work

BY_DAY = tuple(
    f"intermediate.{name}" for name in ("int_model_calls", "int_tool_calls", "int_trace_days", "int_agent_activity", "int_turn_calls")
)
MARTS = ("spend_per_workflow_daily", "work_records", "delivery_weekly", "waste_patterns", "waste_evidence")


def mangle(folder: Path, chance: random.Random) -> None:
    """Every file with its lines shuffled, half of them twice, and the last one cut off in the middle."""
    for path in sorted(folder.iterdir()):
        body = path.read_bytes()
        lines = (gzip.decompress(body) if path.suffix == ".gz" else body).splitlines()
        again = lines + chance.sample(lines, len(lines) // 2)
        chance.shuffle(again)
        path.unlink()
        (folder / f"{path.name.split('.')[0]}-again.jsonl").write_bytes(b"\n".join(again) + b"\n" + lines[0][: len(lines[0]) // 2])


def told(lab: Lab) -> dict[str, list[tuple[object, ...]]]:
    return {name: lab.query(f"select * from marts.{name} order by all") for name in MARTS}


@pytest.mark.long
@pytest.mark.parametrize(
    "config",
    [
        SandboxConfig(people=40, days=45, seed=31, faults="none"),
        SandboxConfig(people=60, days=60, seed=77, faults="default", most_calls=30),
        SandboxConfig(people=80, days=50, seed=404, faults="none", most_calls=30, telemetry=0.5),
    ],
    ids=lambda config: f"seed {config.seed}",
)
def test_work_costs_what_it_costs(config: SandboxConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_lab(config, tmp_path / "home", monkeypatch, traces=True) as lab:
        lab.at(lab.settled())
        lab.drop_roster()
        lab.sandbox.write_company_files(lab.home / "inbox")
        lab.drop_traces()
        for _ in range(3):
            lab.ingest()
        assert lab.build().passed
        tally = compare_work(lab)
        print(f"\n{config.people} people x {config.days} days, seed {config.seed}, faults {config.faults}: {tally}")
        tally.require()


@pytest.mark.long
def test_the_order_and_number_of_deliveries_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = SandboxConfig(people=20, days=30, seed=12, faults="none", most_calls=20)
    with open_lab(config, tmp_path / "home", monkeypatch, traces=True) as lab:
        lab.at(lab.settled())
        lab.drop_roster()
        lab.drop_traces()
        lab.ingest()
        assert lab.build().passed
        before = told(lab)
        assert all(before.values())
        lab.drop_traces()
        mangle(lab.home / "collector", random.Random(12))
        lab.ingest()
        assert lab.build().passed
        assert told(lab) == before


@pytest.mark.long
def test_telemetry_that_comes_in_parts_tells_what_all_at_once_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build takes up the days that changed and those beside them; a warehouse made anew from the same files has the same rows."""
    config = SandboxConfig(people=20, days=24, seed=93, faults="none", most_calls=15)
    with open_lab(config, tmp_path / "home", monkeypatch, traces=True) as lab:
        lab.at(lab.settled())
        lab.drop_roster()
        days = config.history()
        # The last days come first, a week in the middle last of all.
        for first, last in ((16, 23), (0, 6), (7, 15)):
            lab.sandbox.write_traces(lab.home / "collector", days[first], days[last])
            lab.ingest()
            assert lab.build().passed
        in_parts = told(lab) | {name: lab.query(f"select * exclude (cell_version) from {name} order by all") for name in BY_DAY}
        (lab.home / "warehouse.duckdb").unlink()
        assert lab.build().passed
        at_once = told(lab) | {name: lab.query(f"select * exclude (cell_version) from {name} order by all") for name in BY_DAY}
        assert all(in_parts.values())
        assert in_parts == at_once
