"""What Dagster's open-source daemon does: a tick asks for a run when there is something to do, and the run sends."""

from datetime import timedelta

import dagster as dg
import pytest

from spend_assets.defs.alerting import after_a_build, alerts_job
from tests.alerts.desk import SLACK, Desk, anomaly
from tests.vendors.server import Reply

FAULT = {"level": "vendor", "entity": "anthropic", "kind": "missing"}


def tick(desk: Desk) -> dg.RunRequest | dg.SkipReason:
    pipeline = desk.pipeline()
    with dg.DagsterInstance.ephemeral() as instance:
        asked = after_a_build(dg.build_sensor_context(instance=instance, resources={"pipeline": pipeline}))
    assert isinstance(asked, dg.RunRequest | dg.SkipReason)
    return asked


def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in desk.env.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.ephemeral() as instance:
        assert alerts_job.execute_in_process(instance=instance, resources={"pipeline": desk.pipeline()}).success


def test_a_new_build_is_looked_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.pipeline()
    assert isinstance(tick(desk), dg.SkipReason)
    desk.build([anomaly(**FAULT)])
    first, again = tick(desk), tick(desk)
    assert isinstance(first, dg.RunRequest) and isinstance(again, dg.RunRequest)
    assert first.run_key == again.run_key, "one run, also when a tick is repeated"
    run(desk, monkeypatch)
    assert len(desk.slack.asked) == 1
    assert isinstance(tick(desk), dg.SkipReason)
    desk.build([anomaly(**FAULT)])
    assert isinstance(tick(desk), dg.RunRequest)


def test_a_message_that_waits_is_tried_when_its_time_has_come(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.slack.script[SLACK] = [Reply(429, headers={"Retry-After": "1200"}), Reply(200, b"ok")]
    desk.build([anomaly(**FAULT)])
    run(desk, monkeypatch)
    assert isinstance(tick(desk), dg.SkipReason)
    desk.clock.instant += timedelta(minutes=21)
    assert isinstance(tick(desk), dg.RunRequest)
    run(desk, monkeypatch)
    assert len(desk.slack.asked) == 2
    assert isinstance(tick(desk), dg.SkipReason)


def test_the_job_takes_no_run_config() -> None:
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(alerts_job, {"ops": {"look_and_tell": {"config": {"url": "https://attacker.example"}}}})
