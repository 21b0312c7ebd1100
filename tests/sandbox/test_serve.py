"""`serve` alone: what it prints is enough to point the platform at it, and Ctrl-C ends it."""

import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from spend_assets.sandbox.run import Sandbox, SandboxConfig

CODE = "from pathlib import Path; from spend_assets.sandbox.run import serve; serve(20, 10, 1, 0, truth=True, config_path=Path({!r}))"


def test_serve_prints_tokens_and_settings_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    config = tmp_path / "spend.toml"
    process = subprocess.Popen([sys.executable, "-c", CODE.format(str(config))], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "Ctrl-C" in line:
            break
    settings = tomllib.loads(config.read_text(encoding="utf-8"))
    source = settings["sources"]["github"][0]
    tokens = dict(line.removeprefix("export ").strip().split("=") for line in printed if line.startswith("export "))
    answer = httpx.get(f"{source['base_url']}/user", headers={"Authorization": f"Bearer {tokens[source['token_env']]}"}, trust_env=False)
    assert answer.status_code == 200 and source["billing_token_env"] in tokens
    assert any("/truth/" in line for line in printed)
    process.send_signal(signal.SIGINT)
    assert "stopped" in process.communicate(timeout=20)[0]
    assert process.returncode == 0


def test_a_port_in_use_is_named() -> None:
    with Sandbox(SandboxConfig(people=20, days=5)) as sandbox:
        port = int(sandbox.base_url.rpartition(":")[2])
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 cannot be used"):
            Sandbox(SandboxConfig(people=20, days=5, port=port))
