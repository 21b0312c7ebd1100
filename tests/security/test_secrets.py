"""Lines 2 and 4: a key is read when a request is made; no file, no output and no child process ever has it."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spend_assets.dbt_build import dbt_environment
from tests.orchestration.conftest import DeniedRun
from tests.ui.fixtures import Demo
from tests.ui.processes import Finished

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="the environment of another process is read from /proc (Linux)")


def children(run: Finished, word: str) -> Iterator[dict[str, str]]:
    return (env for command, env in run.children.items() if word in command)


@needs_proc
def test_dbt_as_an_asset_starts_it_has_no_secret(denied_run: DeniedRun) -> None:
    """The run has the vendor's tokens in its own environment; the dbt that it starts gets none of them, whatever their names."""
    found = list(children(denied_run.run, "dbt_command.py build"))
    assert found, f"dbt was seen while it ran; seen: {list(denied_run.run.children)}"
    for env in found:
        assert "SPEND_WAREHOUSE" in env
        assert denied_run.secrets.keys() & env.keys() == set()
        assert set(denied_run.secrets.values()) & set(env.values()) == set()


INHERIT_AS_LIBRARIES_START_THEM = ("multiprocessing.resource_tracker",)
"""Python's own semaphore cleaner, which runs no code of anybody else: see README.md."""


@needs_proc
def test_no_child_that_we_start_has_a_secret(denied_run: DeniedRun) -> None:
    """dbt, the process that writes the published files, and any other but those that are named above."""
    assert list(children(denied_run.run, "files.py")), f"the publisher's process was seen: {list(denied_run.run.children)}"
    for command, env in denied_run.run.children.items():
        if "spend run" in command or any(name in command for name in INHERIT_AS_LIBRARIES_START_THEM):
            continue  # "spend run": the run itself, if it is seen between fork and exec of a child
        told = [name for name, secret in denied_run.secrets.items() if secret in env.values()]
        assert told == [], f"{command[:120]} was given {told}"


def test_dbts_environment_is_a_list_of_what_may_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "a secret")
    monkeypatch.setenv("SOME_KEY_THAT_NOBODY_THOUGHT_OF", "another")
    given = dbt_environment(tmp_path / "warehouse.duckdb")
    assert {"a secret", "another"} & set(given.values()) == set()
    assert given["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_doctors_git_has_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for git writes down what it was given."""
    from spend_assets.doctor import examine
    from spend_assets.settings import parse_settings

    stand_in = tmp_path / "bin" / "git"
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\nenv > '{tmp_path}/given'\n")
    stand_in.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:/usr/bin:/bin")
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o600)
    source = {"account": "acme", "base_url": "http://127.0.0.1:1", "org": "acme", "token_env": "GITHUB_TOKEN"}
    settings = parse_settings(
        {"platform": {"start_date": "2026-07-01", "kind": "sandbox"}, "sources": {"github": [source]}, "limits": {"attempts": 1}},
        home=tmp_path / "home",
    )
    examine(settings, {"PATH": f"{stand_in.parent}:/usr/bin:/bin", "GITHUB_TOKEN": "ghp_secret", "SPEND_PSEUDONYM_KEY": "k" * 40})
    given = (tmp_path / "given").read_text()
    assert "PATH=" in given
    assert "ghp_secret" not in given
    assert "k" * 40 not in given


def occurrences(folder: Path, needles: dict[str, str]) -> list[tuple[str, str]]:
    """(name, file) wherever a needle stands, packed files unpacked."""
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        body = path.read_bytes()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        found += [(name, path.name) for name, needle in needles.items() if needle.encode() in body]
    return found


def test_no_file_of_a_home_holds_a_secret(demo: Demo, denied_run: DeniedRun) -> None:
    assert occurrences(demo.home, {"the account": "acme"}), "the search finds what is there"
    assert occurrences(demo.home, demo.secrets) == []
    assert occurrences(demo.user_home, demo.secrets) == []
    assert occurrences(denied_run.home, denied_run.secrets) == []


def test_no_link_and_no_query_of_a_vendor_is_kept(demo: Demo) -> None:
    """Signed links are secrets for as long as they live; manifests and fetch_log name route templates."""
    landed = {
        "signature": "sig=",
        "signature of GitHub's store": "X-Amz-Signature",
        "a vendor's address": "/copilot/metrics/reports/users-1-day?",
    }
    assert occurrences(demo.home / "landing", landed) == []
    assert occurrences(demo.home / "dagster", {**landed, "download": "/download/"}) == []


def test_nothing_printed_holds_a_secret(demo: Demo, denied_run: DeniedRun) -> None:
    for run, secrets in ((demo.run, demo.secrets), (denied_run.run, denied_run.secrets)):
        assert [name for name, secret in secrets.items() if secret in run.out + run.err] == []
    assert "http://" not in denied_run.run.err, "an error names the route, not the address"


def test_git_never_sees_the_env_file(project_root: Path) -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", ".env", "data/", "spend.toml"], cwd=project_root, capture_output=True, text=True, check=False
    )
    if ignored.returncode == 128:
        pytest.skip("this copy of the project is no git repository")
    assert ignored.stdout.split() == [".env", "data/", "spend.toml"]
