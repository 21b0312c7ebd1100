"""The words that settings are made of: names, addresses and secrets' names, each checked where it is written."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict

ACCOUNT_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,40}$")
ENV_NAME_PATTERN = re.compile(r"^[A-Z][A-Z0-9_]{0,80}$")
MAIL_DOMAIN_PATTERN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z")
SLUG_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")
REPOSITORY_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/([A-Za-z0-9._-]{1,100}|\*)$")


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses, the only hosts that may be spoken to without TLS."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_account(value: str) -> str:
    if not ACCOUNT_PATTERN.match(value):
        raise ValueError("an account name has lower-case letters, digits, '_' and '-', at most 41, for example acme")
    return value


def check_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.username or parts.password:
        raise ValueError("a base URL carries no user or password; name the secret with token_env")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("write a full base URL, for example https://api.github.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("only a loopback address may be spoken to without https")
    if parts.query or parts.fragment:
        raise ValueError("a base URL has no query and no fragment")
    return value.rstrip("/")


def without_version(value: str) -> str:
    """Routes say /v1 themselves; people write the address with it and without."""
    return value.removesuffix("/v1")


def check_repository(value: str) -> str:
    if not REPOSITORY_PATTERN.match(value):
        raise ValueError("write a repository as owner/name, or owner/* for all of an organisation")
    return value


def check_env_name(value: str) -> str:
    if not ENV_NAME_PATTERN.match(value):
        raise ValueError("write the NAME of an environment variable here, for example GITHUB_TOKEN; never the secret itself")
    return value


def check_mail_domain(value: str) -> str:
    if not MAIL_DOMAIN_PATTERN.match(value):
        raise ValueError("write a mail domain as it stands behind the @, in lower case, for example acme.example")
    return value


def check_slug(value: str) -> str:
    if not SLUG_PATTERN.match(value):
        raise ValueError("a GitHub slug has letters, digits and '-'")
    return value


Account = Annotated[str, AfterValidator(check_account)]
BaseUrl = Annotated[str, AfterValidator(check_base_url)]
EnvName = Annotated[str, AfterValidator(check_env_name)]
Slug = Annotated[str, AfterValidator(check_slug)]
VersionedUrl = Annotated[BaseUrl, AfterValidator(without_version)]
Repository = Annotated[str, AfterValidator(check_repository)]
MailDomain = Annotated[str, AfterValidator(check_mail_domain)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
