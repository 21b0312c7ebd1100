"""`spend doctor` on a collector's folder: there, readable, and what waits in it."""

from datetime import date
from pathlib import Path

from spend_assets.doctor import examine
from spend_assets.settings import parse_settings


def test_the_doctor_says_whether_a_folder_is_there_and_what_waits(tmp_path: Path) -> None:
    settings = parse_settings(
        {"platform": {"start_date": date(2026, 9, 1)}, "sources": {"otlp": [{"account": "agents", "path": "collector"}]}}, home=tmp_path
    )
    healthy, lines = examine(settings, {"SPEND_PSEUDONYM_KEY": "x" * 40})
    assert not healthy
    assert any("does not exist" in line and "FAIL" in line for line in lines)

    folder = tmp_path / "collector"
    folder.mkdir()
    (folder / "agents.jsonl").write_text("{}\n", encoding="utf-8")
    (folder / "agents.tmp").write_text("{}\n", encoding="utf-8")
    healthy, lines = examine(settings, {"SPEND_PSEUDONYM_KEY": "x" * 40})
    assert healthy
    assert any("otlp, account agents" in line for line in lines)
    assert any(line.endswith("1 finished files wait") for line in lines)
