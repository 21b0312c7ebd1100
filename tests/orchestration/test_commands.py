"""The commands over a small home: what they print, and that an error is one clear line."""

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from spend_assets.cli import main
from spend_assets.publish.verdict import verdict_path
from spend_assets.settings import load_settings
from tests.ui.fixtures import PEOPLE, Demo

from .conftest import LAST_DAY, Company


def only_line(text: str) -> str:
    (line,) = text.strip().splitlines()
    return line


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line in which a command says why not."""
    capsys.readouterr()
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return only_line(said.err)


class TestInit:
    def test_it_writes_settings_that_load_and_names_of_secrets(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SPEND_HOME", str(tmp_path / "home"))
        assert main(["init"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "wrote spend.toml",
            "wrote .env.example",
            "next: fill in spend.toml, set the variables of .env.example, then `spend doctor`",
        ]
        settings = load_settings()
        named = {line.partition("=")[0] for line in (tmp_path / ".env.example").read_text().splitlines() if not line.startswith("#")}
        assert named == settings.secret_names

    def test_it_never_touches_a_file_that_is_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "spend.toml").write_text("mine")
        assert main(["init"]) == 0
        assert "spend.toml" not in capsys.readouterr().out.splitlines()[0]
        assert (tmp_path / "spend.toml").read_text() == "mine"


class TestDoctor:
    @pytest.fixture(autouse=True)
    def here(self, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SPEND_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("SPEND_CONFIG", str(company.config))
        for name, token in company.sandbox.tokens.items():
            monkeypatch.setenv(name, token)

    def test_a_healthy_source_stream_by_stream(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["doctor"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "github_copilot, account acme (enterprise acme), ledger: ai_credit_report"
        for stream in ("user_days", "seats", "ai_credit_report", "team_members"):
            assert any(re.match(rf"  ok   {stream} ", line) for line in lines), lines
        assert not any("FAIL" in line for line in lines)
        assert list(tmp_path.rglob("*.gz")) == [], "nothing is stored"

    def test_a_missing_permission_is_named_and_the_token_is_not(
        self, company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        narrow = company.sandbox.issue_token("read:org")
        monkeypatch.setenv("GITHUB_BILLING_TOKEN", narrow)
        assert main(["doctor"]) == 1
        out = capsys.readouterr().out
        (line,) = [line for line in out.splitlines() if "FAIL ai_credit_report" in line]
        assert "GITHUB_BILLING_TOKEN" in line
        assert "manage_billing:enterprise" in out
        assert narrow not in out

    def test_an_empty_variable_is_named(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.delenv("GITHUB_TOKEN")
        assert main(["doctor"]) == 1
        assert "the environment variable GITHUB_TOKEN is empty" in capsys.readouterr().out

    def test_a_wrong_address_is_no_stack_trace(
        self, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SPEND_CONFIG", str(tmp_path / "spend.toml"))
        (tmp_path / "spend.toml").write_text(re.sub(r'"http://127.0.0.1:\d+', '"http://127.0.0.1:1', company.config.read_text()))
        assert "the sandbox's clock does not answer; start the sandbox, or set SPEND_NOW" in refused(["doctor"], capsys)

    def test_sources_without_a_server_are_in_the_table(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SPEND_CONFIG", str(tmp_path / "spend.toml"))
        monkeypatch.setenv("SPEND_PSEUDONYM_KEY", "k" * 40)
        (tmp_path / "spend.toml").write_text(
            "[platform]\nstart_date = 2026-07-01\n"
            f"[[sources.otlp]]\naccount = 'agents'\npath = '{tmp_path / 'collector'}'\n"
            "[[sources.files]]\nvendor = 'litellm'\naccount = 'gateway'\nledger = 'spend_logs'\n"
        )
        assert main(["doctor"]) == 1
        assert "does not exist; create it" in capsys.readouterr().out
        (tmp_path / "collector").mkdir()
        (tmp_path / "collector" / "traces.json").write_text("{}\n")
        assert main(["doctor"]) == 0
        assert capsys.readouterr().out.splitlines()[:4] == [
            "otlp, account agents (collector), no money",
            f"  ok   all signals          works: 1 files wait in {tmp_path / 'collector'}",
            "litellm, account gateway (file), ledger: spend_logs",
            "  ok   spend_logs           by file: inbox/litellm/gateway/spend_logs/, or `spend import`",
        ]

    def test_without_a_source_it_says_what_works_still(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SPEND_CONFIG", str(tmp_path / "spend.toml"))
        (tmp_path / "spend.toml").write_text("[platform]\nstart_date = 2026-07-01\n")
        assert main(["doctor"]) == 0
        assert "exported files can still be brought in with `spend import`" in capsys.readouterr().out


class TestStatus:
    def test_an_empty_home_says_how_to_begin(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SPEND_HOME", str(tmp_path / "home"))
        assert main(["status"]) == 0
        out = capsys.readouterr().out
        assert "nothing is published" in out
        assert "`spend run` or `make demo`" in out
        assert "no build has a verdict yet" in out

    def test_what_is_published_and_how_each_stream_fares(self, demo: Demo, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["status"]) == 0
        lines = capsys.readouterr().out.splitlines()
        manifest = json.loads((demo_copy / "published" / "current" / "manifest.json").read_text())
        assert lines[0] == f"published {manifest['publication_id']}, data as known on 2026-11-01"
        assert any(re.match(r"  github_copilot/user_days acme: \d+ day\(s\) \w+, 2026-10-\d\d to ", line) for line in lines)
        assert any(re.match(r"checks of the last build: \d+ passed, \d+ did not", line) for line in lines)


class TestPublish:
    def test_the_same_build_again(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = (demo_copy / "published" / "current").readlink()
        assert main(["publish"]) == 0
        assert only_line(capsys.readouterr().out) == f"published {before.name}"
        assert (demo_copy / "published" / "current").readlink() == before

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ("absent", "there is no stored verdict for this build"),
            ("stale", "the stored verdict is stale"),
            ("failed", "checks failed for build"),
        ],
    )
    def test_it_is_refused_unless_this_builds_verdict_passed(
        self, demo_copy: Path, change: str, words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = verdict_path(demo_copy)
        verdict = json.loads(path.read_text())
        if change == "absent":
            path.unlink()
        elif change == "stale":
            path.write_text(json.dumps({**verdict, "build_id": "0" * 64}))
        else:
            blocking = next(check for check in verdict["checks"] if check["blocking"])
            blocking.update(passed=False, failures=7)
            path.write_text(json.dumps({**verdict, "passed": False}))
        shutil.rmtree(demo_copy / "published" / "generations")
        line = refused(["publish"], capsys)
        assert line.startswith("spend publish: ")
        assert words in line
        assert not (demo_copy / "published" / "generations").exists(), "nothing was written"

    def test_without_a_build_it_says_what_makes_one(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (demo_copy / "warehouse.duckdb").unlink()
        assert "`spend run`" in refused(["publish"], capsys)


class TestClose:
    def test_soft_leaves_a_pack_and_final_says_what_is_missing(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["close", "2026-10", "--soft"]) == 0
        first, second = capsys.readouterr().out.splitlines()[-2:]
        folder = demo_copy / "close" / "2026-10" / "soft"
        assert first == f"{folder} written" and re.fullmatch(r"accrued [\d,]+\.\d\d USD, give or take [\d,]+\.\d\d USD", second)
        assert {"index.html", "accruals.csv", "journal.csv", "manifest.json"} <= {path.name for path in folder.iterdir()}

        assert main(["close", "2026-10", "--final"]) == 1
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith("spend close: 2026-10 cannot be closed for good yet:")
        assert re.search(r"\n  github_copilot/acme: \d+ day\(s\) missing or partial, \d+ that may still be restated", said.err)
        assert [path.name for path in folder.parent.iterdir()] == ["soft"]

    def test_a_month_that_has_not_begun(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert refused(["close", "2027-03", "--soft"], capsys) == "spend close: 2027-03 has not begun"


class TestAsOf:
    def test_the_past_in_a_file_of_its_own(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        day = LAST_DAY - timedelta(days=1)
        assert main(["as-of", day.isoformat()]) == 0
        file = Path(only_line(capsys.readouterr().out))
        assert file == demo_copy / "as-of" / f"{day}.duckdb"
        query = "select max(day), count(distinct day) from marts.spend_by_vendor_daily"
        with duckdb.connect(str(file), read_only=True) as then, duckdb.connect(str(demo_copy / "warehouse.duckdb"), read_only=True) as now:
            assert then.execute("select as_of from ops.build").fetchone() == (day,)
            assert (then.execute(query).fetchone() or ())[0] < (now.execute(query).fetchone() or ())[0]
        assert sorted(path.name for path in file.parent.iterdir()) == [file.name]
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_day_that_is_not_over_is_refused(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert refused(["as-of", "2027-01-01"], capsys) == "spend as-of: 2027-01-01 is not over yet; nothing is known about it"

    def test_a_day_in_another_format_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["as-of", "31.10.2026"])
        assert ended.value.code == 2
        assert "'31.10.2026' is no day; write it as 2026-10-31" in capsys.readouterr().err


class TestImport:
    def test_the_real_billing_export(self, demo_copy: Path, project_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = project_root / "tests" / "fixtures" / "github" / "billing-credit-usage.real.pseudonymised.csv"
        assert main(["import", str(file), "--account", "exported"]) == 0
        first, *rest = capsys.readouterr().out.splitlines()
        assert re.fullmatch(
            r"github_copilot/ai_credit_report exported: \d+ records of \d{4}-\d\d-\d\d to \S+ \(not included\) landed", first
        )
        assert rest[-1] == "next: `spend run` builds and publishes what was imported"
        assert main(["import", str(file), "--account", "exported"]) == 0
        assert capsys.readouterr().out.splitlines()[0].endswith("was known already")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["nowhere.csv", "--account", "acme"], "nowhere.csv"),
            (["other.csv", "--account", "acme"], "other.csv"),
            (["other.csv", "--account", "../up"], "../up"),
            (["other.csv", "--account", "acme", "--stream", "github_copilot/nothing"], "github_copilot/nothing"),
        ],
    )
    def test_what_cannot_be_right_is_one_line(
        self, demo_copy: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("other.csv").write_text("colour,size\nred,3\n")
        line = refused(["import", *arguments], capsys)
        assert line.startswith("spend import: ")
        assert words in line


class TestRun:
    def test_days_before_the_start_are_refused(self, demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        line = refused(["run", "--from", "2026-01-01", "--to", "2026-01-02"], capsys)
        assert "there is no day from" in line
        assert "start_date is 2026-10-27" in line

    def test_without_settings_it_says_how_to_get_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SPEND_HOME", str(tmp_path / "home"))
        assert "`spend init` writes one, SPEND_CONFIG names another" in refused(["run"], capsys)


def test_another_demo_does_not_enter_a_demos_home(demo_copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(["demo", "--people", "7"], capsys)
    assert f"holds a demo of {PEOPLE} people" in line
    assert "make clean-data" in line
