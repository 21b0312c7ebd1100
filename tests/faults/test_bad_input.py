"""Whatever comes in wrong is met with a message that says what to do, and nothing that was there is lost."""

import gzip
import os
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from spend_assets.pipeline import Pipeline
from spend_assets.publish.refusal import PublicationRefused
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.settings import SettingsError, parse_settings
from tests.integration.lab import Lab, hurried, morning, open_lab

CONFIG = SandboxConfig(people=20, days=12, seed=51, end=date(2026, 9, 30))
SPOILED = SandboxConfig(people=20, days=12, seed=51, end=date(2026, 9, 30), faults={"broken_line": 1, "negative_credits": 1})
NOW = CONFIG.end + timedelta(days=12)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with open_lab(CONFIG, tmp_path / "home", monkeypatch, copilot_only=True) as lab:
        lab.at(NOW)
        yield lab


def outcomes(lab: Lab, stream: str) -> set[str]:
    with lab.pipeline.opened("look", lab.said.append) as stores:
        return {attempt.outcome for attempt in stores.landing.attempts("github_copilot", stream, "acme")}


def test_a_wrong_token_marks_its_days_as_failed_and_the_next_run_fetches_them(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrong")
    before = lab.sandbox.requests
    failures = [failure for failure in lab.ingest() if "user_days" in failure]
    assert all(words in failures[0] for words in ("acme", "401", "GITHUB_TOKEN", "users-1-day")), failures[0]
    assert not any("ghp_wrong" in line for line in [*failures, *lab.said])
    assert outcomes(lab, "user_days") == {"failed"}
    assert outcomes(lab, "ai_credit_report") == {"landed"}, "the other token still works"
    assert lab.sandbox.requests - before < 40, "a denied access is not asked again for every day"
    monkeypatch.setenv("GITHUB_TOKEN", lab.sandbox.tokens["GITHUB_TOKEN"])
    assert lab.ingest() == []
    assert "landed" in outcomes(lab, "user_days")


def test_a_token_variable_that_is_empty_is_named(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_BILLING_TOKEN", "")
    failures = lab.ingest()
    assert any("GITHUB_BILLING_TOKEN" in failure and "ai_credit_report" in failure for failure in failures)
    assert outcomes(lab, "user_days") >= {"landed"}


def test_without_the_billing_permission_the_rest_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides, one line of the report is broken and one has negative credits: they are kept apart, and told by place and reason."""
    with open_lab(SPOILED, tmp_path / "home", monkeypatch, copilot_only=True) as lab:
        lab.at(NOW)
        lab.drop_roster()
        denied = lab.sandbox.issue_token("read:org")
        monkeypatch.setenv("GITHUB_BILLING_TOKEN", denied)
        failures = lab.ingest()
        assert any("ai_credit_report" in failure and "manage_billing:enterprise" in failure for failure in failures), failures
        assert lab.build().passed
        lab.publish()
        days = dict(lab.query("select data_status, count(*) from marts.data_health where stream = 'ai_credit_report' group by all"))
        assert set(days) == {"failed"} and days["failed"] >= CONFIG.days
        recorded = sum(user.recorded for user in lab.sandbox.truth.users())
        lost = [(cell.day, len(cell.user_ids)) for cell in lab.sandbox.truth.withheld()]
        assert len(lost) == 2
        (kept,) = lab.query("select count(*) from staging.stg_github_copilot__user_days")
        assert kept[0] == recorded - sum(count for _, count in lost), "only the two bad records are missing"
        partial = lab.query("select day from marts.data_health where stream = 'user_days' and data_status = 'partial' order by day")
        assert [day for (day,) in partial] == [day for day, _ in lost]
        refused = lab.query("select field, reason, shape, release from ops.quarantine where stream = 'user_days'")
        assert len(refused) == 2 and all(row[1] and row[3] for row in refused)
        assert "ai_credits_used" in {row[0] for row in refused}
        _assert_no_secret(lab, [denied])
        monkeypatch.setenv("GITHUB_BILLING_TOKEN", lab.sandbox.tokens["GITHUB_BILLING_TOKEN"])
        assert lab.ingest() == []
        assert outcomes(lab, "ai_credit_report") == {"failed", "landed"}, "what was denied is fetched as soon as it may be"


def _assert_no_secret(lab: Lab, more: list[str]) -> None:
    """In no file below SPEND_HOME, in no message and in no table that says what was tried: no token and no address."""
    address = lab.sandbox.base_url.removeprefix("http://")
    unwanted = [*lab.sandbox.tokens.values(), *more, address, "Bearer ", os.environ["SPEND_PSEUDONYM_KEY"]]
    read = 0
    for path in (path for path in lab.home.rglob("*") if path.is_file()):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert [word for word in unwanted if word.encode() in content] == [], path.relative_to(lab.home)
        read += 1
    assert read > 50
    told = [*lab.said, *(str(row) for row in lab.query("select * from ops.fetch_log"))]
    assert len(told) > 20
    assert [line for line in told if any(word in line for word in unwanted)] == []


def test_an_enterprise_beside_its_own_organisation_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(CONFIG) as sandbox:
        for name, token in sandbox.tokens.items():
            monkeypatch.setenv(name, token)
        document = tomllib.loads(sandbox.settings())
        (enterprise,) = document["sources"]["github"]
        org = {"account": "own-org", "base_url": sandbox.base_url, "org": sandbox.orgs[0], "token_env": "GITHUB_TOKEN"}
        document["sources"]["github"] = [enterprise, org]
        lab = Lab(sandbox, Pipeline(parse_settings(document, home=tmp_path / "home"), sandbox.clock, sleep=hurried))
        lab.at(NOW)
        assert lab.ingest() == []
        with pytest.raises(PublicationRefused) as refused:
            lab.build()
        message = str(refused.value)
        assert message.startswith("1 of") and "accounts_do_not_overlap" in message
        assert "keep one of them in spend.toml, the enterprise where there is one" in message
        with pytest.raises((PublicationRefused, SettingsError)):
            lab.publish()
        assert not (lab.home / "published" / "current").exists()


ROSTER = "employee_id,email,github_login,team,valid_from,valid_to\n"
BAD_FILES = {
    "hr/acme/roster/two-rows.csv": (
        ROSTER + "1,a@x.com,,red,2026-01-01,\n1,a@x.com,,blue,2026-03-01,\n",
        ["two-rows.csv", "rows 2 and 3", "employee_id", "2026-03-01", "stays in force"],
    ),
    "hr/acme/roster/dates.csv": (ROSTER + "1,a@x.com,,red,11/12/2026,\n", ["dates.csv", "row 2", "'valid_from'", "2026-12-31", "dmy"]),
    "github_copilot/acme/ai_credit_report/columns.csv": ("day,user,cost\n2026-09-01,ann,1\n", ["columns.csv", "column"]),
    "github_copilot/acme/ai_credit_report/none.csv": ("", ["none.csv", "empty"]),
}


def test_files_that_cannot_be_right_are_refused_by_name_and_stay_in_the_inbox(lab: Lab) -> None:
    lab.drop_roster()
    assert lab.ingest() == []
    landed = lab.landed()
    for name, (text, _) in BAD_FILES.items():
        path = lab.home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    failures = lab.ingest()
    for name, (_, words) in BAD_FILES.items():
        message = next(failure for failure in failures if Path(name).name in failure)
        assert [word for word in words if word not in message] == [], message
        assert "a@x.com" not in message
        assert (lab.home / "inbox" / name).exists()
    assert len(failures) == len(BAD_FILES)
    assert lab.landed() == landed, "nothing of a refused file came in, and nothing went"
    open_ones = lab.pipeline.open_failures(lab.said.append)
    assert [name for name in BAD_FILES if not any(name in line for line in open_ones)] == []


def test_a_full_disk_stops_the_run_with_one_message_and_the_next_run_completes(lab: Lab, tmp_path: Path, project_root: Path) -> None:
    """The bound on a file's size stands for the disk: the system refuses the write in the same way, with another number."""
    config = tmp_path / "spend.toml"
    config.write_text(lab.sandbox.settings())
    env = {**os.environ, "SPEND_CONFIG": str(config), "SPEND_HOME": str(tmp_path / "full"), "PYTHONPATH": str(project_root)}
    driver = [sys.executable, str(Path(__file__).with_name("crash_driver.py")), morning(NOW).isoformat(), "ingest", "tables"]

    def run(bound: int | None) -> subprocess.CompletedProcess[str]:
        limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bound, bound))) if bound else None
        return subprocess.run(driver, env=env, capture_output=True, text=True, check=False, timeout=120, preexec_fn=limit)

    full = run(6_000)
    assert full.returncode == 1
    last = full.stderr.strip().splitlines()[-1]
    assert "StorageFull" in last and "no space left" in last and "run again" in last
    assert not list((tmp_path / "full").rglob(".tmp-*")), "nothing half written is left"
    mended = run(None)
    assert mended.returncode == 0, mended.stderr[-2000:]
    calm_env = {**env, "SPEND_HOME": str(tmp_path / "calm")}
    subprocess.run(driver, env=calm_env, capture_output=True, check=True, timeout=120)
    assert _raw(tmp_path / "full") == _raw(tmp_path / "calm")


def _raw(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted((home / "raw").rglob("*")) if path.is_file()}
