"""First start: bootstrap.py and the Makefile for real, in copies whose path has a space, with a lock of one wheel."""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SIX = "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"
CLI = "import sys\n\n\ndef main():\n    import six\n    print(six.__version__, *sys.argv[1:])\n    return 7\n"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    return load(Path(__file__).resolve().parents[2] / "bootstrap.py")


def copy_of_project(folder: Path, project_root: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("bootstrap.py", "Makefile"):
        shutil.copy(project_root / name, folder / name)
    (folder / "requirements.lock").write_text(SIX)
    (folder / "spend_assets").mkdir()
    (folder / "spend_assets" / "__init__.py").touch()
    (folder / "spend_assets" / "cli.py").write_text(CLI)
    return folder


def start(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "bootstrap.py")]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env}, cwd=folder.parent, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose environment is complete. Tests that change it put it right again."""
    folder = copy_of_project(tmp_path_factory.mktemp("first start") / "a clone", Path(__file__).resolve().parents[2])
    answer = start(folder)
    assert answer.returncode == 0, answer.stderr
    assert "there is none yet" in answer.stdout
    return folder


OFFLINE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PATH": "/nowhere"}


def test_the_launcher_runs_the_project_from_anywhere(made: Path, tmp_path: Path) -> None:
    command = [str(made / ".venv" / "bin" / "spend"), "run", "two words"]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (answer.stdout, answer.returncode) == ("1.17.0 run two words\n", 7)


def test_where_the_stamp_fits_nothing_is_done_offline_and_without_git(made: Path) -> None:
    before = (made / ".venv" / ".stamp").stat().st_mtime_ns
    answer = start(made, **OFFLINE)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert (made / ".venv" / ".stamp").stat().st_mtime_ns == before


def test_a_half_made_environment_is_built_anew(made: Path) -> None:
    (made / ".venv" / ".stamp").unlink()
    (made / ".venv" / "left-over").touch()
    answer = start(made)
    assert answer.returncode == 0
    assert "half-made" in answer.stdout
    assert not (made / ".venv" / "left-over").exists()


def test_what_makes_an_environment_unfit(made: Path, bootstrap: ModuleType, tmp_path: Path) -> None:
    lock = made / "requirements.lock"
    wanted = bootstrap.wanted_stamp(made, lock)
    assert bootstrap.why_not_ready(made / ".venv", wanted) is None
    assert "another place" in bootstrap.why_not_ready(made / ".venv", bootstrap.wanted_stamp(tmp_path, lock))
    other = tmp_path / "requirements.lock"
    other.write_text(SIX + "\n")
    assert "requirements.lock has changed" in bootstrap.why_not_ready(made / ".venv", bootstrap.wanted_stamp(made, other))
    copied = tmp_path / ".venv"
    (copied / "bin").mkdir(parents=True)
    shutil.copy(made / ".venv" / ".stamp", copied)
    (copied / "bin" / "python").symlink_to(tmp_path / "uninstalled" / "python3")
    assert "is gone" in bootstrap.why_not_ready(copied, wanted)
    (copied / ".stamp").write_text("[]")
    assert "half-made" in bootstrap.why_not_ready(copied, wanted)


def test_a_wrong_hash_installs_nothing_and_leaves_no_stamp(tmp_path: Path, project_root: Path) -> None:
    folder = copy_of_project(tmp_path / "a clone", project_root)
    (folder / "requirements.lock").write_text(SIX.replace("4721f391", "00000000"))
    answer = start(folder)
    assert answer.returncode == 1
    assert "DO NOT MATCH THE HASHES" in answer.stderr
    assert "://" not in answer.stderr
    assert not (folder / ".venv" / ".stamp").exists()
    assert not list(folder.glob(".venv/lib/python*/site-packages/six.py"))


def test_a_lock_without_hashes_is_refused(tmp_path: Path, project_root: Path) -> None:
    folder = copy_of_project(tmp_path / "a clone", project_root)
    (folder / "requirements.lock").write_text("six==1.17.0\n")
    answer = start(folder)
    assert answer.returncode == 1
    assert "Hashes are required" in answer.stderr


def test_pip_keeps_the_users_one_index_and_forgets_every_other_source(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url = https://evil.example/simple\nfind-links = /wheels\n"
        "target = /elsewhere\n[install]\ntimeout = 33\n"
    )
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_FIND_LINKS", "/more-wheels")
    monkeypatch.setenv("PIP_CERT", "/etc/ca.pem")
    env = bootstrap.pip_environment(str(pip_python(tmp_path)))
    found = {name: value for name, value in env.items() if name.startswith("PIP_")}
    assert found == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "PIP_TIMEOUT": "33",
        "PIP_CERT": "/etc/ca.pem",
    }


def pip_python(folder: Path) -> Path:
    """A Python with pip; the one that runs the tests may have been made by uv, without."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "with pip")], check=True)
    return folder / "with pip" / "bin" / "python"


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 9, 2), (3, 10, 13), (3, 14, 0)])
def test_another_python_is_refused_by_name(bootstrap: ModuleType, tmp_path: Path, version: tuple[int, int, int]) -> None:
    with pytest.raises(bootstrap.BootstrapError) as refusal:
        bootstrap.bootstrap(tmp_path, version=version)
    assert f"is Python {'.'.join(map(str, version))}" in str(refusal.value)
    assert "sudo apt-get install -y python3.12 python3.12-venv" in str(refusal.value)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 1, "final", 0)])
def test_a_supported_python_is_taken(bootstrap: ModuleType, version: tuple[int, ...]) -> None:
    bootstrap.check_python(version, "python3")


def test_an_old_python_can_read_the_file_as_far_as_its_message(project_root: Path) -> None:
    ast.parse((project_root / "bootstrap.py").read_text(), feature_version=(3, 9))


def test_a_full_disk_is_told_before_anything_is_written(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(SIX)
    with pytest.raises(bootstrap.BootstrapError, match=r"2 GB of disk, but .* has 0\.5 GB free"):
        bootstrap.bootstrap(tmp_path, free=5 * 10**8)
    assert not (tmp_path / ".venv").exists()


def test_without_ensurepip_and_uv_the_apt_command_is_printed(bootstrap: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(SIX)
    with pytest.raises(bootstrap.BootstrapError) as refusal:
        bootstrap.bootstrap(tmp_path, uv="", ensurepip=False)
    assert f"sudo apt-get install -y python{sys.version_info[0]}.{sys.version_info[1]}-venv" in str(refusal.value)


def test_a_uv_that_does_not_run_counts_as_none(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "uv"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bootstrap.find_uv() is None
    shim.write_text("#!/bin/sh\nexit 0\n")
    assert bootstrap.find_uv() == str(shim)


def test_uv_is_asked_for_the_same_guards(bootstrap: ModuleType, tmp_path: Path, project_root: Path) -> None:
    """A stand-in for uv notes its arguments: this machine may have none, and the order of work is what matters."""
    folder = copy_of_project(tmp_path / "a clone", project_root)
    asked = tmp_path / "asked.txt"
    uv = tmp_path / "uv"
    make_venv = f'for last; do :; done; "{sys.executable}" -m venv --without-pip "$last"'
    uv.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{asked}"\nif [ "$1" = venv ]; then {make_venv}; fi\n')
    uv.chmod(0o755)
    assert bootstrap.bootstrap(folder, uv=str(uv), ensurepip=False) is True
    made, installed = asked.read_text().splitlines()
    assert made.startswith("venv ")
    assert installed.startswith("pip install ")
    for guard in ("--require-hashes", "--only-binary :all:", "--no-deps", "--no-config"):
        assert guard in installed
    assert json.loads((folder / ".venv" / ".stamp").read_text())["place"] == str(folder)


def shim(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def make(folder: Path, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{path}:/usr/bin:/bin", "HOME": str(path)}
    return subprocess.run(["make", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path, project_root: Path) -> Path:
    """A copy whose bootstrap.py only tells that it ran."""
    folder = copy_of_project(tmp_path / "a clone", project_root)
    (folder / "bootstrap.py").write_text("import sys\nprint('bootstrap by %d.%d' % sys.version_info[:2])\n")
    return folder


@pytest.mark.skipif(shutil.which("make") is None, reason="make is missing: sudo apt-get install -y make")
class TestMakefile:
    def test_shims_that_exist_and_fail_are_passed_over(self, clone: Path, tmp_path: Path) -> None:
        path = tmp_path / "shims"
        path.mkdir()
        for name in ("python3.13", "python3.12", "python3.11"):
            shim(path, name, "exit 127")
        shim(path, "python3", f'echo taken >&2; exec "{sys.executable}" "$@"')
        answer = make(clone, path, "setup")
        assert answer.stdout == f"bootstrap by {sys.version_info[0]}.{sys.version_info[1]}\n"
        assert "taken" in answer.stderr

    def test_without_any_python_it_names_what_it_tried(self, clone: Path, tmp_path: Path) -> None:
        path = tmp_path / "shims"
        path.mkdir()
        for name in ("python3.13", "python3.12", "python3.11", "python3"):
            shim(path, name, "exit 127")
        answer = make(clone, path, "setup")
        assert answer.returncode != 0
        assert "tried python3.13, python3.12, python3.11 and python3" in answer.stderr
        assert "sudo apt-get install -y python3 python3-venv" in answer.stderr

    def test_an_old_python_alone_is_handed_to_bootstrap_for_its_message(self, clone: Path, tmp_path: Path) -> None:
        path = tmp_path / "shims"
        path.mkdir()
        for name in ("python3.13", "python3.12", "python3.11"):
            shim(path, name, "exit 127")
        # Answers like a Python that runs but is too old: the version question fails, everything else works.
        shim(path, "python3", f'case "$*" in *version_info*) exit 1;; esac; exec "{sys.executable}" "$@"')
        assert "bootstrap by" in make(clone, path, "setup").stdout

    def test_a_named_python_is_taken_even_with_spaces(self, clone: Path, tmp_path: Path) -> None:
        path = tmp_path / "my pythons"
        path.mkdir()
        shim(path, "python-mine", f'echo mine >&2; exec "{sys.executable}" "$@"')
        answer = make(clone, tmp_path, "setup", f"PYTHON={path / 'python-mine'}")
        assert "mine" in answer.stderr
        assert answer.returncode == 0

    def test_help_lists_every_target(self, clone: Path, tmp_path: Path) -> None:
        phony = next(line for line in (clone / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
        listed = [line.split()[1] for line in make(clone, tmp_path).stdout.splitlines()]
        assert sorted(listed) == sorted(phony.split()[1:])
