"""The landing store itself: hashes, dropped fields, a log cut by a kill, a full disk."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_assets.answers import Window
from spend_assets.landing.contracts import ContractError, Field, load_contracts
from spend_assets.landing.files import StorageFull, full_disk_is_clear
from spend_assets.landing.store import Attempt, canonical_hash, content_hash
from tests.landing.conftest import Home

DAY = Window.of_day(date(2026, 9, 1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value: object) -> object:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=6), JSON, max_size=6))
def test_the_canonical_hash_ignores_key_order_and_white_space(record: dict[str, object]) -> None:
    loose = json.dumps(shuffled(record), indent=1, ensure_ascii=True).encode()
    assert canonical_hash(loose) == canonical_hash(msgspec.json.encode(record))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=20), unique=True, min_size=1, max_size=8))
def test_the_content_hash_ignores_the_order_of_records_and_nothing_else(records: list[bytes]) -> None:
    hashes = [canonical_hash(record) for record in records]
    assert content_hash(hashes) == content_hash(hashes[::-1])
    assert content_hash([*hashes, hashes[0]]) != content_hash(hashes)


def test_every_digit_of_a_number_counts() -> None:
    texts = [
        b'{"a":251.68546999999998}',
        b'{"a":251.68547}',
        b'{"a":251.685469999999980001}',
        b'{"a":9007199254740993}',
        b'{"a":9007199254740992}',
    ]
    assert len({canonical_hash(text) for text in texts}) == len(texts)


def test_dropped_fields_never_touch_disk(home: Home) -> None:
    known = home.contract("user_days")
    contract = replace(
        known, fields=(*known.fields, Field("prompt", "string", drop=True), Field("s", "list", fields=(Field("x", "string", drop=True),)))
    )
    with home.store.generation(contract, "acme", DAY) as sink:
        sink(b'{"day": "2026-09-01", "prompt": "secret", "s": [{"x": "secret", "y": 1.10}]}')
        sink(b'{"prompt": "secret"')
        landing = sink.commit(complete=True, params={})
    first, second = home.store.records(landing.manifest)
    assert first == b'{"day":"2026-09-01","s":[{"y":1.10}]}'
    assert json.loads(second)[0] == "unreadable" and b"secret" not in second


def test_a_record_with_line_breaks_stays_one_record(home: Home) -> None:
    with home.store.generation(home.contract("seats"), "acme", DAY) as sink:
        sink(b'{\r\n  "a": 1\n}')
        landing = sink.commit(complete=True, params={})
    assert [json.loads(line) for line in home.store.records(landing.manifest)] == [{"a": 1}]


def test_a_log_line_that_a_kill_cut_off_costs_only_itself(home: Home) -> None:
    attempt = Attempt("github_copilot", "seats", "acme", DAY.start, DAY.end, datetime(2026, 9, 1, tzinfo=UTC), "failed", "503")
    home.store.log(attempt)
    (log,) = (home.path / "landing" / "fetch_log").iterdir()
    log.write_bytes(log.read_bytes() + b'{"vendor": "github_co')
    home.reopen()
    home.store.log(replace(attempt, detail="again"))
    home.reopen()
    assert [a.detail for a in home.store.attempts("github_copilot", "seats", "acme")] == ["503", "again"]


def test_an_account_name_never_leaves_the_home(home: Home) -> None:
    with pytest.raises(ValueError, match="account name"):
        home.store.generation(home.contract("seats"), "../../etc", DAY)


def test_a_full_device_is_a_clear_error(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(StorageFull, match="no space left while writing"), full_disk_is_clear(tmp_path):
        Path("/dev/full").write_bytes(b"x")


FULL = """
import os, resource, sys
from datetime import UTC, date, datetime
from pathlib import Path
from spend_assets.answers import Window
from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.files import StorageFull
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
home = Path(sys.argv[1])
contracts = load_contracts()
contract = contracts["github_copilot"]["user_days"]
store, raw = LandingStore(home, FixedClock(datetime(2026, 9, 9, tzinfo=UTC))), RawStore(home, contracts)
def land(noise):
    with store.generation(contract, "acme", Window.of_day(date(2026, 9, 1))) as sink:
        for user in range(2000):
            sink(b'{"day": "2026-09-01", "user_id": %d, "user_login": "%b"}' % (user, noise(user)))
        return sink.commit(complete=True, params={})
for step in (lambda: land(lambda user: os.urandom(40).hex().encode()), lambda: raw.bring_up_to_date(contract, "acme", store)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (15_000, resource.RLIM_INFINITY))
    try:
        step()
        print("written")
    except StorageFull as error:
        print("clear" if str(home) in str(error) and "free space" in str(error).lower() else error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(sum(1 for path in home.rglob("*") if path.name.startswith(".tmp-")), len(store.manifests("github_copilot", "user_days", "acme")))
    if not store.manifests("github_copilot", "user_days", "acme"):
        land(lambda user: os.urandom(40).hex().encode())
print(raw.bring_up_to_date(contract, "acme", store))
"""


def test_a_disk_that_fills_up_leaves_nothing_half_written_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """A limit on file sizes stands in for the full disk: the write fails in the same place, without a file system of our own."""
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path / "data"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split("\n"), done.stderr) == (["clear", "0 0", "clear", "0 1", "1", ""], "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {type: money}", "field a"),
        ("a: {type: struct}", "declare their fields"),
        ("a: {type: string, requird: true}", "requird"),
        ("b: {type: string}", "'a' is named but not declared"),
    ],
)
def test_a_contract_that_contradicts_itself_is_named(tmp_path: Path, text: str, words: str) -> None:
    head = (
        "title: t\n    grain: g\n    route: r\n    window: day\n    settle_days: 1\n    refetch_days: 1\n    late_change: l\n    key: [a]\n"
    )
    (tmp_path / "v.yml").write_text(f"vendor: v\nstreams:\n  s:\n    {head}    fields:\n      {text}\n")
    with pytest.raises(ContractError, match=r"v\.yml, stream s") as caught:
        load_contracts(tmp_path)
    assert words in str(caught.value)
