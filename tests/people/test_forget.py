"""The do-not-ingest list applied to a home: landing, input files and raw without the person, also after a backup brought them back."""

import gzip
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spend_assets.answers import Outcome, Window
from spend_assets.landing.inbox import import_inbox
from spend_assets.landing.screen import Banned, Screen
from spend_assets.people.forget import Applied, Forgetting
from tests.landing.conftest import Home, home

from .test_screen import ADA, KEY, banned, user

__all__ = ["home"]
DAY = date(2026, 9, 1)
SPAN = Window(DAY, date(2026, 9, 4))
ROSTER = """employee_id,email,github_login,team,manager_id,valid_from
E1,ada@acme.example,ada-l,Payments,E9,2026-01-01
E2,bo@acme.example,bo,Payments,E1,2026-01-01
"""


def everything(home: Path) -> bytes:
    """All bytes below a home, gzip unpacked, Parquet as text: what a search with other tools would see."""
    parts = []
    for path in sorted(home.rglob("*")):
        parts.append(str(path.relative_to(home)).encode())
        if not path.is_file():
            continue
        parts.append(path.read_bytes())
        if path.suffix == ".gz":
            parts.append(gzip.decompress(path.read_bytes()))
        if path.suffix == ".parquet":
            parts.append(repr(duckdb.read_parquet(str(path)).fetchall()).encode())
    return b"\n".join(parts)


def named(home: Path) -> list[bytes]:
    content = everything(home)
    return [word for word in (b"ada-l", b"ada@acme.example", b"4711") if word in content]


@pytest.fixture
def used(home: Home) -> Home:
    """Three days of two people, and a roster that came through the inbox."""

    def answer(window: Window) -> tuple[Outcome, list[bytes]]:
        day = window.start.isoformat()
        people = [user(4711, "ada-l"), user(5, "bo"), user(6, "cy", note="asked ada-l")]
        return Outcome("data"), [json.dumps({**person, "day": day}).encode() for person in people]

    home.ingest("user_days", answer, SPAN)
    folder = home.path / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(parents=True)
    (folder / "roster.csv").write_text(ROSTER)
    import_inbox(home.path / "inbox", home.contract("roster"), store=home.store, raw=home.raw)
    (home.path / "inbox" / "_landed" / "0123456789ab.other.csv").write_text("employee_id\nE2\n")
    assert len(named(home.path)) == 3
    return home


def forget(home: Home, *more: Banned) -> Applied:
    applied = Forgetting(home.path, home.clock, home.contracts, Screen(KEY, [*ADA, *more])).apply()
    home.reopen()
    return applied


def test_nothing_names_them_and_everything_else_is_there(used: Home) -> None:
    applied = forget(used)
    assert named(used.path) == []
    assert (applied.generations, applied.records, applied.input_files, applied.streams) == (4, 8, 1, 2)
    rows = used.rows("user_days", "_day, user_id, user_login, cast(ai_credits_used as varchar)")
    credits = "1.500000000000"
    assert rows[:3] == [(DAY, -1, "(erased)", credits), (DAY, 5, "bo", credits), (DAY, 6, "cy", credits)] and len(rows) == 9
    roster = used.raw.query(
        "select employee_id, email, github_login, team, manager_id from read_parquet($p, union_by_name = true) order by _record",
        {"p": str(used.path / "raw/hr/roster/**/*.parquet")},
    )
    assert roster == [("(erased)", "(erased)", "(erased)", "Payments", "E9"), ("E2", "bo@acme.example", "bo", "Payments", "(erased)")]
    assert [path.name for path in (used.path / "inbox" / "_landed").iterdir()] == ["0123456789ab.other.csv"]


def test_manifests_keep_the_hash_of_what_was_fetched(used: Home) -> None:
    before = {m.generation: m.sha256 for m in used.store.manifests("github_copilot", "user_days", "acme")}
    forget(used)
    after = used.store.manifests("github_copilot", "user_days", "acme")
    assert {m.generation: m.replaced_sha256 for m in after} == before
    assert all(m.sha256 != m.replaced_sha256 for m in after)
    forget(used, banned("login", "bo"))
    assert {m.generation: m.replaced_sha256 for m in used.store.manifests("github_copilot", "user_days", "acme")} == before


def test_doing_it_again_changes_nothing(used: Home) -> None:
    forget(used)
    bytes_before = everything(used.path)
    assert not forget(used).anything
    assert everything(used.path) == bytes_before


def test_what_is_known_to_be_clean_is_not_read_again_until_the_list_grows(used: Home) -> None:
    forget(used)
    path = used.store.records_path(used.store.manifests("github_copilot", "user_days", "acme")[0])
    path.write_bytes(b"no gzip any more")
    assert not forget(used).anything, "not opened"
    with pytest.raises(gzip.BadGzipFile):
        forget(used, banned("login", "bo"))


@pytest.mark.parametrize("parts", [("landing", "raw"), ("landing",), ("raw",), ("inbox",), ("landing", "raw", "inbox", "people")])
def test_a_backup_that_brings_them_back_is_cleaned(used: Home, tmp_path: Path, parts: tuple[str, ...]) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(used.path, backup)
    (backup / "people").mkdir(exist_ok=True)
    forget(used)
    clean = used.rows("user_days", "_day, user_login")
    for part in parts:
        shutil.rmtree(used.path / part)
        shutil.copytree(backup / part, used.path / part)
    assert named(used.path)
    assert forget(used).anything
    assert named(used.path) == []
    assert used.rows("user_days", "_day, user_login") == clean


def test_a_rewriting_that_was_killed_between_its_two_files_is_finished(used: Home) -> None:
    manifests = {path: path.read_bytes() for path in (used.path / "landing").rglob("manifest.json")}
    forget(used)
    whole = everything(used.path)
    for path, content in manifests.items():
        path.write_bytes(content)
    (used.path / "people" / "clean.json").unlink()
    assert forget(used).generations == 4
    assert everything(used.path) == whole


def test_databases_that_name_them_go(used: Home) -> None:
    forget(used)
    (used.path / "as-of").mkdir()
    for name, identifier in (("warehouse.duckdb", "bo"), ("as-of/2026-09-02.duckdb", "ada-l")):
        with duckdb.connect(str(used.path / name)) as connection:
            connection.execute("create schema intermediate")
            connection.execute("create table intermediate.int_known_identifiers as select $1 as identifier", [identifier])
    assert forget(used).databases == 1
    assert (used.path / "warehouse.duckdb").exists() and not list((used.path / "as-of").iterdir())


def test_a_second_erasure_keeps_both_days_apart(used: Home) -> None:
    forget(used)
    forget(used, banned("login", "bo"), banned("id:github", "5"))
    rows: list[tuple[Any, ...]] = used.rows("user_days", "_day, user_id, user_login")
    assert rows.count((DAY, -1, "(erased)")) == 2, "equal rows of two erased people are two rows"
    current = used.raw.current("github_copilot", "user_days", "acme")[DAY]
    assert (current.rows, current.duplicates, current.conflicts, current.quarantined) == (3, 0, 0, 0)


def test_what_was_told_of_a_team_keeps_their_share_without_their_name(used: Home) -> None:
    path = used.path / "privacy" / "told.parquet"
    path.parent.mkdir()
    rows = "values ('hr:E1', 1.5), ('mail:ada@acme.example', 2.5), ('login:ada-l', 3.5), ('github:4711', 4.5), ('hr:E2', 5.5), (null, 6.5)"
    duckdb.sql(f"select contributor, usd::decimal(28,12) as usd from ({rows}) as t(contributor, usd)").write_parquet(str(path))
    applied = forget(used)
    assert applied.memories == 1
    told = duckdb.sql(
        f"select contributor, sum(usd)::varchar from '{path}' group by contributor order by contributor nulls last"
    ).fetchall()
    assert told == [("hr:(erased)", "12.000000000000"), ("hr:E2", "5.500000000000"), (None, "6.500000000000")]
    assert forget(used).memories == 0
