"""`python -m bench.delivery --people 1000`: what one more workday of delivery evidence costs, once the days before it are settled."""

import argparse
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from spend_assets.answers import Window
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.ingest import ingest_stream
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.settings import Limits
from spend_assets.sources import GitHubSource
from spend_assets.vendors.git_delivery import GitDelivery

LAST_DAY = date(2026, 10, 30)
"""A Friday."""
DAYS_BEFORE = 4
"""Workdays that are read first: what is asked for again belongs to them."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    config = SandboxConfig(people=given.people, days=60, seed=given.seed, end=LAST_DAY, hourly_limit=10**9)
    with tempfile.TemporaryDirectory(prefix="spend-bench-") as folder, Sandbox(config) as sandbox:
        for back in range(DAYS_BEFORE, 0, -1):
            _run(sandbox, Path(folder), LAST_DAY - timedelta(days=back))
        print(f"{given.people} people, {LAST_DAY:%A}; the sandbox runs in the same process")
        print(f"{'stream':22}{'requests':>10}{'records':>10}{'seconds':>10}")
        rows = _run(sandbox, Path(folder), LAST_DAY)
        total = ("all", sum(row[1] for row in rows), sum(row[2] for row in rows), sum(row[3] for row in rows))
        for name, requests, records, seconds in [*rows, total]:
            print(f"{name:22}{requests:>10}{records:>10}{seconds:>10.1f}")
    return 0


def _run(sandbox: Sandbox, home: Path, day: date) -> list[tuple[str, int, int, float]]:
    """Everything that is due on the morning after `day`: (stream, requests, records, seconds)."""
    sandbox.clock.set(datetime.combine(day + timedelta(days=1), time_of_day(6), UTC))
    source = GitHubSource.model_validate(
        {
            "account": "acme",
            "base_url": sandbox.base_url,
            "enterprise": "acme",
            "token_env": "GITHUB_TOKEN",
            "repositories": [f"{org}/*" for org in sandbox.orgs],
            "delivery_token_env": "GITHUB_DELIVERY_TOKEN",
            "agent_tasks_token_env": "GITHUB_AGENT_TASKS_TOKEN",
        }
    )
    contracts = {"git_delivery": load_contracts()["git_delivery"]}
    client = GitDelivery(source, Limits(), now=sandbox.clock.now, env=sandbox.tokens)
    store, raw = LandingStore(home, sandbox.clock), RawStore(home, contracts)
    rows = []
    span = Window(LAST_DAY - timedelta(days=DAYS_BEFORE), day + timedelta(days=1))
    for stream in client.streams:
        before, begun = sandbox.requests, time.perf_counter()
        contract = contracts["git_delivery"][stream]
        report = ingest_stream(contract, "acme", span, client.fetch, store=store, raw=raw, clock=sandbox.clock)
        if report.failures:
            raise SystemExit(report.failures[0])
        rows.append((stream, sandbox.requests - before, report.records, time.perf_counter() - begun))
    client.close()
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
