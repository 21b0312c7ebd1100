"""Exported files become the same marts; a file that cannot be right is refused with file, row, column and the remedy."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.landing.exports import ImportRefused
from spend_assets.landing.inbox import import_file, import_inbox
from tests.landing.conftest import Home

ROSTER = "employee_id,email,github_login,team,valid_from,valid_to\n"
BILLING = "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,net_amount\n"
BILLED = "2026-07-01,ann,copilot,s,m,1,ai-credits,0.01,0.01,0,0.01\n"


@pytest.fixture
def real_csv(project_root: Path) -> Path:
    return project_root / "tests" / "fixtures" / "github" / "billing-credit-usage.real.pseudonymised.csv"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def refusal(home: Home, path: Path, stream: str | None = None, account: str = "acme") -> str:
    with pytest.raises(ImportRefused) as caught:
        import_file(path, account, stream, store=home.store, raw=home.raw)
    assert not list((home.path / "landing").rglob("records*")), "a refused file lands nothing"
    return str(caught.value)


def test_the_real_billing_export_lands_with_its_totals(home: Home, real_csv: Path) -> None:
    imported = import_file(real_csv, "acme", store=home.store, raw=home.raw)
    assert (imported.stream, imported.records, imported.quarantined, imported.new) == ("ai_credit_report", 123, 0, True)
    rows = home.rows(
        "ai_credit_report", "unit_type, quantity, gross_amount, discount_amount, net_amount, aic_quantity, total_monthly_quota"
    )
    assert len(rows) == 123
    # The file's own sums, each cell rounded once to 12 decimals: 70633.832081000018946 as sent.
    assert [sum((row[i] for row in rows), Decimal(0)) for i in range(1, 6)] == [
        Decimal("70633.832081000020"),
        Decimal("710.51432081"),
        Decimal("710.51432081"),
        Decimal("0"),
        Decimal("1238.843492"),
    ]
    assert {row[0] for row in rows} == {"requests", "ai-credits"}
    for hour, outcomes in ((6, ["landed"]), (7, ["landed", "unchanged"])):
        home.at(home.clock.instant.date(), hour)
        assert import_file(real_csv, "acme", store=home.store, raw=home.raw).new is False
        assert [a.outcome for a in home.store.attempts("github_copilot", "ai_credit_report", "acme")] == outcomes


def test_semicolons_and_bom_and_crlf_change_nothing(home: Home, tmp_path: Path) -> None:
    text = "\ufeff" + (BILLING + BILLED).replace(",", ";").replace("\n", "\r\n")
    assert import_file(written(tmp_path, "x.csv", text), "acme", store=home.store, raw=home.raw).records == 1
    assert home.rows("ai_credit_report", "username, net_amount") == [("ann", Decimal("0.01"))]


def test_a_bad_row_is_quarantined_and_the_rest_is_kept(home: Home, tmp_path: Path) -> None:
    text = (
        BILLING
        + BILLED
        + "2026-07-02,bob\n"
        + BILLED.replace("07-01", "07-03").replace("0.01,0,", "x,0,")
        + BILLED.replace("07-01", "07-03")
    )
    imported = import_file(written(tmp_path, "x.csv", text), "acme", store=home.store, raw=home.raw)
    assert (imported.records, imported.quarantined, len(home.rows("ai_credit_report"))) == (4, 2, 2)
    per_day = {day.day: g.quarantined for day, g in home.raw.current("github_copilot", "ai_credit_report", "acme").items()}
    assert per_day == {1: 1, 2: 0, 3: 1}, "a bad row counts on its own day where that can be read, else on the first"


@pytest.mark.parametrize(
    ("text", "stream", "words"),
    [
        ("day,amount\n2026-07-01,1\n", None, ["belong to no stream", "github_copilot/ai_credit_report", "hr/roster"]),
        (BILLING.replace("net_amount", "amount") + BILLED, "ai_credit_report", ["row 1", "net_amount"]),
        (BILLING.replace("model", "sku") + BILLED, None, ["row 1", "'sku' appears twice"]),
        (BILLING, None, ["no row has a date", "'date'", "YYYY-MM-DD"]),
        (BILLING + BILLED + BILLED.replace("2026", "2206"), None, ["rows 2 and 3", "'date'", "days apart"]),
        ("", "roster", ["empty"]),
        (ROSTER, None, ["no rows"]),
        (ROSTER + "1,a@x.com,,red,11/12/2026,\n", None, ["row 2", "'valid_from'", "2026-12-31", "dmy"]),
        (ROSTER + "1,a@x.com,,red,2026-01-01,\n2,b@x.com,,,2026-01-01,\n", None, ["row 3", "'team'"]),
        (ROSTER + "1,a@x.com,,red,2026-01-01,2026-01-01\n", None, ["row 2", "'valid_to'"]),
        (ROSTER + "1,a@x.com,,red,2026-01-01,\n1,a@x.com,,blue,2026-03-01,\n", None, ["rows 2 and 3", "employee_id", "2026-03-01"]),
        (BILLING + BILLED, "user_days", ["needs the columns", "user_id"]),
        (BILLING + BILLED, "seats", ["no stream that files are imported for"]),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_the_remedy(
    home: Home, tmp_path: Path, text: str, stream: str | None, words: list[str]
) -> None:
    message = refusal(home, written(tmp_path, "export.csv", text), stream)
    assert message.startswith("export.csv")
    assert [word for word in words if word not in message] == []
    assert "a@x.com" not in message


def test_only_regular_text_files_of_known_accounts_are_taken(home: Home, tmp_path: Path) -> None:
    good = written(tmp_path, "good.csv", BILLING + BILLED)
    (tmp_path / "link.csv").symlink_to(good)
    (tmp_path / "latin.csv").write_bytes((BILLING + BILLED.replace("ann", "jos\u00e9")).encode("latin-1"))
    assert "regular files" in refusal(home, tmp_path / "link.csv")
    assert "regular files" in refusal(home, tmp_path)
    assert "no such file" in refusal(home, tmp_path / "none.csv")
    assert "UTF-8" in refusal(home, tmp_path / "latin.csv")
    assert "account" in refusal(home, good, account="../etc")


def test_user_day_reports_are_imported_in_all_their_shapes(home: Home, tmp_path: Path) -> None:
    one, two = ('{"day": "2026-07-01", "user_id": 1, "user_login": "a"}', '{"day": "2026-07-03", "user_id": 2, "user_login": "b"}')
    for number, text in enumerate([f"{one}\n{two}\n", f"[{one}, {two}]", f'{{"day_totals": [{one}, {two}]}}']):
        imported = import_file(written(tmp_path, f"x{number}.json", text), f"a{number}", store=home.store, raw=home.raw)
        assert (imported.stream, imported.records) == ("user_days", 2)
        # The file says nothing of the day between: it stays unknown, not empty.
        assert [day.day for day in home.raw.current("github_copilot", "user_days", f"a{number}")] == [1, 3]


def test_the_inbox_lands_what_is_right_and_keeps_what_is_not(home: Home, real_csv: Path) -> None:
    roster = home.contract("roster")
    folder = home.path / "inbox" / "hr" / "people" / "roster"
    folder.mkdir(parents=True)
    written(folder, "a.csv", ROSTER + "1,a@x.com,,red,2026-01-01,2026-03-01\n1,a@x.com,,blue,2026-03-01,\n")
    written(folder, "b.csv", ROSTER + "1,a@x.com,,red,2026-01-01,\n1,a@x.com,,blue,2026-03-01,\n")
    report = import_inbox(home.path / "inbox", roster, store=home.store, raw=home.raw)
    assert [file.file for file in report.imported] == ["a.csv"]
    assert len(report.refused) == 1 and "rows 2 and 3" in report.refused[0]
    assert [path.name for path in folder.iterdir()] == ["b.csv"]
    assert [path.name.endswith(".a.csv") for path in (home.path / "inbox" / "_landed").iterdir()] == [True]
    current = home.raw.current("hr", "roster", "people")
    assert [generation.rows for generation in current.values()] == [2], "the previous roster stays"
    billing = home.path / "inbox" / "github_copilot" / "acme" / "ai_credit_report"
    billing.mkdir(parents=True)
    shutil.copy(real_csv, billing)
    report = import_inbox(home.path / "inbox", home.contract("ai_credit_report"), store=home.store, raw=home.raw)
    assert [file.records for file in report.imported] == [123]
