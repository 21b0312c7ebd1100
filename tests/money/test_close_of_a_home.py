"""`spend close` over a home built from servers and files: soft, refused, final, frozen, and a later correction as an adjustment."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.cli import main
from spend_assets.close.pack import read_csv
from spend_assets.sandbox.run import SandboxConfig
from tests.integration.lab import Lab, open_lab

SEPTEMBER = date(2026, 9, 1)
HISTORY = SandboxConfig(people=10, days=75, seed=5, end=date(2026, 10, 15), faults="none")
MORE = Decimal("12.34")


def built_on(lab: Lab, day: date, *, papers: bool = False) -> None:
    lab.at(day)
    if papers:
        lab.sandbox.write_company_files(lab.home / "inbox")
    assert lab.passing(lab.ingest()) == []
    lab.build()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def statuses(lab: Lab) -> set[str]:
    return {status for (status,) in lab.query(f"select distinct close_status from marts.finance_monthly where month = date '{SEPTEMBER}'")}


def correct_invoice(lab: Lab, folder: Path) -> None:
    """The Console's September invoice once more, with another amount on its first line and in total."""
    lab.sandbox.write_company_files(folder)
    text = next(text for path in folder.rglob("*-2609.json") if '"console"' in (text := path.read_text(encoding="utf-8")))
    for name in ("total", "amount"):
        before = re.search(rf'"{name}": ([\d.]+)', text)
        assert before is not None
        text = text.replace(before.group(0), f'"{name}": {Decimal(before.group(1)) + MORE}', 1)
    target = lab.home / "inbox" / "company" / "acme" / "invoices" / "corrected.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


@pytest.mark.long
def test_a_month_from_accrual_to_adjustment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with open_lab(HISTORY, tmp_path / "home", monkeypatch) as lab:
        settings = tmp_path / "spend.toml"
        settings.write_text(lab.sandbox.settings(), encoding="utf-8")
        monkeypatch.setenv("SPEND_CONFIG", str(settings))
        monkeypatch.setenv("SPEND_HOME", str(lab.home))
        packs = lab.home / "close" / "2026-09"
        lab.drop_roster()

        # The third working day of October: nothing is invoiced yet, and the last days may still move.
        built_on(lab, date(2026, 10, 5), papers=True)
        assert main(["close", "2026-09", "--soft"]) == 0
        assert re.search(r"accrued [\d,]+\.\d\d USD, give or take [\d,]+\.\d\d USD", capsys.readouterr().out)
        accrued = sum(Decimal(row["accrual_usd"]) for row in read_csv(packs / "soft" / "accruals.csv"))
        assert accrued > 0
        assert main(["close", "2026-09", "--final"]) == 1
        refusal = capsys.readouterr().err
        assert "2026-09 cannot be closed for good yet" in refusal
        assert "cursor/team: no invoice for 2026-09-03 to 2026-10-03" in refusal and "that may still be restated" in refusal
        assert not (packs / "final").exists()
        assert "closed" not in statuses(lab)

        built_on(lab, date(2026, 11, 28), papers=True)
        assert main(["close", "2026-09", "--final"]) == 0, capsys.readouterr().err
        frozen = bytes_of(packs / "final")
        assert read_csv(packs / "final" / "blockers.csv") == [] and read_csv(packs / "final" / "true_up.csv")
        invoiced = sum(Decimal(row["invoiced_usd"] or 0) for row in read_csv(packs / "final" / "summary.csv"))

        # A whole build that knows of the closed month, and of a correction that came after it.
        correct_invoice(lab, tmp_path / "again")
        built_on(lab, date(2026, 11, 29))
        assert statuses(lab) == {"closed"}
        ((now,),) = lab.query(f"select sum(invoiced_usd) from marts.finance_monthly where month = date '{SEPTEMBER}'")
        assert now - invoiced == MORE
        capsys.readouterr()
        assert main(["close", "2026-09", "--final"]) == 0
        assert "stands as it was" in capsys.readouterr().out
        assert main(["close", "2026-09", "--soft"]) == 1
        assert "closed for good since 2026-11-28" in capsys.readouterr().err
        assert bytes_of(packs / "final") == frozen

        assert main(["close", "2026-10", "--soft"]) == 0
        october = lab.home / "close" / "2026-10" / "soft"
        assert [
            (row["closed_month"], row["vendor"], row["account"], Decimal(row["adjustment_usd"]))
            for row in read_csv(october / "adjustments.csv")
            if row["figure"] == "invoiced_usd"
        ] == [("2026-09-01", "anthropic", "console", MORE)]
        assert sum(
            Decimal(row["debit_usd"]) for row in read_csv(october / "journal.csv") if row["document"].startswith("ADJUSTMENT")
        ) == MORE  # fmt: skip
