"""Where an alert may be posted: https, no redirect, no private address unless it is listed (security-privacy 11)."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import SplitResult, urlsplit

from spend_assets.alerts.settings import Channel
from spend_assets.settings import SettingsError, read_secret
from spend_assets.settings_words import is_loopback

Resolve = Callable[[str], Iterable[str]]


def address_of(channel: Channel, env: Mapping[str, str]) -> tuple[str, SplitResult]:
    """The address in the channel's variable. Raises SettingsError that names channel and variable, never the address."""
    name = channel.url_env or ""
    url = read_secret(name, env)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise _wrong(channel, "holds no URL") from None
    if not url.isascii() or not url.isprintable() or " " in url or parts.scheme not in ("http", "https") or not host:
        raise _wrong(channel, "holds no URL; write it whole, for example https://hooks.slack.com/services/...")
    if "@" in parts.netloc:
        raise _wrong(channel, "carries a user name or password; a receiver knows us by the signature")
    if parts.scheme == "http" and not is_loopback(host):
        raise _wrong(channel, "is not https; only a loopback address may be spoken to without it")
    return url, parts


def refused_addresses(channel: Channel, host: str, look_up: Resolve) -> list[str]:
    """The addresses of `host` that are not public and that the channel does not list. OSError where the name does not resolve."""
    networks = [ipaddress.ip_network(listed) for listed in channel.private_addresses]
    refused = []
    for text in look_up(host):
        address = ipaddress.ip_address(text.partition("%")[0])
        if not address.is_global and not any(address.version == network.version and address in network for network in networks):
            refused.append(str(address))
    return refused


def _wrong(channel: Channel, problem: str) -> SettingsError:
    return SettingsError(f"alert channel {channel.name}: the address in {channel.url_env} {problem}")
