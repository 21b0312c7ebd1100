"""What `spend doctor` says of the alert channels: their variables, addresses and connections. Nothing is sent."""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping

from spend_assets.alerts.channels.addresses import Resolve, address_of, refused_addresses
from spend_assets.alerts.channels.http import webhook_secret
from spend_assets.alerts.channels.mail import Mailer
from spend_assets.alerts.settings import Alerts, Channel, Mail
from spend_assets.settings import SettingsError
from spend_assets.vendors.hosts import resolve
from spend_assets.vendors.probes import Probe

TIMEOUT_SECONDS = 10.0


def examine_alerts(settings: Alerts, env: Mapping[str, str], look_up: Resolve = resolve) -> Iterator[Probe]:
    """One line for each channel, and remarks."""
    if not settings.channels:
        yield Probe("alerts", None, "no [[alerts.channels]]: incidents are recorded, and nobody is told (docs/alerts.md)")
        return
    for channel in settings.channels:
        try:
            if channel.kind == "mail" and settings.mail is not None:
                yield Probe(channel.name, True, _mail(settings.mail, env))
            else:
                yield Probe(channel.name, True, _http(channel, env, look_up))
        except (SettingsError, OSError, smtplib.SMTPException) as error:
            text = str(error) if isinstance(error, SettingsError) else f"no connection ({type(error).__name__})"
            yield Probe(channel.name, False, text)
    if all(channel.audience != "restricted" for channel in settings.channels):
        yield Probe("restricted", None, "no channel is restricted: nobody but the person hears of what one person's use shows")


def _http(channel: Channel, env: Mapping[str, str], look_up: Resolve) -> str:
    _, parts = address_of(channel, env)
    if channel.kind == "webhook":
        webhook_secret(channel, env)
    host = parts.hostname or ""
    if refused_addresses(channel, host, look_up):
        raise SettingsError("its host resolves to a private address; list it in private_addresses if that is meant")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as connection:
        if parts.scheme == "https":
            ssl.create_default_context().wrap_socket(connection, server_hostname=host).close()
    return f"{channel.kind}, {channel.audience}: the host can be reached; `spend alerts test` sends a message"


def _mail(settings: Mail, env: Mapping[str, str]) -> str:
    server = Mailer(settings, env).connected()
    try:
        server.noop()
        server.quit()
    finally:
        server.close()
    return "mail: the server can be reached and takes the login; `spend alerts test` sends a mail"
