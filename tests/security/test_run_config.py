"""Line 1: whoever reaches the UI's port may start a run, and no run can be pointed at another address, file or secret."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from tests.ui.fixtures import Demo
from tests.ui.processes import Ui

FOREIGN = {"Origin": "https://attacker.example"}
LAUNCH = """
mutation Launch($run: ExecutionParams!) {
  launchRun(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message reason } }
    ... on PythonError { message }
  }
}
"""
RUN = "query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
PATIENCE_SECONDS = 120


class Attacker:
    """Notes every request that reaches it."""

    def __init__(self) -> None:
        received = self.received = []  # type: list[str]

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                received.append(f"{self.command} {self.path} {self.headers}")
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST = do_HEAD = answer

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def attacker() -> Iterator[Attacker]:
    made = Attacker()
    yield made
    made.server.shutdown()
    made.server.server_close()


def launch(ui: Ui, config: object, asset: str = "raw/github_copilot/seats", tags: dict[str, str] | None = None) -> dict[str, Any]:
    run = {
        "selector": {
            "repositoryLocationName": "spend",
            "repositoryName": "__repository__",
            "jobName": "daily",
            "assetSelection": [{"path": asset.split("/")}],
        },
        "runConfigData": config,
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]},
    }
    return ui.graphql(LAUNCH, {"run": run}, FOREIGN)["launchRun"]


def status_at_the_end(ui: Ui, run_id: str) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        status = str(ui.graphql(RUN, {"id": run_id})["runOrError"]["status"])
        if status in ENDED:
            return status
        time.sleep(0.2)
    raise AssertionError(f"run {run_id} did not end")


OVERRIDES = {
    "the client's address": lambda url: {"resources": {"pipeline": {"config": {"base_url": url}}}},
    "a secret for it": lambda _: {"resources": {"pipeline": {"config": {"token": {"env": "GITHUB_TOKEN"}}}}},
    "the whole client": lambda url: {"resources": {"pipeline": {"config": {"settings": {"sources": {"github": [{"base_url": url}]}}}}}},
    "the warehouse's file": lambda _: {"resources": {"pipeline": {"config": {"database": "elsewhere.duckdb"}}}},
    "a warehouse of one's own": lambda _: {"resources": {"warehouse": {"config": {"database": {"env": "GITHUB_TOKEN"}}}}},
    "where values are stored": lambda _: {"resources": {"io_manager": {"config": {"base_dir": "elsewhere"}}}},
    "the step": lambda url: {"ops": {"raw__github_copilot__seats": {"config": {"base_url": url, "token": {"env": "GITHUB_TOKEN"}}}}},
    "the step's inputs": lambda _: {"ops": {"raw__github_copilot__seats": {"inputs": {"span": {"value": 1}}}}},
    "where logs go": lambda _: {"loggers": {"console": {"config": {"path": "elsewhere", "name": {"env": "GITHUB_TOKEN"}}}}},
    "another log": lambda _: {"loggers": {"json_console": {"config": {"name": {"env": "GITHUB_TOKEN"}}}}},
    "how steps run": lambda _: {"execution": {"config": {"multiprocess": {"config": {"max_concurrent": 9}}}}},
}


@pytest.mark.parametrize("what", OVERRIDES)
def test_a_run_that_names_an_address_a_file_or_a_secret_is_refused(ui: Ui, attacker: Attacker, what: str) -> None:
    answer = launch(ui, OVERRIDES[what](attacker.url))
    assert answer["__typename"] == "RunConfigValidationInvalid", answer
    assert {error["reason"] for error in answer["errors"]} <= {"FIELD_NOT_DEFINED", "FIELDS_NOT_DEFINED"}
    assert attacker.received == []


def test_dbts_step_takes_no_config_either(ui: Ui) -> None:
    answer = launch(ui, {"ops": {"marts_build": {"config": {"database": "elsewhere.duckdb"}}}}, "marts/metrics")
    assert answer["__typename"] == "RunConfigValidationInvalid", answer


def test_what_remains_a_foreign_page_can_start_a_run_that_asks_only_the_configured_vendor(ui: Ui, attacker: Attacker, demo: Demo) -> None:
    """Tags are free text: whatever stands in them, the run asks the address of the settings."""
    tags = {"base_url": attacker.url, "spend/base_url": attacker.url, "spend/refetch": "true", "SPEND_CONFIG": attacker.url}
    answer = launch(ui, {}, tags=tags)
    assert answer["__typename"] == "LaunchRunSuccess", "if this is refused one day, say so in tests/security/README.md"
    assert status_at_the_end(ui, answer["run"]["runId"]) == "SUCCESS"
    assert attacker.received == []
    assert all(secret not in json.dumps(answer) for secret in demo.secrets.values())


def test_no_page_of_the_ui_tells_a_secret(ui: Ui, demo: Demo) -> None:
    """What the webserver knows of resources, runs and their logs."""
    answers = [
        ui.graphql("{runsOrError{... on Runs{results{runId runConfigYaml tags{key value}}}}}"),
        ui.graphql("{instance{info hasInfo}}"),
        ui.graphql(
            '{allTopLevelResourceDetailsOrError(repositorySelector:{repositoryName:"__repository__",repositoryLocationName:"spend"})'
            "{... on ResourceDetailsList{results{name description configFields{name} configuredValues{key value type}}}}}"
        ),
    ]
    text = json.dumps(answers)
    assert '"pipeline"' in text
    assert [name for name, secret in demo.secrets.items() if secret in text] == []


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]"])
def test_the_ui_listens_on_one_loopback_address_only(ui: Ui, host: str) -> None:
    """A server on every interface would answer at 127.0.0.2 too (Linux; elsewhere that address does not exist at all)."""
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://{host}:{ui.port}/server_info", timeout=5, trust_env=False)
