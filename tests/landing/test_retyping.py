"""Law 9: the same landed files give the same raw files, byte for byte, in every process and home."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from spend_assets.answers import Outcome, Window
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.store import Manifest
from spend_assets.landing.typed import type_generation
from tests.landing.conftest import Home

DAY, NOW = date(2026, 9, 1), datetime(2026, 10, 10, 6, tzinfo=UTC)
CONTRACT = load_contracts()["github_copilot"]["user_days"]
TYPE_AGAIN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
home, contracts = Path(sys.argv[1]), load_contracts()
store = LandingStore(home, FixedClock(datetime(2026, 10, 10, 6, tzinfo=UTC)))
RawStore(home, contracts).bring_up_to_date(contracts["github_copilot"]["user_days"], "acme", store)
"""


def hashes(home: Path) -> dict[str, str]:
    raw = home / "raw"
    return {str(path.relative_to(raw)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(raw.rglob("*")) if path.is_file()}


def test_other_processes_type_the_same_landing_into_the_same_bytes(home: Home, tmp_path: Path) -> None:
    # Python orders sets of texts differently in each process; unknown keys are found as sets.
    new = ", ".join(f'"new_{number}": {number}, "totals_by_cli": {{"other_{number}": 1}}' for number in range(12))
    line = f'{{"day": "{DAY}", "user_id": 1, "user_login": "a", "ai_credits_used": 1e-3, {new}}}'.encode()
    home.ingest("user_days", lambda window: (Outcome("data"), [line, line.replace(b"1e-3", b"2.50")]), Window.of_day(DAY))
    found = []
    for seed in ("1", "2"):
        again = tmp_path / f"home-{seed}"
        (again).mkdir()
        (again / "landing").symlink_to(home.path / "landing")
        done = subprocess.run(
            [sys.executable, "-c", TYPE_AGAIN, str(again)], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found.append(hashes(again))
    assert found[0] == found[1] == hashes(home.path)
    assert any("typing" in path for path in found[0]) and any(path.endswith(f"{DAY}.parquet") or str(DAY) in path for path in found[0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.text("abcdef", min_size=3, max_size=8), max_size=8), min_size=1, max_size=5))
def test_unknown_keys_are_told_in_an_order_of_their_own(unknown: list[set[str]]) -> None:
    end, route = DAY + timedelta(days=1), "GET /reports"
    manifest = Manifest("github_copilot", "acme", "user_days", DAY, end, "g", route, {}, NOW, True, 1, "", "", "api", "")
    keys_of = ["".join(f', "{key}": 1' for key in keys) for keys in unknown]
    lines = [f'{{"day": "{DAY}", "user_id": {number}, "user_login": "x"{keys}}}' for number, keys in enumerate(keys_of)]
    drift = type_generation(CONTRACT, manifest, [line.encode() for line in lines]).drift
    assert list(drift) == list(dict.fromkeys(key for keys in unknown for key in sorted(keys)))
