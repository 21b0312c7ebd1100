"""Keyed pseudonyms for persons. The key never reaches SQL text, a log or a published file; the manifest bears its id."""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from spend_assets.landing.files import sync_folder
from spend_assets.publish.refusal import PublicationRefused
from spend_assets.settings import Settings

PERSON_PREFIXES = (
    *("hr:", "mail:", "github:", "login:"),
    *("github_copilot:", "anthropic:", "cursor:", "openai:", "openrouter:", "litellm:", "custom_agents:", "otlp:"),
)
"""How a person's id begins in the warehouse: an employee, else an address or what the vendor calls them, behind the vendor's name.

Machines, '(pool)' and '(unattributed)' begin otherwise and stay readable.
"""
MINIMUM_KEY = 32
SANDBOX_KEY = "the sandbox has no real people, so its key is public"
"""Used in sandbox homes only: everyone who runs the demo gets the same bytes, and there is nobody to protect."""


class Pseudonyms:
    def __init__(self, key: str):
        if len(key) < MINIMUM_KEY:
            raise PublicationRefused(f"the pseudonym key has fewer than {MINIMUM_KEY} characters, so it could be guessed; use a longer one")
        self._key = key.encode()
        self.key_id = hashlib.sha256(self._key).hexdigest()[:8]

    def of(self, value: str) -> str:
        """`p_` and 20 hex digits of HMAC-SHA256 for a person's id; any other value as it is."""
        if not is_person(value):
            return value
        return "p_" + hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:20]

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for something else that must not be guessed, so that its hashes and the pseudonyms say nothing of each other."""
        return hmac.digest(self._key, f"for {purpose}".encode(), hashlib.sha256)


def is_person(value: str) -> bool:
    return value.startswith(PERSON_PREFIXES)


def load_pseudonyms(settings: Settings, log: Callable[[str], None], env: Mapping[str, str] = os.environ) -> Pseudonyms:
    """The key from the variable that settings.privacy.key_env names; without it the sandbox's public key, or the key file of a real home.

    Raises PublicationRefused for a short key and for a key file that others may read.
    """
    name = settings.privacy.key_env
    key = env.get(name, "").strip()
    if key:
        if len(key) < MINIMUM_KEY:
            raise PublicationRefused(
                f"the environment variable {name} has fewer than {MINIMUM_KEY} characters; put a longer random key there"
            )
        return Pseudonyms(key)
    if settings.platform.kind == "sandbox":
        return Pseudonyms(SANDBOX_KEY)
    return Pseudonyms(_key_of_file(settings.home / "pseudonym.key", name, log))


def _key_of_file(path: Path, variable: str, log: Callable[[str], None]) -> str:
    if not path.exists():
        # Written beside and linked: a kill leaves no half key, and of two makers one wins.
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
            log(f"made {path.name}, the key of this home's pseudonyms: back it up apart from the data, or set {variable} instead")
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        sync_folder(path.parent)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise PublicationRefused(f"others may read {path.name} in SPEND_HOME; run `chmod 600` on it, and change the key if someone did")
    return path.read_text(encoding="ascii").strip()
