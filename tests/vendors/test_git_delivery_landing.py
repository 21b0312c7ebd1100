"""Delivery from the sandbox through landing to raw: nothing asked twice, nothing of content on disk, and days that go on."""

import gzip
import tomllib
from datetime import UTC, date, datetime, time, timedelta

import pytest

from spend_assets.answers import Window
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.ingest import ingest_stream
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.sandbox.delivery_objects import CONTENT
from spend_assets.sandbox.delivery_truth import DeliveryTruth
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.sandbox.world import World
from spend_assets.settings import Limits, parse_settings
from spend_assets.vendors.git_delivery import GitDelivery

from .test_git_delivery_against_sandbox import source

CONFIG = SandboxConfig(people=20, days=20, seed=10, end=date(2026, 10, 30), faults={})
CONTRACTS = {"git_delivery": load_contracts()["git_delivery"]}
START = date(2026, 10, 21)
NOW = datetime(2026, 10, 31, 6, tzinfo=UTC)


class Lab:
    """A home that is read from the sandbox day by day, as a nightly run would."""

    def __init__(self, home, sandbox):
        self.home, self.sandbox = home, sandbox
        self.now = sandbox.clock.now

    def run(self, end):
        """Everything up to and without `end`. Returns how many requests it took."""
        before = self.sandbox.requests
        client = GitDelivery(source(self.sandbox), Limits(), now=self.now, env=self.sandbox.tokens, sleep=lambda seconds: None)
        store, self.raw = LandingStore(self.home, self), RawStore(self.home, CONTRACTS)
        for stream in client.streams:
            contract = CONTRACTS["git_delivery"][stream]
            report = ingest_stream(contract, "acme", Window(START, end), client.fetch, store=store, raw=self.raw, clock=self)
            assert report.failures == []
        client.close()
        return self.sandbox.requests - before

    def rows(self, stream, columns):
        return self.raw.query(
            f"select {columns}, _day from read_parquet($files, union_by_name = true)",
            {"files": str(self.raw.root / "git_delivery" / stream / "**" / "*.parquet")},
        )


@pytest.fixture(scope="module")
def truth():
    return DeliveryTruth(DeliveryWorld(World(CONFIG)))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Sandbox(CONFIG) as sandbox:
        lab = Lab(tmp_path_factory.mktemp("home"), sandbox)
        for day in (date(2026, 10, 28), date(2026, 10, 29), date(2026, 10, 31)):
            sandbox.clock.set(datetime.combine(day, time(6), UTC))
            assert lab.run(day) > 50
        yield lab


def test_the_sandboxs_own_settings_read_delivery(lab, tmp_path):
    named = parse_settings(tomllib.loads(lab.sandbox.settings()), home=tmp_path).sources.github[0]
    client = GitDelivery(named, Limits(), now=lab.now, env=lab.sandbox.tokens, sleep=lambda seconds: None)
    assert client.streams == tuple(CONTRACTS["git_delivery"])
    assert [probe for probe in client.probe() if not probe.works] == []
    client.close()


def test_a_second_run_asks_for_nothing(lab):
    assert lab.run(date(2026, 10, 31)) == 0


def test_the_newest_state_of_every_pull_request_is_known(lab, truth):
    """Those that changed again moved to a later day; what changed this morning is on yesterday. Nothing is behind or missing."""
    newest = {}
    for pull_id, updated, merged, day in lab.rows("pull_requests", "id, updated_at, merged_at"):
        # A run is at six in the morning: what changed before it, today, stands on yesterday.
        assert day in (updated.date(), updated.date() - timedelta(days=1))
        if pull_id not in newest or newest[pull_id][0] < updated:
            newest[pull_id] = (updated, merged)
    expected = {pull.id: pull for pull in truth.pulls(NOW) if pull.updated.date() >= START}
    assert {pull_id: updated for pull_id, (updated, _) in newest.items()} == {
        pull_id: pull.updated.replace(tzinfo=None) for pull_id, pull in expected.items()
    }
    assert {pull_id for pull_id, (_, merged) in newest.items() if merged} == {pull.id for pull in expected.values() if pull.merged}
    assert any(pull.updated.date() == NOW.date() for pull in expected.values())


def test_no_word_of_content_is_on_disk_and_nothing_is_refused(lab):
    files = list(lab.home.glob("landing/git_delivery/acme/*/*/*/records.jsonl.gz"))
    assert {file.parts[-4] for file in files} == set(CONTRACTS["git_delivery"])
    assert sum(len(gzip.decompress(file.read_bytes())) for file in files) > 200_000
    assert [file for file in files if CONTENT.encode() in gzip.decompress(file.read_bytes())] == []
    for stream in CONTRACTS["git_delivery"]:
        for report in lab.raw.reports("git_delivery", stream, "acme").values():
            assert (report.quarantine, report.drift) == ([], {})
