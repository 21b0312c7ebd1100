"""Killed at any instant of a look, the next one finishes: nothing is lost, and nothing is told twice without its id."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from spend_assets.alerts.store import POINTS
from tests.alerts.desk import KEY, Desk, anomaly

ROWS = [
    anomaly(level="vendor", entity="anthropic", kind="missing"),  # Slack
    anomaly(level="user", entity="hr:E9", kind="spike"),  # mail
    anomaly(level="vendor", entity="cursor", vendor="cursor", kind="unit_error"),  # webhook and Slack
]
Driver = subprocess.Popen[str]
RECEIVED = {"slack": 2, "mail": 1, "hook": 1}


def toml(desk: Desk) -> str:
    channels = desk.document()["alerts"]["channels"]
    lines = [
        '[platform]\nstart_date = 2026-07-01\nkind = "sandbox"\n[alerts]\ndefault = ["platform"]\nmail_persons = false\ndigest = "off"'
    ]
    for channel in channels:
        lines.append("[[alerts.channels]]")
        lines += [f"{name} = {str(value) if isinstance(value, list) else repr(value)}" for name, value in channel.items()]
    lines.append("[[alerts.routes]]\nkind = 'unit_error'\nchannels = ['pager', 'platform']")
    lines.append(f"[alerts.mail]\nhost = '127.0.0.1'\nport = {desk.smtp.port}\ntls = 'none'\nsender = 'spend@acme.example'")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.kill_driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def look(driver: Driver, desk: Desk, folder: Path, crash_at: str = "") -> bool:
    """One look in a process of its own. Returns whether it came to its end."""
    config, done = folder / "spend.toml", folder / "done"
    config.write_text(toml(desk), encoding="utf-8")
    done.unlink(missing_ok=True)
    env = {
        **desk.env,
        "SPEND_HOME": str(desk.home),
        "SPEND_CONFIG": str(config),
        "SPEND_NOW": desk.clock.now().isoformat(),
        "SPEND_PSEUDONYM_KEY": KEY,
        "SPEND_CRASH_AT": crash_at,
    }
    assert driver.stdin is not None and driver.stdout is not None
    driver.stdin.write(json.dumps({"env": env, "done": str(done)}) + "\n")
    driver.stdin.flush()
    status = driver.stdout.readline().strip()
    assert status in ("0", "137"), f"ended with {status}; what it said is above"
    return done.exists()


def received(desk: Desk) -> dict[str, int]:
    return {"slack": len(desk.slack.asked), "mail": len(desk.smtp.taken), "hook": len(desk.hook.asked)}


def check(driver: Driver, desk: Desk, folder: Path, crash_at: str) -> bool:
    """Kill at the instant, look again twice. Returns whether the instant was reached."""
    desk.build(ROWS)
    killed = not look(driver, desk, folder, crash_at)
    assert look(driver, desk, folder)
    after = received(desk)
    assert look(driver, desk, folder) and received(desk) == after, "a further look tells nothing"
    unknown = [d for d in desk.state.deliveries if d.state == "unknown"]
    assert {d.state for d in desk.state.deliveries} <= {"sent", "unknown"}
    # Slack and mail never twice; what may be lost is known to be.
    assert after["slack"] <= RECEIVED["slack"] and after["mail"] <= RECEIVED["mail"]
    assert RECEIVED["slack"] + RECEIVED["mail"] - len(unknown) <= after["slack"] + after["mail"]
    # A webhook never gets lost, and what comes twice bears the same id.
    ids = Counter(document["delivery_id"] for document in desk.in_hook())
    assert len(ids) == RECEIVED["hook"]
    assert len(desk.state.incidents) == len(ROWS)
    return killed


def test_a_kill_after_a_send_repeats_nothing_that_has_no_id(driver: Driver, desk: Desk, tmp_path: Path) -> None:
    assert check(driver, desk, tmp_path, "alerts.send.after:2")


@pytest.mark.long
@pytest.mark.parametrize("name", POINTS)
def test_a_kill_at_any_instant(driver: Driver, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every hit of every instant, each on a desk of its own."""
    from tests.alerts.smtp_server import SmtpServer
    from tests.vendors.server import ScriptedServer

    hit = 0
    while True:
        hit += 1
        servers = ScriptedServer(), SmtpServer(), ScriptedServer()
        folder = tmp_path_factory.mktemp("kill")
        try:
            desk = Desk(folder / "home", *servers)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("SPEND_PSEUDONYM_KEY", KEY)
                if not check(driver, desk, folder, f"{name}:{hit}"):
                    break
        finally:
            for server in servers:
                server.close()
    assert hit > 1, "the instant is never reached"
