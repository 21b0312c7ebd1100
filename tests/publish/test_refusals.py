"""What is never published: unproven builds, undeclared tables, persons in open files. Readers keep what they had."""

import json
import resource
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spend_assets.landing.files import StorageFull
from spend_assets.publish.audiences import PublishedTable, published_tables
from spend_assets.publish.export import Column, Exported
from spend_assets.publish.privacy import require_no_person
from spend_assets.publish.refusal import PublicationRefused
from spend_assets.publish.verdict import Check, Verdict, read_verdict, verdict_from_artifacts, verdict_path, write_verdict

from .world import AS_OF, BUILD, FAILED, IDENTIFIERS, PASSED, WARNED, World


def refused(world: World, words: str, build_id: str = BUILD) -> str:
    """Publication is refused with `words`, and readers keep what they had."""
    before = world.current.resolve() if world.current.exists() else None
    with pytest.raises(PublicationRefused, match=words) as caught:
        world.publish(build_id)
    assert (world.current.resolve() if world.current.exists() else None) == before
    generations = world.published / "generations"
    assert not generations.exists() or not list(generations.glob(".tmp-*"))
    return str(caught.value)


def test_an_absent_verdict_is_refused(world: World) -> None:
    verdict_path(world.home).unlink()
    refused(world, "no stored verdict")


def test_a_stale_verdict_is_refused(world: World) -> None:
    world.publish()
    refused(world, "stale: it judges build bbbbbbbbbbbb and this is cccccccccccc", "c" * 64)


def test_a_failed_verdict_is_refused_by_the_name_of_the_check(world: World) -> None:
    world.publish()
    world.build("c" * 64, checks=(PASSED, FAILED, WARNED))
    message = refused(world, r"1 of 3 checks failed for build cccccccccccc: conservation \(3\)", "c" * 64)
    assert "freshness" not in message


def test_a_build_without_any_check_is_refused(world: World) -> None:
    world.build(checks=())
    refused(world, "no check ran")


@pytest.mark.parametrize("change", [lambda d: d.update(passed=True), lambda d: d.pop("checks"), lambda d: d["checks"][0].pop("name")])
def test_a_verdict_that_was_changed_by_hand_is_refused(world: World, change: Any) -> None:
    world.build(checks=(FAILED,))
    path = verdict_path(world.home)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    refused(world, r"verdict\.json (contradicts itself|is damaged)")


def test_a_verdict_survives_writing_and_reading(tmp_path: Path) -> None:
    verdict = Verdict("x", AS_OF, (PASSED, FAILED, WARNED))
    write_verdict(tmp_path, verdict)
    assert read_verdict(tmp_path) == verdict
    assert verdict_path(tmp_path).stat().st_mode & 0o777 == 0o600


def artifacts(target: Path, statuses: dict[str, str], severities: dict[str, str], failures: int = 0) -> Verdict:
    nodes = {
        name: {
            "resource_type": name.split(".")[0],
            "name": name.split(".")[-1],
            "config": {"severity": severities.get(name, "ERROR"), "enabled": severities.get(name) != "off"},
            "attached_node": "model.spend.int_spend",
        }
        for name in severities | {"model.spend.int_spend": ""}
    }
    results = [{"unique_id": name, "status": status, "failures": failures} for name, status in statuses.items()]
    (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    return verdict_from_artifacts(target, BUILD, AS_OF)


@pytest.mark.parametrize(
    ("status", "severity", "blocking", "passed"),
    [
        ("pass", "ERROR", True, True),
        ("fail", "ERROR", True, False),
        ("pass", "warn", False, True),
        ("warn", "warn", False, False),
        ("warn", "ERROR", False, False),
        ("skipped", "warn", True, False),
        ("error", "warn", True, False),
    ],
)
def test_dbt_results_become_checks(tmp_path: Path, status: str, severity: str, blocking: bool, passed: bool) -> None:
    test = "test.spend.conservation"
    verdict = artifacts(tmp_path, {"model.spend.int_spend": "success", test: status}, {test: severity}, failures=0 if passed else 4)
    detail = "" if passed else f"dbt says {status}"
    assert verdict.checks == (Check("conservation", "int_spend", severity.lower(), blocking, passed, 0 if passed else 4, detail),)
    assert verdict.passed is (passed or not blocking)


def test_a_model_that_did_not_build_and_a_test_left_out_fail_the_build(tmp_path: Path) -> None:
    test = "test.spend.conservation"
    broken = artifacts(tmp_path, {"model.spend.int_spend": "error", test: "pass"}, {test: "ERROR"})
    assert [check.name for check in broken.failed] == ["int_spend"]
    partial = artifacts(tmp_path, {"model.spend.int_spend": "success"}, {test: "ERROR"})
    assert [(check.name, check.detail) for check in partial.failed] == [("conservation", "left out of this build")]
    off = artifacts(
        tmp_path, {"model.spend.int_spend": "success", test: "pass"}, {test: "ERROR", "test.spend.of_a_model_that_is_off": "off"}
    )
    assert off.passed, "a test of a model that the project does not build is not left out"
    hook = artifacts(tmp_path, {"operation.spend.hook": "error", test: "pass"}, {test: "ERROR"})
    assert not hook.passed


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({}, "model dim_team declares no audience"),
        ({"audience": []}, "model dim_team declares no audience"),
        ({"audience": "everyone"}, "names the audience 'everyone'"),
        ({"audience": "aggregate", "k_rule": " "}, "declares no k rule"),
        ({"audience": "aggregate", "pseudonymise": ["team"]}, "which only restricted files may hold"),
        ({"audience": ["restricted", "finance"], "pseudonymise": ["team"]}, "which only restricted files may hold"),
        ({"audience": {"aggregate": True}}, "meta audience is a name or a list of names"),
        ({"audience": "restricted", "order_by": ["nothing"]}, "order_by names the column nothing"),
        ({"audience": "restricted", "pseudonymise": ["nothing"]}, "pseudonymise names the column nothing"),
        ({"audience": "restricted", "pseudonymise": ["size"]}, r"dim_team\.size is BIGINT"),
    ],
)
def test_a_table_that_declares_too_little_is_refused(world: World, meta: dict[str, Any], words: str) -> None:
    world.build(extra="; CREATE TABLE marts.dim_team AS SELECT 'x' AS team, 1::BIGINT AS size", meta={"marts.dim_team": meta})
    refused(world, words)


def test_a_model_that_the_warehouse_lacks_is_refused(world: World) -> None:
    world.build(meta={"marts.dim_team": {"audience": "aggregate"}})
    refused(world, r"no table marts\.dim_team")


def test_a_table_that_no_model_declares_is_not_published(world: World) -> None:
    world.build(extra="; CREATE TABLE marts.scratch AS SELECT 'anna-smith' AS login")
    assert "marts.scratch" not in world.publish().tables
    assert "build" not in {table.name for table in published_tables(world.manifest)}


@pytest.mark.parametrize("audience", ["aggregate", "finance"])
def test_a_person_in_an_open_file_refuses_publication_without_repeating_the_value(world: World, audience: str) -> None:
    world.publish()
    extra = "; CREATE TABLE marts.dim_team AS SELECT 'anna-smith-nightly' AS team"
    world.build("c" * 64, extra=extra, meta={"marts.dim_team": {"audience": audience}})
    message = refused(world, r"stands in dim_team\.team", "c" * 64)
    assert not any(identifier in message for identifier in ("anna", "smith", "1001"))


NAMING = [
    *("anna-smith", "ANNA-SMITH", "anna-smith-nightly", "run by anna.smith@example.com", "al", "1001", "badge 1001"),
    *("(anna-smith)", "x/anna-smith/y", "ci-bot[anna-smith]", "rob[bot]", "x rob[bot]"),
]
INNOCENT = ["joanna-smithson", "al team", "10011", "anna smith", "complete", "smith", "", "(pool)"]


@pytest.mark.parametrize("text", NAMING + INNOCENT)
def test_a_text_names_someone_as_a_whole_or_by_whole_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute("COPY (SELECT ? AS team, 'fine' AS other, NULL::VARCHAR AS nothing) TO ? (FORMAT parquet)", [text, str(path)])
        columns = tuple(Column(name, "VARCHAR") for name in ("team", "other", "nothing"))
        open_table = Exported(PublishedTable("marts", "t", ("finance",), "none"), columns, 1, {"finance": path})
        restricted = Exported(PublishedTable("marts", "t", ("restricted",), "none"), columns, 1, {"restricted": path})
        require_no_person(connection, [restricted], IDENTIFIERS)
        if text in INNOCENT:
            require_no_person(connection, [open_table], IDENTIFIERS)
        else:
            with pytest.raises(PublicationRefused, match=r"stands in t\.team, which is not restricted"):
                require_no_person(connection, [open_table], IDENTIFIERS)


def test_without_a_list_of_known_persons_nothing_is_published(world: World) -> None:
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("DROP TABLE intermediate.int_known_identifiers")
    refused(world, "cannot be searched for persons")


@pytest.mark.parametrize("limit", [8_000, 200_000])
def test_a_full_disk_is_told_and_loses_nothing(world: World, limit: int) -> None:
    """The first limit stops a Parquet file, the second a database file in the writing process."""
    old = world.publish()
    world.build("c" * 64)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(StorageFull, match="no space left while writing to"):
            world.publish("c" * 64)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert world.current.resolve() == old.path.resolve()
    assert [path.name for path in (world.published / "generations").iterdir()] == [old.publication_id]
    assert world.publish("c" * 64).new
