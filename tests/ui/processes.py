"""Commands of the platform as real processes, and what their children were given."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

SPEND = Path(sys.executable).with_name("spend")
PATIENCE_SECONDS = 180


@dataclass
class Finished:
    """A command that ended: how, what it printed, and the environment of each child that could be read while it ran."""

    code: int
    out: str
    err: str
    children: dict[str, dict[str, str]] = field(default_factory=dict)
    """Command line -> environment. Empty where there is no /proc (macOS)."""


def environment(**settings: str) -> dict[str, str]:
    return {**os.environ, **settings}


def run_spend(arguments: Sequence[str], env: Mapping[str, str], cwd: Path) -> Finished:
    """`spend` with the ordinary umask of a machine, which the command must narrow by itself."""
    with subprocess.Popen(
        [str(SPEND), *arguments], env=dict(env), cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, umask=0o022
    ) as process:
        children: dict[str, dict[str, str]] = {}
        ended = threading.Event()
        watch = threading.Thread(target=_watch_children, args=(process.pid, children, ended))
        watch.start()
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
            ended.set()
            watch.join()
    return Finished(process.returncode, out, err, children)


def _watch_children(root: int, found: dict[str, dict[str, str]], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        for pid in _descendants(root):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended
            if command and pairs != [b""]:
                found[command] = dict(pair.decode(errors="replace").partition("=")[::2] for pair in pairs if pair)


def _descendants(root: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    family, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family, grown = family | more, bool(more)
    return sorted(family - {root})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Ui:
    """`spend ui` in a process group of its own, answering at `url`."""

    def __init__(self, env: Mapping[str, str], cwd: Path, log: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [str(SPEND), "ui", "--port", str(self.port)], env=dict(env), cwd=cwd, stdout=out, stderr=out, start_new_session=True
            )

    def wait_until_loaded(self) -> "Ui":
        """Until the webserver answers and the definitions are loaded."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if self.graphql("{assetNodes{id}}")["assetNodes"]:
                    return self
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.2)
        self.stop()
        raise AssertionError(f"spend ui did not come up:\n{self.log.read_text(errors='replace')[-3000:]}")

    def graphql(self, query: str, variables: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None) -> dict:
        answer = httpx.post(
            f"{self.url}/graphql",
            json={"query": query, "variables": dict(variables or {})},
            headers=dict(headers or {}),
            timeout=60,
            trust_env=False,
        ).json()
        if answer.get("errors"):
            raise ValueError(str(answer["errors"])[:2000])
        return answer["data"]

    def stop(self) -> None:
        """As Ctrl-C would: the whole group is asked to end, and made to if it does not."""
        for ask in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, ask)
                self._process.wait(timeout=15)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue
