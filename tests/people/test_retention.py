"""What may no longer be kept goes: by its days where retention is enforced, and always where somebody was erased or an access ended."""

import json
import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spend_assets.clock import FixedClock
from spend_assets.people.access_log import AccessLog
from spend_assets.people.directory import Identifier
from spend_assets.people.do_not_ingest import add_to_list, list_path, load_screen
from spend_assets.people.erase import certificates
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.people.retention import Retained, apply_retention
from spend_assets.pipeline import Pipeline
from spend_assets.publish.pseudonyms import Pseudonyms
from spend_assets.settings import parse_settings

NOW = datetime(2026, 10, 10, 6, tzinfo=UTC)
PSEUDONYM_KEY = "a key of the tests, as long as it must be"
ADA = [Identifier("login", "ada-l"), Identifier("email", "ada@acme.example")]


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEND_PSEUDONYM_KEY", PSEUDONYM_KEY)


def pipeline(home: Path, settings: str = "", kind: str = "real", now: datetime = NOW) -> Pipeline:
    document: dict[str, Any] = tomllib.loads(f'[platform]\nstart_date = 2026-07-01\nkind = "{kind}"\n{settings}')
    return Pipeline(parse_settings(document, home=home), FixedClock(now))


def retain(made: Pipeline) -> Retained:
    return apply_retention(made, lambda _: None)


def aged(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".duckdb":
        path.write_text("employee_id\n")
    else:
        duckdb.connect(str(path)).close()
    at = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


def publication(home: Path, name: str, published_at: datetime) -> Path:
    folder = home / "published" / "generations" / name
    for audience in ("aggregate", "restricted"):
        (folder / "parquet" / audience).mkdir(parents=True)
        (folder / "parquet" / audience / "t.parquet").write_text("x")
        (folder / f"{audience}.duckdb").write_text("x")
    (folder / "restricted.html").write_text("x")
    (folder / "manifest.json").write_text(json.dumps({"published_at": published_at.isoformat(timespec="microseconds")}))
    return folder


@pytest.mark.parametrize(
    ("kind", "settings", "goes"),
    [
        ("real", "", True),
        ("sandbox", "", False),
        ("sandbox", "[retention]\nenforce = true", True),
        ("real", "[retention]\nenforce = false", False),
        ("real", "[retention]\ninbox_days = 9", False),
    ],
)
def test_it_is_on_for_real_data_and_off_in_the_sandbox_unless_set(tmp_path: Path, kind: str, settings: str, goes: bool) -> None:
    made = pipeline(tmp_path, settings, kind)
    old = aged(made.home / "inbox" / "_landed" / "0123456789ab.roster.csv", days=8)
    assert retain(made).input_files == int(goes)
    assert old.exists() is not goes


def test_an_imported_file_goes_by_the_day_it_was_imported_on(tmp_path: Path) -> None:
    made = pipeline(tmp_path, now=NOW - timedelta(days=2))
    source = aged(tmp_path / "elsewhere" / "roster.csv", days=300)
    source.write_text("employee_id,email,team,valid_from\nE2,bo@acme.example,Payments,2026-01-01\n")
    os.utime(source, (0, 0))
    folder = made.home / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(parents=True)
    source.rename(folder / "roster.csv")
    made.ingest("hr", "roster", None, refetch=False, say=print)
    (landed,) = (made.home / "inbox" / "_landed").iterdir()
    assert retain(pipeline(tmp_path)).input_files == 0, "imported two days ago, however old the file is"
    assert landed.exists()
    assert retain(pipeline(tmp_path, now=NOW + timedelta(days=5))).input_files == 1


def test_restricted_files_of_earlier_publications_go_and_the_others_answer(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    old, young, current = (
        publication(made.home, name, NOW - timedelta(days=days)) for name, days in (("old", 8), ("young", 6), ("now", 9))
    )
    (made.home / "published" / "current").symlink_to("generations/now")
    assert retain(made).restricted_publications == 1
    assert not [path for path in old.rglob("*") if "restricted" in str(path.relative_to(old))]
    assert (old / "aggregate.duckdb").exists() and (old / "parquet" / "aggregate" / "t.parquet").exists()
    assert (young / "restricted.duckdb").exists() and (current / "restricted.duckdb").exists()


def test_rebuilds_of_past_days_go(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    old, young = aged(made.home / "as-of" / "2026-08-01.duckdb", 8), aged(made.home / "as-of" / "2026-08-02.duckdb", 6)
    assert retain(made).rebuilds == 1
    assert not old.exists() and young.exists()


def test_own_figures_go_when_the_access_ends_everywhere(tmp_path: Path) -> None:
    made = pipeline(tmp_path, kind="sandbox")
    for name in ("p_1.20261010T060000Z", "p_2.20261010T060001Z"):
        aged(made.home / "people" / "me" / name / "page.html", 0)
    assert retain(made).own_figures == 1
    assert [path.name for path in (made.home / "people" / "me").iterdir()] == ["p_2.20261010T060001Z"]


def test_log_and_certificates_go_after_three_years(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    for years in (4, 2):
        clock = FixedClock(NOW - timedelta(days=365 * years))
        AccessLog(made.home, clock, Pseudonyms(PSEUDONYM_KEY)).grant("me", "p_1", f"DSR-{years}", "Mara Voss")
    assert retain(made).log_entries == 1
    assert [e.request for e in AccessLog(made.home, made.clock, Pseudonyms(PSEUDONYM_KEY)).entries()] == ["DSR-2"]


def test_a_home_without_the_list_that_its_certificates_prove_is_refused(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    add_to_list(made.settings, "E-1", ADA, print)
    certificates(made.home).mkdir(parents=True)
    (certificates(made.home) / "E-1.json").write_text('{"finished_at": "2026-10-09T00:00:00Z"}')
    list_path(made.home).unlink()
    with pytest.raises(PersonCommandRefused, match="Restore the newest copy of the list"):
        retain(made)


def test_the_list_is_of_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pipeline(tmp_path)
    add_to_list(made.settings, "E-1", ADA, print)
    content = list_path(made.home).read_text()
    assert "ada" not in content and oct(list_path(made.home).stat().st_mode)[-3:] == "600"
    assert add_to_list(made.settings, "E-1", ADA, print) and list_path(made.home).read_text() == content
    monkeypatch.setenv("SPEND_PSEUDONYM_KEY", "another key, which is as long as it has to be")
    with pytest.raises(PersonCommandRefused, match=r"nothing may be ingested\. Put the old key into another variable"):
        made.ingest("hr", "roster", None, refetch=False, say=print)
    monkeypatch.setenv("OLD_KEY", PSEUDONYM_KEY)
    kept = pipeline(tmp_path, '[privacy]\nlist_key_env = "OLD_KEY"')
    screen = load_screen(kept.settings, print)
    assert screen is not None and screen.names("login", "Ada-L")
    assert "OLD_KEY" in kept.settings.secret_names, "no child process inherits it"


def test_a_damaged_list_stops_everything(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    list_path(made.home).parent.mkdir()
    list_path(made.home).write_text("{")
    with pytest.raises(PersonCommandRefused, match="is damaged, so nothing may be ingested"):
        made.ingest("hr", "roster", None, refetch=False, say=print)


def test_a_run_takes_out_whom_a_backup_brought_back(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    folder = made.home / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(parents=True)
    (folder / "roster.csv").write_text("employee_id,email,team,valid_from\nE1,ada@acme.example,Payments,2026-01-01\n")
    made.ingest("hr", "roster", None, refetch=False, say=print)
    add_to_list(made.settings, "E-1", ADA, print)
    retained = retain(made)
    assert (retained.erased_generations, retained.erased_input_files) == (1, 1)
    assert retain(made) == Retained()


def test_a_person_screened_out_of_an_import_is_out_of_the_file_too(tmp_path: Path) -> None:
    made = pipeline(tmp_path)
    add_to_list(made.settings, "E-1", ADA, print)
    folder = made.home / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(parents=True)
    (folder / "roster.csv").write_text(
        "employee_id,email,team,valid_from\nE1,ada@acme.example,Payments,2026-01-01\nE2,bo@acme.example,Payments,2026-01-01\n"
    )
    assert made.ingest("hr", "roster", None, refetch=False, say=print).records == 2
    assert retain(made).erased_input_files == 1
    assert not any(b"ada@" in path.read_bytes() for path in made.home.rglob("*") if path.is_file())
