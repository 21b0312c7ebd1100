"""Runs of Dagster that name somebody, or are too old: gone with events, logs and the bytes that a deleted row leaves in a SQLite file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from spend_assets.people.dagster_runs import delete_runs_before, delete_runs_that_name
from spend_assets.people.directory import Identifier
from spend_assets.people.search import Needles, search
from spend_assets.runs import prepare_dagster_home

ADA = [Identifier("email", "ada@acme.example")]


def run(says: str) -> str:
    @dg.op
    def say(context: dg.OpExecutionContext) -> None:
        context.log.info(says)

    @dg.job(tags={"says": "" if "@" in says else says})
    def spoken() -> None:
        say()

    with dg.DagsterInstance.get() as instance:
        return spoken.execute_in_process(instance=instance).run_id


def runs() -> list[str]:
    with dg.DagsterInstance.get() as instance:
        return [record.dagster_run.run_id for record in instance.get_run_records()]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("DAGSTER_HOME", str(prepare_dagster_home(tmp_path)))
    return tmp_path


def test_a_run_that_names_somebody_goes_and_the_others_stay(home: Path) -> None:
    named, other = run("could not read ada@acme.example"), run("all is well")
    assert search(home, ADA).places
    pattern = Needles(ADA).bare
    assert delete_runs_that_name(home, lambda content: pattern.search(content) is not None) == 1
    assert runs() == [other] and search(home, ADA).places == {}
    assert not any(named.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_old_runs_go(home: Path) -> None:
    number = run("all is well")
    assert delete_runs_before(home, datetime.now(UTC) - timedelta(days=1)) == 0
    assert delete_runs_before(home, datetime.now(UTC) + timedelta(days=1)) == 1
    assert runs() == []
    assert not any(number in path.name for path in home.rglob("*"))


def test_old_runs_go_in_the_middle_of_another_run(home: Path) -> None:
    run("all is well")

    @dg.op
    def retain() -> dg.Output[int]:
        return dg.Output(delete_runs_before(home, datetime.now(UTC) + timedelta(days=1)))

    @dg.job
    def retaining() -> None:
        retain()

    with dg.DagsterInstance.get() as instance:
        result = retaining.execute_in_process(instance=instance)
    assert result.output_for_node("retain") == 1
    assert runs() == [result.run_id], "what is under way is not finished"


def test_a_home_without_dagster_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert delete_runs_before(tmp_path, datetime.now(UTC)) == 0
    assert list(tmp_path.iterdir()) == []
