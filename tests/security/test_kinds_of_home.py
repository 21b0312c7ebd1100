"""Line 13: real and simulated data never meet; .env is looked at; the truth port answers on loopback and only with its token."""

import socket
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from spend_assets.cli import main
from spend_assets.home import HomeError, prepare_home
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.settings import Settings, parse_settings


def settings(home: Path, kind: str) -> Settings:
    return parse_settings({"platform": {"start_date": "2026-07-01", "kind": kind}}, home=home)


@pytest.mark.parametrize(("stamped", "asked"), [("sandbox", "real"), ("real", "sandbox")])
def test_a_home_of_the_other_kind_is_refused_with_what_to_do(tmp_path: Path, stamped: str, asked: str) -> None:
    home = tmp_path / "data"
    prepare_home(settings(home, stamped))
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(HomeError) as refused:
        prepare_home(settings(home, asked))
    assert f"{home} holds {stamped} data and the settings say kind = '{asked}'" in str(refused.value)
    assert f"SPEND_HOME={tmp_path}/data-{asked}" in str(refused.value)
    assert sorted(path.name for path in home.iterdir()) == before
    prepare_home(settings(home, stamped))


def test_a_damaged_stamp_is_not_guessed(tmp_path: Path) -> None:
    home = tmp_path / "data"
    prepare_home(settings(home, "real"))
    (home / "kind.json").write_text("{")
    with pytest.raises(HomeError, match=r'kind\.json is damaged; it must read \{"kind": "real"\}'):
        prepare_home(settings(home, "real"))


def test_a_run_with_settings_of_real_data_does_not_enter_a_demo(
    demo_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = tmp_path / "real.toml"
    real.write_text("[platform]\nstart_date = 2026-07-01\n")
    monkeypatch.setenv("SPEND_CONFIG", str(real))
    for arguments in (["run"], ["publish"], ["as-of", "2026-10-30"], ["ui"], ["import", str(real), "--account", "acme"]):
        assert main(arguments) == 1
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert line.startswith(f"spend {arguments[0]}: {demo_copy} holds sandbox data")
        assert "SPEND_HOME=" in line


class TestEnvFile:
    @pytest.fixture(autouse=True)
    def repository(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        subprocess.run(["git", "init", "-q", "."], check=True)
        (tmp_path / "spend.toml").write_text("[platform]\nstart_date = 2026-07-01\n")
        monkeypatch.setenv("SPEND_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("SPEND_PSEUDONYM_KEY", "k" * 40)

    def warnings(self, capsys: pytest.CaptureFixture[str]) -> list[str]:
        assert main(["doctor"]) == 0
        return [line.strip() for line in capsys.readouterr().out.splitlines() if "warn" in line]

    def test_without_one_there_is_nothing_to_say(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.warnings(capsys) == []

    def test_one_that_git_would_take_and_others_may_read(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path(".env").write_text("GITHUB_TOKEN=x\n")
        Path(".env").chmod(0o644)
        assert self.warnings(capsys) == [
            "warn .env is not ignored by git: add it to .gitignore before it is committed",
            "warn .env can be read by others: chmod 600 .env",
        ]

    def test_one_that_is_ignored_and_closed(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path(".env").write_text("GITHUB_TOKEN=x\n")
        Path(".env").chmod(0o600)
        Path(".gitignore").write_text(".env\n")
        assert self.warnings(capsys) == []


class TestTruthPort:
    @pytest.fixture(scope="class")
    def box(self) -> Iterator[Sandbox]:
        with Sandbox(SandboxConfig(people=10, days=3, seed=5, end=date(2026, 10, 31), truth_port=0)) as sandbox:
            yield sandbox

    @pytest.mark.parametrize("port_of", ["truth_url", "base_url"])
    def test_it_listens_on_one_loopback_address_only(self, box: Sandbox, port_of: str) -> None:
        """A server on every interface would answer at 127.0.0.2 too (Linux; elsewhere that address does not exist at all)."""
        parts = urlsplit(getattr(box, port_of))
        assert parts.hostname == "127.0.0.1"
        with pytest.raises(OSError), socket.create_connection(("127.0.0.2", parts.port or 0), timeout=5):
            pass

    def test_a_vendors_token_does_not_open_it(self, box: Sandbox) -> None:
        url = f"{box.truth_url}/truth/monthly"
        assert httpx.get(url, trust_env=False).status_code == 401
        for token in (*box.tokens.values(), "x"):
            assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False).status_code == 401
        assert httpx.get(url, headers={"Authorization": f"Bearer {box.truth_token}"}, trust_env=False).status_code == 200
