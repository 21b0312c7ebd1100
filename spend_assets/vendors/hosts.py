"""Where a request may go: page links and redirects stay on the base URL, signed links go to known hosts only (security-privacy 3)."""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit

from spend_assets.settings_words import is_loopback

Resolve = Callable[[str], Iterable[str]]
"""The addresses of a host name, as text; OSError when the name does not resolve here."""

_DEFAULT_PORTS = {"https": 443, "http": 80}


class RefusedLink(Exception):
    """A link that may not be followed; the message says why and names at most its host."""


def resolve(host: str) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def split_link(link: str) -> SplitResult:
    """The parts of an absolute http(s) link without userinfo; RefusedLink otherwise."""
    try:
        parts = urlsplit(link)
        origin(parts)
    except ValueError:
        raise RefusedLink("the link is no URL") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise RefusedLink("the link is no absolute http(s) URL")
    if "@" in parts.netloc:
        raise RefusedLink("the link carries a user name or password")
    return parts


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port: what two URLs must share for a token to go from one to the other."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def check_same_origin(base_url: str, link: str) -> SplitResult:
    """The parts of `link`, which must have the scheme, host and port of `base_url`; RefusedLink otherwise."""
    parts = split_link(link)
    if origin(parts) != origin(urlsplit(base_url)):
        raise RefusedLink(f"the link leads to another origin, {host_name(parts)}")
    return parts


def check_download(base_url: str, link: str, *, patterns: Iterable[str], look_up: Resolve = resolve) -> SplitResult:
    """The parts of a signed link that may be followed; RefusedLink otherwise.

    Allowed hosts: the base URL's own, and `patterns` ("example.com" for exactly that host, "*.example.com" for any below it,
    "reports-*.example.com" for one label). Always https and never to a private address, unless the base URL is itself loopback.
    The address is looked up before the request and again by it; a name that changes its address between the two gains
    nothing, since the certificate must still bear the allowed name and no token is sent.
    """
    parts = split_link(link)
    base_host = (urlsplit(base_url).hostname or "").lower()
    host = (parts.hostname or "").lower()
    local = is_loopback(base_host)
    if host != base_host and not any(_matches(host, pattern.lower()) for pattern in patterns):
        raise RefusedLink(f"the download link points to {host_name(parts)}, which is in neither the vendor's list nor download_hosts")
    if parts.scheme != "https" and not local:
        raise RefusedLink("the download link is not https")
    if not local:
        _refuse_private(host, look_up)
    return parts


def host_name(parts: SplitResult) -> str:
    """The host of a link, fit for a message."""
    return "host " + re.sub(r"[^A-Za-z0-9.:-]", "?", parts.hostname or "?")[:100]


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return re.fullmatch(re.escape(pattern).replace(r"\*", "[a-z0-9-]*"), host) is not None


def _refuse_private(host: str, look_up: Resolve) -> None:
    try:
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in look_up(host)]
    except OSError:
        # Behind a proxy that resolves names itself there is nothing to look up here; without one the request fails anyway.
        return
    if not all(address.is_global for address in addresses):
        raise RefusedLink("the download link's host resolves to a private, loopback or link-local address")
