"""Accounts by file: what a gateway says of money counts only where spend.toml declares it as the account's ledger."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from spend_assets.clock import FixedClock
from spend_assets.pipeline import Pipeline
from spend_assets.settings import SettingsError, parse_settings

FIXTURES = Path(__file__).parents[1] / "fixtures"
DECLARED = '[[sources.files]]\nvendor = "litellm"\naccount = "declared"\nledger = "spend_logs"\n'


def pipeline(home: Path, sources: str) -> Pipeline:
    settings = parse_settings(tomllib.loads(f"[platform]\nstart_date = 2026-11-01\n{sources}"), home=home)
    return Pipeline(settings, FixedClock(datetime(2026, 11, 10, 6, tzinfo=UTC)))


def test_a_bill_counts_and_an_estimate_only_where_it_is_declared(tmp_path: Path) -> None:
    line = pipeline(tmp_path / "home", DECLARED)
    logs, activity = FIXTURES / "litellm" / "spend_logs.constructed.csv", FIXTURES / "openrouter" / "activity.docs.json"
    for account in ("declared", "beside"):
        line.import_file(logs, account, None, print)
    line.import_file(activity, "router", None, print)
    line.write_platform_tables(print)
    accounts = str(tmp_path / "home" / "raw" / "platform" / "accounts.parquet")
    assert duckdb.connect().execute("select vendor, account, scope, ledger, configured from read_parquet($1)", [accounts]).fetchall() == [
        ("litellm", "beside", "file", None, False),
        ("litellm", "declared", "file", "spend_logs", False),
        ("openrouter", "router", "file", "activity", False),
    ]


@pytest.mark.parametrize("declared", ['vendor = "litellm"\nledger = "spendlogs"', 'vendor = "openai"\nledger = "costs"'])
def test_a_ledger_that_is_no_stream_of_files_is_refused(tmp_path: Path, declared: str) -> None:
    line = pipeline(tmp_path / "home", f'[[sources.files]]\naccount = "gateway"\n{declared}\n')
    with pytest.raises(SettingsError, match=r"account gateway: .* is no stream of files with amounts; those are .*litellm/spend_logs"):
        line.write_platform_tables(print)


def test_an_account_has_one_ledger(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="declared twice; it has one ledger"):
        pipeline(tmp_path / "home", DECLARED + DECLARED)
