"""The sandbox in a process of its own, for the demo and for the UI over demo data."""

import contextlib
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from spend_assets.sandbox.run import Sandbox, SandboxConfig


@dataclass(frozen=True)
class Served:
    """Where the sandbox answers, what opens it, and what it simulates."""

    base_url: str
    truth_url: str
    truth_token: str
    tokens: dict[str, str]
    settings: str
    """A spend.toml that points at this sandbox."""
    _control: Connection

    def set_clock(self, instant: datetime) -> None:
        httpx.post(f"{self.base_url}/__clock", json={"now": instant.isoformat()}, timeout=60, trust_env=False).raise_for_status()

    def write_roster(self, path: str) -> None:
        """Have the sandbox write its HR roster as known at its clock's now."""
        self._control.send(("roster", path, None))
        self._control.recv()

    def write_company_files(self, inbox: str, since: datetime | None) -> None:
        """Have it write the company's own files of after `since` (None: all) below `inbox`/company."""
        self._control.send(("company", inbox, since))
        self._control.recv()

    def write_traces(self, folder: str, start: date, end: date) -> None:
        """Have it write the telemetry of [start, end], both included, into `folder`."""
        self._control.send(("traces", folder, (start, end)))
        self._control.recv()

    def truth(self, path: str, query: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {self.truth_token}"}
        return httpx.get(self.truth_url + path, params=query, headers=headers, timeout=60, trust_env=False).raise_for_status().json()


@contextlib.contextmanager
def sandbox_process(config: SandboxConfig) -> Iterator[Served]:
    """Serve `config` until the body ends. The child dies with this process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_serve, args=(there, config), daemon=True)
    child.start()
    there.close()  # so that a child that dies is noticed instead of waited for
    try:
        try:
            facts = here.recv()
        except EOFError:
            raise RuntimeError("the sandbox did not start; its own message stands above") from None
        yield Served(**facts, _control=here)
    finally:
        child.terminate()
        child.join(timeout=10)


def _serve(control: Connection, config: SandboxConfig) -> None:
    with Sandbox(config) as box:
        control.send(
            {
                "base_url": box.base_url,
                "truth_url": box.truth_url,
                "truth_token": box.truth_token,
                "tokens": box.tokens,
                "settings": box.settings(),
            }
        )
        while True:
            what, path, since = control.recv()
            if what == "roster":
                box.write_roster(Path(path))
            elif what == "traces":
                box.write_traces(Path(path), *since)
            else:
                box.write_company_files(Path(path), since)
            control.send("written")
