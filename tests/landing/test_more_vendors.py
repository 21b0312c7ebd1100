"""More vendors by file alone: the worked example of docs/more-vendors.md, and what of a gateway's logs may touch disk."""

import gzip
import re
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.exports import ImportRefused
from spend_assets.landing.inbox import Imported, import_file
from tests.landing.conftest import Home

PAGE = Path(__file__).parents[2] / "docs" / "more-vendors.md"
FIXTURES = Path(__file__).parents[1] / "fixtures"
ADA = "Ada.Garcia@acme.example"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def files_home(tmp_path: Path) -> Home:
    """A home that knows only the vendors by file, so that it opens fast."""
    contracts = {name: load_contracts()[name] for name in ("custom_agents", "litellm", "openrouter")}
    return Home(tmp_path / "data", FixedClock(datetime(2026, 11, 10, 6, tzinfo=UTC)), contracts)


def taken(home: Home, path: Path, stream: str | None = None) -> Imported:
    return import_file(path, "acme", stream, store=home.store, raw=home.raw)


def rows(home: Home, stream: str, columns: str) -> list[tuple[object, ...]]:
    pattern = str(home.path / "raw" / stream / "acme" / "**" / "*.parquet")
    return home.raw.query(f"select {columns} from read_parquet($pattern) order by _day, _record", {"pattern": pattern})


def test_the_pages_vendor_needs_its_contract_and_a_file(tmp_path: Path) -> None:
    (contract,) = blocks("yaml")
    _, file = blocks("csv")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "devin.yml").write_text(contract, encoding="utf-8")
    (tmp_path / "consumption.csv").write_text(file, encoding="utf-8")
    home = Home(tmp_path / "data", FixedClock(datetime(2026, 11, 10, 6, tzinfo=UTC)), load_contracts(tmp_path / "contracts"))
    result = taken(home, tmp_path / "consumption.csv")
    assert (result.vendor, result.stream, result.records, result.quarantined) == ("devin", "consumption", 3, 0)
    assert home.contract("consumption").day_basis == "08:00 UTC"
    assert rows(home, "devin/consumption", "_day, user_email, product, acus") == [
        (date(2026, 10, 24), ADA, "devin", Decimal("12.75")),
        (date(2026, 10, 24), ADA, "terminal", Decimal("0.5")),
        (date(2026, 10, 25), "", "cascade", Decimal(3)),
    ]


def test_the_pages_usage_file_is_recognised_by_its_columns(files_home: Home, tmp_path: Path) -> None:
    usage, _ = blocks("csv")
    (tmp_path / "gateway.csv").write_text(usage, encoding="utf-8")
    result = taken(files_home, tmp_path / "gateway.csv")
    assert (result.vendor, result.stream, result.records, result.quarantined) == ("custom_agents", "usage", 3, 0)
    assert rows(files_home, "custom_agents/usage", "principal, cache_read_tokens, amount, unit, currency") == [
        ("ada.garcia@acme.example", 910_000, Decimal("1.284"), "currency", "USD"),
        ("ci-fixer", 120_000, Decimal("0.21"), "currency", "USD"),
        ("grace@acme.example", None, Decimal("2.5"), "acu", ""),
    ]


def test_every_column_of_the_page_is_a_field_of_the_contract() -> None:
    table = PAGE.read_text(encoding="utf-8").split("| column |")[1].split("\n\n")[0]
    told = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert told == {field.name for field in load_contracts()["custom_agents"]["usage"].fields}


def test_a_row_with_a_word_of_its_own_is_quarantined_and_the_others_count(files_home: Home, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(
        "day,principal,principal_kind,model,surface,amount,unit,currency\n"
        "2026-10-24,ci,robot,m,cli,1,acu,\n2026-10-24,ci,machine,m,terminal,1,acu,\n2026-10-24,ci,machine,m,cli,1,currency,dollars\n"
        "2026-10-24,ci,machine,m,cli,,acu,\n",
        encoding="utf-8",
    )
    assert taken(files_home, tmp_path / "usage.csv").quarantined == 3
    assert rows(files_home, "custom_agents/usage", "amount") == [(None,)]


def test_nothing_that_was_said_to_a_model_touches_disk(files_home: Home) -> None:
    result = taken(files_home, FIXTURES / "litellm" / "spend_logs.constructed.csv")
    assert (result.vendor, result.records, result.quarantined) == ("litellm", 3, 0)
    landed = b"".join(gzip.decompress(path.read_bytes()) for path in files_home.path.rglob("records.jsonl.gz"))
    assert b"chatcmpl-01" in landed
    for text in (b"salary", b"two million", b"user_api_key_alias", b"10.1.2.3", b"customer-7", b"User-Agent", b"api.openai.com"):
        assert text not in landed
    assert rows(files_home, "litellm/spend_logs", "_day, startTime, spend") == [
        (date(2026, 11, 1), datetime(2026, 11, 1, 23, 59, 59, 512_000), Decimal("0.00014985")),
        (date(2026, 11, 1), datetime(2026, 11, 1, 22, 10), Decimal("0.000015")),
        (date(2026, 11, 2), datetime(2026, 11, 2, 8), Decimal("0.25")),
    ]


def test_activity_as_the_vendor_wraps_it_covers_the_days_between_its_first_and_last(files_home: Home, tmp_path: Path) -> None:
    shutil.copyfile(FIXTURES / "openrouter" / "activity.docs.json", tmp_path / "activity.json")
    result = taken(files_home, tmp_path / "activity.json")
    assert (result.vendor, result.stream, result.records) == ("openrouter", "activity", 1)
    assert rows(files_home, "openrouter/activity", "usage, byok_usage_inference, requests") == [(Decimal("0.015"), Decimal("0.012"), 5)]


def test_a_file_without_the_columns_says_which(files_home: Home, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("day,principal,model,amount\n2026-10-24,a,m,1\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match=r"needs the columns unit"):
        taken(files_home, tmp_path / "usage.csv", "custom_agents/usage")
