"""Dagster's UI on loopback, with its daemon. Over demo data the sandbox is started too, so that assets can be materialised."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from spend_assets.home import prepare_home
from spend_assets.runs import prepare_dagster_home
from spend_assets.settings import Settings, settings_path

WORKSPACE = Path(__file__).resolve().parent.parent / "workspace.yaml"


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else a free port of the system's choice."""
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve_ui(settings: Settings, wanted_port: int) -> int:
    home = prepare_home(settings)
    prepare_dagster_home(home)
    os.environ["SPEND_HOME"], os.environ["SPEND_CONFIG"] = str(home), str(settings_path(os.environ))
    port = free_port(wanted_port)
    if port != wanted_port:
        print(f"port {wanted_port} is taken; using {port}", file=sys.stderr)
    print(f"Dagster's UI: http://127.0.0.1:{port} (Ctrl-C ends it)", file=sys.stderr)
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
    with contextlib.ExitStack() as stack:
        if settings.platform.kind == "sandbox" and (home / "demo.json").exists():
            stack.enter_context(_demo_sandbox(home))
        return subprocess.run(command, cwd=WORKSPACE.parent, check=False).returncode


@contextlib.contextmanager
def _demo_sandbox(home: Path) -> Iterator[None]:
    """The sandbox that made the demo data, at the instant where the demo ended, with its tokens in this process's environment."""
    from spend_assets.demo import DemoState, write_demo_settings
    from spend_assets.sandbox_process import sandbox_process

    state = DemoState.read(home)
    with sandbox_process(state.config()) as box:
        write_demo_settings(home, box)
        os.environ.update(box.tokens)
        os.environ["SPEND_NOW"] = state.now.isoformat()
        yield
