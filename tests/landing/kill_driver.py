"""Kills the landing code at every named point and checks that a second run ends with the files of an undisturbed one."""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.crash import POINTS
from spend_assets.landing.inbox import import_inbox
from spend_assets.landing.ingest import ingest_stream
from spend_assets.landing.platform import write_platform_tables
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from tests.forks import status_of

ROSTER = "employee_id,email,team,valid_from\n1,a@example.com,red,2026-01-01\n"


def fetch(stream: str, window: Window, sink: Sink) -> Outcome:
    if stream == "seats":
        return Outcome("not_ready")
    for user in range(3):
        sink(json.dumps({"day": str(window.start), "user_id": user, "user_login": "x", "ai_credits_used": user / 8}).encode())
    return Outcome("data")


def scenario(home: Path) -> None:
    contracts = load_contracts()
    clock = FixedClock(datetime(2026, 7, 10, 6, tzinfo=UTC))
    dropped = home / "inbox" / "hr" / "acme" / "roster" / "roster.csv"
    if not (home / "inbox").exists():
        dropped.parent.mkdir(parents=True)
        dropped.write_text(ROSTER)
    store, raw = LandingStore(home, clock), RawStore(home, contracts)
    for stream in ("user_days", "seats"):
        contract = contracts["github_copilot"][stream]
        ingest_stream(contract, "acme", Window(date(2026, 6, 1), date(2026, 6, 4)), fetch, store=store, raw=raw, clock=clock)
    raw.compact(contracts["github_copilot"]["user_days"], "acme", date(2026, 7, 10))
    import_inbox(home / "inbox", contracts["hr"]["roster"], store=store, raw=raw)
    write_platform_tables(store, raw, [])


def run(home: Path, point: str | None) -> int:
    return status_of(lambda: scenario(home), {"SPEND_CRASH_AT": point} if point else None)


def tree(home: Path) -> dict[str, bytes]:
    """All files but the log of attempts, where a repeated attempt is one more line."""
    files = {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
    return {name: content for name, content in files.items() if "fetch_log" not in name}


def main(root: Path) -> list[str]:
    faults = [] if run(root / "calm", None) == 0 else ["the undisturbed run failed"]
    expected = tree(root / "calm")
    for number, point in enumerate([*POINTS, "raw.day.after_rename:2", "landing.generation.after_rename:3"]):
        home = root / str(number)
        if run(home, point) != 137:
            faults.append(f"{point}: was not reached")
        if run(home, None) != 0:
            faults.append(f"{point}: the second run failed")
        got = tree(home)
        faults += [f"{point}: {name} differs" for name in sorted(expected.keys() | got.keys()) if expected.get(name) != got.get(name)]
    return faults


if __name__ == "__main__":
    found = main(Path(sys.argv[1]))
    sys.stdout.write("\n".join(found))
    sys.exit(bool(found))
