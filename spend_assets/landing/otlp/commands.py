"""What a rule needs of prompts, commands and paths, computed in the moment of reading: nothing else of them is kept (DESIGN law 13)."""

import hashlib
import hmac
import re
from typing import Any

import msgspec

CLASSES = ("test", "build", "git", "install", "other")
_RULES = (
    (
        "test",
        r"(pytest|tox|nox|jest|vitest|mocha|rspec|phpunit|ctest|playwright|cypress|unittest)|(npm|pnpm|yarn|bun)( run)? test\S*"
        r"|(go|cargo|dotnet|make|gradle|gradlew|mvn|bazel|mix|rake|sbt|swift|flutter|deno) (\S+ )*\S*?\b(test|check|verify)\S*",
    ),
    (
        "build",
        r"(make|cmake|tsc|webpack|vite|gcc|clang|javac|msbuild|ninja|xcodebuild)|(npm|pnpm|yarn|bun)( run)? (build|lint|typecheck)\S*"
        r"|(go|cargo|dotnet|gradle|gradlew|mvn|bazel|docker|sbt|swift|flutter) (\S+ )*(build|compile|package|assemble|vet|clippy)\S*",
    ),
    ("git", r"(git|gh|glab|hub|jj)"),
    (
        "install",
        r"(pip3?|uv|poetry|npm|pnpm|yarn|bun|apt|apt-get|brew|cargo|gem|bundle|composer|conda|go|dotnet) "
        r"(\S+ )*(install|add|ci|sync|get|update|upgrade|restore|require)\S*",
    ),
)
_PATTERNS = tuple((name, re.compile(rf"(?:{rule})(?:\s|$)", re.ASCII)) for name, rule in _RULES)
_SEGMENT = re.compile(r"&&|\|\||[;|\n]")
_BEFORE = re.compile(r"^(?:\s*(?:sudo|time|env|command|exec|npx|bunx|uv run|poetry run|python3? -m|[A-Za-z_]\w*=\S*)\s+)*\s*", re.ASCII)
_FOLDER = re.compile(r"^\S*/(?=\S)")
_READ = 4000
"""So much of a command is looked at: what follows is data that it is given."""
_COMMAND_KEYS = ("full_command", "command", "cmd", "script", "bash_command")
_PATH_KEYS = ("file_path", "filePath", "absolute_path", "path", "target_file", "notebook_path")
_SHA = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


def command_class(command: str) -> str:
    """What a shell command is for. Of a chain the most telling part counts, in the order of CLASSES."""
    found: set[str] = set()
    for segment in _SEGMENT.split(command[:_READ]):
        bare = _FOLDER.sub("", _BEFORE.sub("", segment.strip()))
        found.update(name for name, pattern in _PATTERNS if pattern.match(bare))
    return next((name for name in CLASSES if name in found), "other")


def arguments(text: str) -> tuple[str | None, str | None, str | None]:
    """Command, path and commit among a tool's arguments, which come as JSON text or, of a shell, as the command itself."""
    try:
        given: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return text, None, None
    if isinstance(given, list):
        given = {"command": given}
    if not isinstance(given, dict):
        return None, None, None
    command = next((given[key] for key in _COMMAND_KEYS if given.get(key)), None)
    if isinstance(command, list):
        # ["bash", "-lc", "make test"]: the last word is the script.
        words = [word for word in command if isinstance(word, str)]
        command = words[-1] if len(words) > 2 and words[1].startswith("-") else " ".join(words)
    path = next((given[key] for key in _PATH_KEYS if given.get(key)), None)
    return (
        command if isinstance(command, str) else None,
        path if isinstance(path, str) else None,
        commit(given.get("git_commit_id")),
    )


def commit(value: object) -> str | None:
    """A commit's hash, or None: a commit's message is content."""
    return value.lower() if isinstance(value, str) and _SHA.fullmatch(value.lower()) else None


class Hasher:
    """Keyed 64-bit hashes of content: equal texts are found equal, and nobody without the key finds the text by guessing."""

    def __init__(self, key: bytes):
        self._key = key

    def prompt(self, text: str) -> int:
        """Of a prompt in lower case with single blanks, so that a repeated request is found whatever its layout."""
        return self._of("prompt", " ".join(text.casefold().split()))

    def path(self, text: str) -> int:
        return self._of("path", text)

    def _of(self, what: str, text: str) -> int:
        digest = hmac.digest(self._key, f"{what}\0{text}".encode(errors="surrogatepass"), hashlib.sha256)
        return int.from_bytes(digest[:8], "big", signed=True)
