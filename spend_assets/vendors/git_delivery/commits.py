"""A commit without its message: of that only two trailers are kept, who is named as co-author and where an agent's log stands."""

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit, urlunsplit

import msgspec

from spend_assets.vendors.records import decode_leniently

CO_AUTHOR = re.compile(r"^[ \t]*co-authored-by:[^<\n]*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)
AGENT_LOGS = re.compile(r"^[ \t]*agent-logs-url:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
"""Trailers as git and GitHub write them; a squash merge may leave them anywhere in the message, and several times."""


class _User(msgspec.Struct):
    id: int | None = None
    login: str | None = None
    type: str | None = None


class _Signature(msgspec.Struct):
    date: str | None = None


class _Verification(msgspec.Struct):
    verified: bool | None = None


class _Inner(msgspec.Struct):
    message: str = ""
    author: _Signature | None = None
    committer: _Signature | None = None
    verification: _Verification | None = None


class _Commit(msgspec.Struct):
    sha: str
    commit: _Inner
    author: _User | None = None
    committer: _User | None = None
    parents: list[msgspec.Raw] = []


def commit_record(record: msgspec.Raw, added: Mapping[str, str | int], day: date) -> bytes:
    """The evidence in a commit; `author` and `committer` are null where the address in the commit belongs to no GitHub account.

    Names are left out: an address tells an agent from a person, and finds the person in the roster.
    """
    commit = decode_leniently(record, _Commit)
    inner = commit.commit
    return msgspec.json.encode(
        {
            "day": day.isoformat(),
            **added,
            "sha": commit.sha,
            "authored_at": inner.author.date if inner.author else None,
            "committed_at": inner.committer.date if inner.committer else None,
            "author": commit.author,
            "committer": commit.committer,
            "parents": len(commit.parents),
            "verified": inner.verification.verified if inner.verification else None,
            "co_authors": [{"email": email} for email in dict.fromkeys(text.lower() for text in CO_AUTHOR.findall(inner.message))],
            "agent_logs": [{"log_page": page} for page in dict.fromkeys(_pages(inner.message))],
        }
    )


def _pages(message: str) -> list[str]:
    """Addresses of agent logs without query and fragment, where a signature could stand."""
    found = []
    for text in AGENT_LOGS.findall(message):
        try:
            parts = urlsplit(text)
        except ValueError:
            continue
        if parts.scheme == "https" and parts.hostname and not parts.username:
            found.append(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))
    return found
