"""The spend report of a Claude Team plan: one file per day, whose day stands in its name alone."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.landing.exports import ImportRefused
from spend_assets.landing.inbox import import_file
from tests.landing.conftest import Home


@pytest.fixture
def report(project_root: Path) -> Path:
    return project_root / "tests" / "fixtures" / "anthropic" / "team-spend-2026-11-01.csv"


def rows(home: Home, columns: str) -> list[tuple[object, ...]]:
    pattern = str(home.path / "raw" / "anthropic" / "team_spend" / "**" / "*.parquet")
    return home.raw.query(f"select {columns} from read_parquet($pattern, union_by_name = true) order by all", {"pattern": pattern})


def test_the_report_is_recognised_and_takes_its_day_from_its_name(home: Home, report: Path) -> None:
    home.at(date(2026, 11, 3))
    imported = import_file(report, "team", store=home.store, raw=home.raw)
    assert (imported.vendor, imported.stream, imported.records, imported.quarantined) == ("anthropic", "team_spend", 1, 0)
    assert rows(home, "_account, _day, user_email, total_prompt_tokens, total_completion_tokens, total_net_spend_usd") == [
        ("team", date(2026, 11, 1), "jane@example.com", 4_900_000, 120_000, Decimal("12.34"))
    ]


def test_amounts_and_counts_as_a_dashboard_writes_them_are_read(home: Home, report: Path, tmp_path: Path) -> None:
    """A real export of the Console has `$52.38` and `"15,344"` (vendors/anthropic-openai.md, trap 20)."""
    text = report.read_text(encoding="utf-8").replace("233,4900000,120000,12.34,12.34", '233,"4,900,000","120,000","$1,012.34",-$3')
    (tmp_path / "spend-2026-11-01.csv").write_text(text, encoding="utf-8")
    home.at(date(2026, 11, 3))
    assert import_file(tmp_path / "spend-2026-11-01.csv", "team", store=home.store, raw=home.raw).quarantined == 0
    assert rows(home, "total_prompt_tokens, total_completion_tokens, total_net_spend_usd, total_gross_spend_usd") == [
        (4_900_000, 120_000, Decimal("1012.34"), Decimal(-3))
    ]


def test_another_day_is_another_file_and_the_same_day_replaces(home: Home, report: Path, tmp_path: Path) -> None:
    home.at(date(2026, 11, 4))
    import_file(report, "team", store=home.store, raw=home.raw)
    text = report.read_text(encoding="utf-8")
    (tmp_path / "spend-2026-11-02.csv").write_text(text.replace("12.34,12.34", "2.00,3.00"), encoding="utf-8")
    import_file(tmp_path / "spend-2026-11-02.csv", "team", store=home.store, raw=home.raw)
    home.at(date(2026, 11, 5))
    (tmp_path / "again-2026-11-01.csv").write_text(text.replace("12.34,12.34", "12.00,13.00"), encoding="utf-8")
    import_file(tmp_path / "again-2026-11-01.csv", "team", store=home.store, raw=home.raw)
    found = rows(home, "_day, _generation, total_net_spend_usd")
    newest = {day: amount for day, _, amount in found}
    assert newest == {date(2026, 11, 1): Decimal("12"), date(2026, 11, 2): Decimal("2")}
    assert len(found) == 3


def test_a_report_without_a_day_in_its_name_is_refused(home: Home, report: Path, tmp_path: Path) -> None:
    shutil.copy(report, tmp_path / "spend.csv")
    with pytest.raises(ImportRefused, match=r"spend\.csv.*2026-10-31"):
        import_file(tmp_path / "spend.csv", "team", store=home.store, raw=home.raw)
