"""The sandbox in a process of its own, for the demo and for the UI over demo data."""

import contextlib
import json
import multiprocessing
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from spend_assets.sandbox.run import Sandbox, SandboxConfig


@dataclass(frozen=True)
class Served:
    """Where the sandbox answers, what opens it, and what it simulates."""

    base_url: str
    truth_url: str
    truth_token: str
    tokens: dict[str, str]
    enterprise: str
    orgs: tuple[str, ...]
    now: datetime
    _control: Connection

    def set_clock(self, instant: datetime) -> None:
        self._post("/__clock", {"now": instant.isoformat()})

    def write_roster(self, path: str) -> None:
        """Have the sandbox write its HR roster as known at its clock's now."""
        self._control.send(path)
        self._control.recv()

    def truth(self, path: str) -> Any:
        request = urllib.request.Request(self.truth_url + path, headers={"Authorization": f"Bearer {self.truth_token}"})
        return self._read(request)

    def _post(self, path: str, body: dict[str, str]) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, headers={"Content-Type": "application/json"})
        return self._read(request)

    @staticmethod
    def _read(request: urllib.request.Request) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())


@contextlib.contextmanager
def sandbox_process(config: SandboxConfig) -> Iterator[Served]:
    """Serve `config` until the body ends. The child dies with this process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_serve, args=(there, config), daemon=True)
    child.start()
    try:
        facts = here.recv()
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
                "enterprise": box.enterprise,
                "orgs": tuple(box.orgs),
                "now": box.clock.now(),
            }
        )
        while True:
            path = control.recv()
            box.write_roster(path)
            control.send("written")
