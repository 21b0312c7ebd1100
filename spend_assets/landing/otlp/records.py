"""From attributes to the house's record: kept values in their types, ids as 64-bit hashes, and the context that many records share."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from spend_assets.landing.otlp import commands
from spend_assets.landing.otlp.attributes import Kept, Plan
from spend_assets.landing.otlp.commands import Hasher
from spend_assets.landing.otlp.messages import Attribute, plain

Values = dict[str, Any]
TEXT_LENGTH = 300
"""A longer text under a name that is kept is no id and no branch: it is left out, and its name reported."""
CONTEXT = (
    "service",
    "emitter_version",
    "environment",
    "entrypoint",
    "auth_mode",
    "session_id",
    "previous_session_id",
    "agent_workflow_run_id",
    "principal_email",
    "principal_id",
    "principal_account_id",
    "organization_id",
    "team",
    "cost_center",
    "workflow_id",
    "workflow_run_id",
    "workflow_name",
    "task_id",
    "issue_number",
    "run_attempt",
    "repository_host",
    "repository",
    "branch",
    "commit",
    "change_id",
    "ci_pipeline",
    "ci_run_id",
    "ci_run_url",
)
"""What a session says of itself: one record of these for many calls, so that a call costs few bytes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_LAST_SECOND = 253_402_300_799
_REPORTED_NAME = re.compile(r"[A-Za-z0-9_.\-/:\[\]]{1,80}", re.ASCII)
_REMOTE = re.compile(r"(?:[a-z+]+://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9.-]+)(?::\d+)?[/:](?P<path>\S+)", re.ASCII | re.IGNORECASE)
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,20})(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_LINK = re.compile(r"(https?://)(?:[^@/\s]*@)?([^\s?#]+)", re.ASCII)
_NOT_THE_TYPE: dict[str, Any] = {}
"""Stands where a value has another type than its name promises: typing quarantines the record, and the value is not kept."""


def hash64(*parts: str) -> int:
    """A 64-bit key of ids, in DuckDB's BIGINT. Parts are kept apart, so ("ab", "c") is not ("a", "bc")."""
    digest = hashlib.blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def read(attributes: Sequence[Attribute], plan: Plan, hasher: Hasher, inherited: Values | None = None) -> Values:
    """House values of kept attributes, over those of the resource. Unknown names stand under "?" with no value."""
    values: Values = dict(inherited) if inherited else {}
    unknown: list[str] = list(values.get("?", ()))
    ranks: dict[str, int] = {}
    for attribute in attributes:
        kept = plan.kept.get(attribute.key)
        if kept is None:
            if not plan.is_known(attribute.key):
                unknown.append(attribute.key if _REPORTED_NAME.fullmatch(attribute.key) else "(a name that is no attribute's)")
        elif ranks.get(kept.name, 1 << 30) > kept.rank:
            ranks[kept.name] = kept.rank
            _keep(values, kept, attribute, hasher, unknown)
    if unknown:
        values["?"] = unknown
    return values


def _keep(values: Values, kept: Kept, attribute: Attribute, hasher: Hasher, unknown: list[str]) -> None:
    value = plain(attribute.value)
    if value is None or value == "":
        return
    if kept.kind == "computed":
        _compute(values, kept.name, str(value), hasher)
    elif kept.kind == "integer":
        values[kept.name] = _integer(value)
    elif kept.kind == "decimal":
        values[kept.name] = _decimal(value)
    elif kept.kind == "boolean":
        values[kept.name] = _boolean(value)
    elif len(text := str(value)) > TEXT_LENGTH:
        unknown.append(f"{attribute.key} (longer than {TEXT_LENGTH} characters)")
    elif kept.name == "repository_url":
        values.update(remote(text))
    elif kept.name == "ci_run_url":
        values.update({"ci_run_url": "".join(match.groups())} if (match := _LINK.fullmatch(text.partition("?")[0])) else {})
    elif kept.name in ("commit", "made_commit"):
        values.update({kept.name: sha} if (sha := commands.commit(text)) else {})
    else:
        values[kept.name] = text.strip().lower() if kept.name == "principal_email" else text


def _compute(values: Values, name: str, text: str, hasher: Hasher) -> None:
    if name == "prompt_text":
        if text.strip("<>[] ").upper() != "REDACTED":
            values["prompt_key"] = hasher.prompt(text)
        return
    if name == "command_text":
        values["command_class"] = commands.command_class(text)
    elif name == "path_text":
        values["target_key"] = hasher.path(text)
    else:
        command, path, commit = commands.arguments(text)
        if command:
            values["command_class"] = commands.command_class(command)
        if path:
            values["target_key"] = hasher.path(path)
        if commit:
            values["made_commit"] = commit


def _integer(value: str | int | bool) -> Any:
    if isinstance(value, bool):
        return _NOT_THE_TYPE
    if isinstance(value, int):
        return value
    # Of a double or a text its whole number: durations come with fractions.
    whole, _, fraction = value.partition(".")
    if whole.lstrip("-").isdigit() and len(whole) <= 20 and (not fraction or fraction.isdigit()):
        return int(whole)
    return _NOT_THE_TYPE


def _decimal(value: str | int | bool) -> Any:
    if isinstance(value, bool):
        return _NOT_THE_TYPE
    return msgspec.Raw(str(value).encode()) if isinstance(value, int) or _DECIMAL.fullmatch(value) else _NOT_THE_TYPE


def _boolean(value: str | int | bool) -> Any:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower(), _NOT_THE_TYPE)


def remote(url: str) -> Values:
    """Host and owner/name of a repository's address, in lower case, in any of git's notations; a user or password in it is not kept."""
    match = _REMOTE.fullmatch(re.split("[?#]", url.strip())[0])
    if match is None:
        return {}
    path = match["path"].strip("/").removesuffix(".git").lower()
    return {"repository_host": match["host"].lower(), "repository": path} if "/" in path else {}


def instant(nanoseconds: int | None, *, before_ms: int = 0) -> str | None:
    """The UTC instant as ISO text to the microsecond, by integers; None for an unknown one."""
    if not nanoseconds or not 0 < nanoseconds // 1_000_000_000 < _LAST_SECOND:
        return None
    at = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return (at - timedelta(milliseconds=before_ms)).isoformat(timespec="microseconds")


def client_estimate(values: Values) -> None:
    """One figure of the client's own estimate: whole millionths are exact where the dollars beside them went through a float."""
    micros = values.pop("client_estimated_micros", None)
    if isinstance(micros, int):
        values["client_estimated_usd"] = msgspec.Raw(format(Decimal(micros).scaleb(-6), "f").encode())


class Contexts:
    """The contexts seen, by key; a context is what a record or its resource says under the names of CONTEXT."""

    def __init__(self) -> None:
        self._keys: dict[tuple[Any, ...], int] = {}

    def key_of(self, values: Values, emitter: str) -> tuple[int, Values]:
        """The context's key and its values."""
        held = tuple(values.get(name) for name in CONTEXT)
        key = self._keys.get((emitter, held))
        if key is None:
            key = hash64(emitter, *("" if value is None else str(value) for value in held))
            if len(self._keys) > 100_000:
                self._keys.clear()
            self._keys[(emitter, held)] = key
        return key, {name: value for name, value in zip(CONTEXT, held, strict=True) if value is not None}
