"""One person out of everything: nothing below SPEND_HOME names them, every figure stays, and they stay out."""

import gzip
import shutil
from pathlib import Path

import duckdb
import pytest

from spend_assets.cli import main
from spend_assets.people.access_log import AccessLog
from spend_assets.people.retention import apply_retention
from spend_assets.publish.pseudonyms import Pseudonyms
from tests.integration.lab import PSEUDONYM_KEY

from .conftest import Opened, Somebody

MONEY = """select vendor, account, day, series, model, sum(consumption_usd), sum(billed_usd), sum(credits), sum(output_tokens)
    from intermediate.int_spend group by all order by all"""


def cells(path: Path) -> bytes:
    """Every table of a database, or the rows of a Parquet file, as text."""
    if path.suffix == ".parquet":
        return repr(duckdb.read_parquet(str(path)).fetchall()).encode()
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return b"".join(repr(connection.execute(f'select * from "{s}"."{t}"').fetchall()).encode() for s, t in tables)


def everywhere(home: Path, who: Somebody) -> dict[str, list[bytes]]:
    """Where a plain search, that knows nothing of the platform's own, finds the person: bytes, unpacked gzip, columns, names."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(home.rglob("*")):
        content = path.name.encode()
        if path.is_file() and not path.is_symlink():
            content += path.read_bytes()
            if path.suffix == ".gz":
                content += gzip.decompress(path.read_bytes())
            elif path.suffix in (".parquet", ".duckdb"):
                content += cells(path)
        words = [word for word in who.words if word in content.lower()]
        if words:
            found[str(path.relative_to(home))] = words
    return found


def test_the_search_of_this_test_finds_them_before(opened: Opened, before: Path) -> None:
    found = everywhere(before, opened.who)
    for part in ("landing/", "raw/", "warehouse.duckdb", "inbox/_landed/"):
        assert any(name.startswith(part) for name in found), part


def test_nothing_below_the_home_names_them(erased: Opened) -> None:
    assert everywhere(erased.home, erased.who) == {}


def test_every_figure_stays(erased: Opened, before: Path) -> None:
    with duckdb.connect(str(before / "warehouse.duckdb"), read_only=True) as connection:
        was = connection.execute(MONEY).fetchall()
        team = connection.execute(
            "select team, sum(consumption_usd) from intermediate.int_spend_people group by all order by all"
        ).fetchall()
    assert erased.query(MONEY) == was
    assert erased.query("select team, sum(consumption_usd) from intermediate.int_spend_people group by all order by all") == team


def test_the_certificate_has_counts_and_hashes_and_no_name(erased: Opened) -> None:
    (certificate,) = erased.certificates()
    assert certificate["complete"] is True and certificate["left"] == {}
    assert certificate["input_files"] == 1 and certificate["log_entries"] == 3 and certificate["own_figures"] == 1
    files = certificate["landed_files"]
    assert isinstance(files, list) and len(files) > 5 and all(len(old) == len(new) == 64 and old != new for old, new in files)
    identifiers = certificate["identifiers"]
    assert isinstance(identifiers, dict) and sum(identifiers.values()) == len(erased.who.identifiers)
    assert erased.who.pseudonym not in str(certificate)


def test_log_and_own_figures_forget_them_and_the_chain_is_whole(erased: Opened) -> None:
    entries = AccessLog(erased.home, erased.pipeline.clock, Pseudonyms(PSEUDONYM_KEY)).entries()
    assert [(e.kind, e.subject) for e in entries] == [("reveal", None), ("me", None), ("erase", None)]
    assert not list((erased.home / "people" / "me").iterdir())
    assert not (erased.home / "people" / "erasure.json").exists()


def test_the_new_publication_is_whole_and_the_old_one_has_no_restricted_files(erased: Opened, before: Path) -> None:
    current = (erased.home / "published" / "current").resolve()
    assert current.name != (before / "published" / "current").resolve().name
    assert (current / "restricted.duckdb").exists()
    for folder in (erased.home / "published" / "generations").iterdir():
        assert folder == current or not list(folder.rglob("*restricted*"))
    pseudonym = erased.who.pseudonym.encode()
    assert not any(pseudonym in cells(path) for path in current.rglob("*.parquet"))


def test_the_same_command_again_finds_nobody(erased: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["person", "erase", "--person", erased.who.employee, "--request", "DSR-2", "--approved-by", "Mara Voss"]) == 1
    assert "nobody is known by what --person names" in capsys.readouterr().err


def test_a_file_that_names_them_comes_in_without_them(erased: Opened, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(
        f"employee_id,email,github_login,team,valid_from\n{erased.who.employee},{erased.who.value('email')},{erased.who.value('login')},X,2026-01-01\n"
        "E-new,new@acme.example,new-login,X,2026-01-01\n"
    )
    assert erased.pipeline.import_file(path, "acme", "hr/roster", print).new
    assert everywhere(erased.home, erased.who) == {}


def test_a_backup_that_is_restored_is_cleaned_by_the_next_run(erased: Opened, before: Path) -> None:
    for part in ("landing", "raw", "inbox"):
        shutil.rmtree(erased.home / part)
        shutil.copytree(before / part, erased.home / part)
    (erased.home / "warehouse.duckdb").unlink()
    shutil.copyfile(before / "warehouse.duckdb", erased.home / "warehouse.duckdb")
    assert everywhere(erased.home, erased.who)
    retained = apply_retention(erased.pipeline, print)
    assert retained.erased_generations > 5 and retained.erased_input_files == 1
    assert everywhere(erased.home, erased.who) == {}
    assert not (erased.home / "warehouse.duckdb").exists(), "a build makes a new file"
