"""A small company with a finished build, and a copy of it in which one person was revealed, told and erased."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from spend_assets.cli import main
from spend_assets.clock_choice import clock_for
from spend_assets.people.directory import Directory, Identifier
from spend_assets.pipeline import Pipeline
from spend_assets.publish.pseudonyms import Pseudonyms
from spend_assets.sandbox.run import SandboxConfig
from spend_assets.settings import load_settings
from tests.integration.lab import PSEUDONYM_KEY, open_lab

CONFIG = SandboxConfig(people=12, days=5, seed=77, end=date(2026, 9, 25), faults="none")


@dataclass(frozen=True)
class Somebody:
    """A person of the company with an employee id and use of as many vendors as anybody has."""

    person: str
    identifiers: frozenset[Identifier]

    @property
    def employee(self) -> str:
        return self.person.removeprefix("hr:")

    @property
    def pseudonym(self) -> str:
        return Pseudonyms(PSEUDONYM_KEY).of(self.person)

    def value(self, space: str) -> str:
        return sorted(i.value for i in self.identifiers if i.space == space)[0]

    @property
    def words(self) -> list[bytes]:
        """What must be found nowhere: every identifier as bytes, lower case."""
        return sorted(identifier.value.lower().encode() for identifier in self.identifiers)


def somebody(warehouse: Path) -> Somebody:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            """select person_id from intermediate.int_person_days where person_id like 'hr:%'
            group by person_id order by count(distinct vendor) desc, count(*) desc, person_id limit 1"""
        ).fetchall()
        return Somebody(rows[0][0], frozenset(Directory(connection).identifiers(rows[0][0])))


@dataclass
class Opened:
    """A copy of the company's home, with this process's environment set to it."""

    home: Path
    who: Somebody

    @property
    def pipeline(self) -> Pipeline:
        settings = load_settings()
        return Pipeline(settings, clock_for(settings, os.environ))

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def certificates(self) -> list[dict[str, object]]:
        return [json.loads(path.read_text()) for path in sorted((self.home / "people" / "certificates").glob("*.json"))]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the company's home and spend.toml, after one run over all of its days."""
    folder = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patch, open_lab(CONFIG, folder / "home", patch) as lab:
        lab.at(lab.settled())
        lab.drop_roster()
        assert lab.ingest() == []
        lab.build()
        lab.publish()
        # The sandbox ends here, and its clock with it.
        lines = lab.sandbox.settings().splitlines()
        (folder / "spend.toml").write_text("\n".join(line for line in lines if not line.startswith("clock_url")))
        (folder / "now").write_text(lab.sandbox.clock.now().isoformat())
    return folder


@pytest.fixture(scope="module")
def opened(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    home = tmp_path_factory.mktemp("people") / "home"
    shutil.copytree(made / "home", home, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEND_CONFIG", str(made / "spend.toml"))
        patch.setenv("SPEND_NOW", (made / "now").read_text())
        patch.setenv("SPEND_PSEUDONYM_KEY", PSEUDONYM_KEY)
        patch.setenv("SPEND_HOME", str(home))
        patch.delenv("DAGSTER_HOME", raising=False)
        yield Opened(home, somebody(home / "warehouse.duckdb"))


@pytest.fixture(scope="module")
def before(opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home as it was, for comparison and as a backup."""
    backup = tmp_path_factory.mktemp("backup") / "home"
    shutil.copytree(opened.home, backup, symlinks=True)
    return backup


@pytest.fixture(scope="module")
def erased(opened: Opened, before: Path) -> Opened:
    why = ["--request", "DSR-2", "--approved-by", "Mara Voss"]
    assert main(["person", "reveal", opened.who.pseudonym, "--incident", "INC-1", "--approved-by", "Mara Voss"]) == 0
    assert main(["person", "me", "--person", opened.who.employee, *why]) == 0
    assert main(["person", "erase", "--person", opened.who.employee, *why]) == 0
    return opened
