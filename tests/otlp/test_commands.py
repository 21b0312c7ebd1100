"""What a command is for, without the command."""

import pytest

from spend_assets.landing.otlp.commands import arguments, command_class
from spend_assets.landing.otlp.records import remote


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pytest -q tests/", "test"),
        ("cd svc && FOO=1 python -m pytest", "test"),
        ("npm run test:unit", "test"),
        ("npm ci && npm test", "test"),
        ("./gradlew :app:check", "test"),
        ("cargo test --all", "test"),
        ("go build ./...", "build"),
        ("npm ci && npm run build", "build"),
        ("docker build -t x .", "build"),
        ("tsc --noEmit", "build"),
        ("git commit -m 'pytest'", "git"),
        ("git add -A; git push", "git"),
        ("gh pr create --fill", "git"),
        ("sudo apt-get install -y jq", "install"),
        ("/usr/bin/pip3 install -r requirements.txt", "install"),
        ("uv sync", "install"),
        ("ls -la", "other"),
        ("echo pytest", "other"),
        ("cat latest.txt", "other"),
        ("", "other"),
    ],
)
def test_commands_have_a_class(command: str, expected: str) -> None:
    assert command_class(command) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"full_command": "make test", "git_commit_id": "ABCDEF1234"}', ("make test", None, "abcdef1234")),
        ('{"command": ["bash", "-lc", "cargo test"]}', ("cargo test", None, None)),
        ('{"command": ["git", "status"]}', ("git status", None, None)),
        ('{"file_path": "/a/b.py", "git_commit_id": "no commit"}', (None, "/a/b.py", None)),
        ("ls -la", ("ls -la", None, None)),
        ("17", (None, None, None)),
    ],
)
def test_arguments_come_as_json_or_as_the_command(text: str, expected: tuple[str | None, ...]) -> None:
    assert arguments(text) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Acme/Payments.git",
        "https://user:secret@github.com/acme/payments",
        "git@github.com:acme/payments.git",
        "ssh://git@github.com:22/acme/payments/",
        "github.com/acme/payments",
        "https://github.com/acme/payments?token=secret",
    ],
)
def test_a_repository_has_one_name_however_it_is_written(url: str) -> None:
    assert remote(url) == {"repository_host": "github.com", "repository": "acme/payments"}


@pytest.mark.parametrize("text", ["", "payments", "what somebody said", "https://github.com/"])
def test_what_is_no_address_is_no_repository(text: str) -> None:
    assert remote(text) == {}
