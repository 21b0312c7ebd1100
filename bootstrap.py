"""Makes `.venv` from `requirements.lock` with the standard library only; `make` calls it, and `python3 bootstrap.py` works alone.

Quick and offline where the environment already fits; otherwise it is built anew, and the stamp that says "complete" is written
last, so that an interrupted build is never taken for a whole one. Errors name what was found and the command that mends it.

An older Python must come as far as the message that refuses it: this file keeps to the syntax of Python 3.7.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OLDEST = (3, 11)
TOO_NEW = (3, 14)
DISK_BYTES = 2 * 10**9
ROOT = Path(__file__).resolve().parent
STAMP_FORMAT = 1
URL = re.compile(r"\b[a-z+]+://\S+")

# The user's pip may be configured with further indexes, local wheels or a --target. Only how to reach the one index is taken over.
PIP_SETTINGS_KEPT = ("index-url", "cert", "client-cert", "proxy", "trusted-host", "timeout", "default-timeout", "retries")
UV_SETTINGS_DROPPED = ("UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_NO_BINARY", "UV_TARGET", "UV_SYSTEM_PYTHON", "UV_OVERRIDE")

# A shell cannot quote a `#!` line, and Linux ends it at the first space: /bin/sh reads line 2, Python reads it as a string.
LAUNCHER = """#!/bin/sh
'''exec' {python} "$0" "$@"
' '''
import sys

from spend_assets.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""


class BootstrapError(Exception):
    """The environment cannot be made here; the message says what was found and what to do."""


def say(text: str) -> None:
    print("bootstrap: " + text, flush=True)


def check_python(version: Sequence[Any], executable: str) -> None:
    """Raise unless `version`, a sequence like sys.version_info, is supported."""
    if OLDEST <= tuple(version[:2]) < TOO_NEW:
        return
    found = ".".join(str(part) for part in version[:3])
    raise BootstrapError(
        f"this needs Python 3.11, 3.12 or 3.13, but {executable} is Python {found}.\n"
        "  Debian, Ubuntu:  sudo apt-get install -y python3.12 python3.12-venv\n"
        "  macOS:           brew install python@3.12\n"
        "  anywhere:        uv python install 3.12\n"
        "then name it:      make PYTHON=/path/to/python3.12 setup"
    )


def check_disk(folder: Path, free: int | None = None) -> None:
    """Raise unless `folder` has 2 GB free (`free`: bytes, measured if not given)."""
    free = shutil.disk_usage(str(folder)).free if free is None else free
    if free < DISK_BYTES:
        raise BootstrapError(
            f"the environment and the demo need 2 GB of disk, but {folder} has {free / 10**9:.1f} GB free; "
            "make room there, or clone to another disk"
        )


def wanted_stamp(root: Path, lock: Path) -> dict[str, Any]:
    """What a complete environment for this lock at this place is stamped with, but for its Python.

    The place belongs to it because the scripts of an environment hold absolute paths: a copied or moved one is no good.
    """
    return {"format": STAMP_FORMAT, "lock": hashlib.sha256(lock.read_bytes()).hexdigest(), "place": str(root)}


def python_of(environment: Path) -> str | None:
    """The (major, minor) that `environment` runs, or None where its Python is gone or broken."""
    try:
        answer = subprocess.run(
            [str(environment / "bin" / "python"), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.decode().strip()


def why_not_ready(environment: Path, wanted: dict[str, Any]) -> str | None:
    """None where the environment is whole and fits, else the reason in a few words."""
    if not environment.exists():
        return "there is none yet"
    try:
        stamp = json.loads((environment / ".stamp").read_text(encoding="utf-8"))
        python = stamp.pop("python")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "it is half-made, or was made by something else"
    if stamp.get("lock") != wanted["lock"]:
        return "requirements.lock has changed"
    if stamp != wanted:
        return "it was made at another place"
    if python_of(environment) != python:
        return f"its Python {python} is gone"
    return None


def find_uv() -> str | None:
    """The path of a uv that runs, or None. A shim that exists and fails counts as none."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    answer = subprocess.run([uv, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return uv if answer.returncode == 0 else None


def has_ensurepip() -> bool:
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


def base_python() -> str:
    """The interpreter below an activated environment: rebuilding `.venv` with its own Python would saw off the branch."""
    return getattr(sys, "_base_executable", None) or sys.executable


def clean_environment(extra_dropped: tuple[str, ...] = ()) -> dict[str, str]:
    """The variables for child processes, without those that would lead pip or venv elsewhere."""
    dropped = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", *extra_dropped)
    return {name: value for name, value in os.environ.items() if name not in dropped}


def pip_environment(python: str) -> dict[str, str]:
    """Variables under which pip knows one index: the user's own if one is configured, else PyPI; no second one, no local wheels."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, env=clean_environment(), check=False)
    kept = {}
    for layer in ("global.", "install.", ":env:."):
        for line in listed.stdout.decode(errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name.startswith(layer) and name[len(layer) :] in PIP_SETTINGS_KEPT:
                kept[name[len(layer) :]] = str(ast.literal_eval(value))
    env = {name: value for name, value in clean_environment().items() if not name.startswith("PIP_")}
    # /dev/null is pip's own way to say "no configuration file of any level".
    env.update({"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"})
    env.update({"PIP_" + name.upper().replace("-", "_"): value for name, value in kept.items()})
    return env


def run(command: list[str], env: dict[str, str], what: str, show: Callable[[str], None] | None = None) -> None:
    """Run `command`; each output line goes to `show`. Raises with the end of the output, without its URLs, where it fails."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env)
    last: list[str] = []
    for raw in process.stdout or ():
        line = raw.decode(errors="replace").rstrip()
        last = [*last[-9:], URL.sub("<url>", line)]
        if show is not None:
            show(line)
    if process.wait() != 0:
        raise BootstrapError(what + " failed:\n  " + "\n  ".join(last))


def progress(total: int) -> Callable[[str], None]:
    """A line handler that tells how many of `total` packages pip has come to."""
    seen = [0]

    def show(line: str) -> None:
        if line.startswith("Collecting "):
            seen[0] += 1
            if seen[0] % 20 == 0:
                say(f"  {min(seen[0], total)} of about {total} packages")
        elif line.startswith("Installing collected packages"):
            say("  all there, unpacking")

    return show


def make_environment(environment: Path, uv: str | None, ensurepip: bool) -> str | None:
    """An empty virtual environment; returns the uv that installs into it, or None where its own pip does."""
    problem = ""
    if ensurepip:
        try:
            run([base_python(), "-m", "venv", str(environment)], clean_environment(), "python -m venv")
        except BootstrapError as error:
            # Debian's python3 without python3-venv can import ensurepip and still lack the wheels it needs.
            problem = f"\n{error}"
            shutil.rmtree(str(environment), ignore_errors=True)
        else:
            return None
    if uv:
        command = [uv, "venv", "--quiet", "--no-config", "--python", base_python(), str(environment)]
        run(command, clean_environment(UV_SETTINGS_DROPPED), "uv venv")
        return uv
    version = "{}.{}".format(*sys.version_info[:2])
    raise BootstrapError(
        f"this Python cannot make virtual environments (no ensurepip), and there is no uv.\n"
        f"  Debian, Ubuntu:  sudo apt-get install -y python{version}-venv   (python3-venv for the system's own python3)\n"
        f"  anywhere:        install uv, it is found by itself{problem}"
    )


def install(environment: Path, lock: Path, uv: str | None) -> None:
    """The locked packages: hashes required, wheels only, one index; no resolving, for the lock is the whole closure.

    (pip would refuse the lock otherwise: it takes `gql[requests]`, which a package asks for, as another pin than `gql`.)
    """
    python = str(environment / "bin" / "python")
    guards = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    total = sum(1 for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line and "sys_platform == 'win32'" not in line)
    say(f"installing about {total} packages from {lock.name}; the first time takes a few minutes")
    if uv is None:
        command = [python, "-m", "pip", "install", "--progress-bar", "off", *guards]
        run(command, pip_environment(python), "pip install", progress(total))
    else:
        command = [uv, "pip", "install", "--no-config", "--no-progress", "--python", python, *guards]
        run(command, clean_environment(UV_SETTINGS_DROPPED), "uv pip install")


def enter_project(environment: Path, root: Path) -> None:
    """The project itself: on the path by a .pth file and with a launcher, so that no build backend is ever fetched."""
    python = environment / "bin" / "python"
    answer = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        stdout=subprocess.PIPE,
        env=clean_environment(),
        check=True,
    )
    packages = Path(answer.stdout.decode().strip())
    (packages / "spend_assets.pth").write_text(str(root) + "\n", encoding="utf-8")
    launcher = environment / "bin" / "spend"
    quoted = '"' + "".join("\\" + letter if letter in '"$`\\' else letter for letter in str(python)) + '"'
    launcher.write_text(LAUNCHER.format(python=quoted), encoding="utf-8")
    launcher.chmod(0o755)


def bootstrap(
    root: Path, version: Sequence[Any] | None = None, free: int | None = None, uv: str | None = None, ensurepip: bool | None = None
) -> bool:
    """Make `root/.venv` fit `root/requirements.lock`; True where it was built, False where it already fitted.

    `version`, `free`, `uv` and `ensurepip` stand for what this machine has, where a test injects them.
    """
    check_python(sys.version_info if version is None else version, sys.executable)
    lock, environment = root / "requirements.lock", root / ".venv"
    if not lock.is_file():
        raise BootstrapError(f"there is no {lock}; run this from a whole copy of the project")
    with lock.open("rb") as held:
        # The lock file is also what two bootstraps at once wait on: it is there, and needs no further file.
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another bootstrap is at work here; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        wanted = wanted_stamp(root, lock)
        reason = why_not_ready(environment, wanted)
        if reason is None:
            return False
        check_disk(root, free)
        say(f"making .venv with Python {sys.version.split()[0]}: {reason}")
        if environment.is_symlink() or environment.is_file():
            environment.unlink()
        elif environment.exists():
            shutil.rmtree(str(environment))
        uv = find_uv() if uv is None else uv
        installer = make_environment(environment, uv, has_ensurepip() if ensurepip is None else ensurepip)
        install(environment, lock, installer)
        enter_project(environment, root)
        temporary = environment / ".stamp.part"
        temporary.write_text(json.dumps({**wanted, "python": python_of(environment)}) + "\n", encoding="utf-8")
        temporary.replace(environment / ".stamp")
        say(f"ready: {environment.name} (Python {python_of(environment)})")
        return True


def main() -> int:
    try:
        bootstrap(ROOT)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bootstrap: interrupted; run it again, it starts over", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
