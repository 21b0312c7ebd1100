"""Agents' telemetry that is older than [retention] telemetry_days: out of landing, raw and the warehouse (security-privacy 27).

What was published of those days is kept first (publish/kept.py): cost, outcomes and patterns of work cannot be told again without it. A
task may have begun in the last month that goes and have ended in the next: what was told of that one is kept too. Whole months go at once.
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from spend_assets.clock import Clock, today
from spend_assets.landing.contracts import Contracts
from spend_assets.landing.crash import point
from spend_assets.landing.otlp import VENDOR
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore, Manifest
from spend_assets.people.ageing import persons_from
from spend_assets.publish.audiences import PublishedTable
from spend_assets.publish.kept import SETTLED_DAYS, TELEMETRY, keep, kept_until

Say = Callable[[str], None]
POINTS = ["telemetry.kept", "telemetry.databases", "telemetry.landing"]
"""The instants at which a test may kill it (see landing/crash.py)."""


def forget_telemetry(
    home: Path, clock: Clock, contracts: Contracts, tables: Callable[[], Sequence[PublishedTable]], days: int, say: Say
) -> int:
    """Take away the telemetry of months whose first day is `days` old or older. Returns how many stream days went.

    Waits, and says so, until a publication has told those months when they were settled. Killed at any instant, the next call goes on.
    """
    until = persons_from(today(clock), days)
    store, raw = LandingStore(home, clock), RawStore(home, contracts)
    streams = [(contract, account) for contract in contracts[VENDOR].values() for account in raw.accounts(VENDOR, contract.stream)]
    landed = [m for contract, account in streams for m in store.manifests(VENDOR, contract.stream, account) if m.start < until]
    typed = [day for contract, account in streams for day in raw.days(VENDOR, contract.stream, account) if day < until]
    if not landed and not typed:
        return 0
    month_after = (until + timedelta(days=31)).replace(day=1)
    told = [table for table in tables() if table.follows_from == TELEMETRY]
    if not keep(home, told, month_after, TELEMETRY, until + timedelta(days=SETTLED_DAYS)):
        say(f"telemetry of days before {until} is still kept: no publication told these days since they settled; the next run does it")
        if (until := kept_until(home, TELEMETRY) or date.min) == date.min:
            return 0
        until = (until - timedelta(days=1)).replace(day=1)
        landed, typed = [manifest for manifest in landed if manifest.start < until], [day for day in typed if day < until]
    point("telemetry.kept")
    if landed or typed:
        # DELETE leaves the bytes in the file, so the next build makes a new one.
        for path in [home / "warehouse.duckdb", *sorted((home / "as-of").glob("*.duckdb"))]:
            for part in (path, path.with_name(f"{path.name}.wal")):
                part.unlink(missing_ok=True)
    point("telemetry.databases")
    for manifest in landed:
        _remove(store, manifest)
    point("telemetry.landing")
    return sum(raw.forget_before(VENDOR, contract.stream, account, until) for contract, account in streams)


def _remove(store: LandingStore, manifest: Manifest) -> None:
    shutil.rmtree(store.records_path(manifest).parent)
