"""Alerts as mail, over SMTP with TLS."""

import contextlib
import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from spend_assets.alerts.channels.outcome import SENT, Outcome
from spend_assets.alerts.model import Delivery
from spend_assets.alerts.settings import Mail
from spend_assets.alerts.words import plain
from spend_assets.settings import SettingsError, read_secret
from spend_assets.settings_words import is_loopback

TIMEOUT_SECONDS = 30.0


def mail_of(delivery: Delivery, settings: Mail, to: tuple[str, ...], now: datetime) -> EmailMessage:
    """Plain text. No header holds a line break: texts from outside lose theirs before they come here, and once more here."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    sender = Address(addr_spec=settings.sender)
    message["From"] = sender
    message["To"] = [Address(addr_spec=address) for address in to]
    message["Subject"] = plain(delivery.message.title)
    message["Date"] = format_datetime(now)
    # Most servers drop a second mail with the same id.
    message["Message-ID"] = f"<{delivery.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Spend-Delivery"] = delivery.id
    message.set_content("\n".join(f"{label}: {text}" if label else text for label, text in delivery.message.lines) + "\n")
    return message


class Mailer:
    """Over one mail server. Raises SettingsError where its variables are empty."""

    def __init__(self, settings: Mail, env: Mapping[str, str]):
        if settings.tls == "none" and not is_loopback(settings.host):
            raise SettingsError("[alerts.mail] tls = 'none' is for a mail server on this machine only; use 'starttls' or 'tls'")
        self.settings = settings
        self.login: tuple[str, str] | None = None
        if settings.user_env and settings.password_env:
            self.login = (read_secret(settings.user_env, env), read_secret(settings.password_env, env))

    def send(self, delivery: Delivery, to: tuple[str, ...], now: datetime) -> Outcome:
        """One mail to all of `to`, or to none. Once its text was handed over and no answer came, nobody can tell whether it arrived."""
        message = mail_of(delivery, self.settings, to, now)
        handed_over = False
        try:
            server = self.connected()
            try:
                code, _ = server.mail(self.settings.sender)
                if code != 250:
                    return _answered(code, "the server refuses the sender")
                for address in to:
                    code, _ = server.rcpt(address)
                    if code not in (250, 251):
                        return _answered(code, "the server refuses an address of this channel")
                handed_over = True
                code, _ = server.data(message.as_bytes())
                return SENT if code == 250 else _answered(code, "the server did not take the mail")
            finally:
                _part_from(server)
        except smtplib.SMTPAuthenticationError:
            named = f"{self.settings.user_env} and {self.settings.password_env}"
            return Outcome("refused", f"the mail server does not accept the login in {named}")
        except smtplib.SMTPNotSupportedError:
            return Outcome("refused", "the mail server offers no STARTTLS or no login; nothing was sent in the clear")
        except smtplib.SMTPResponseException as error:
            return _answered(int(error.smtp_code), "the mail server did not take the mail")
        except (smtplib.SMTPException, OSError) as error:
            reason = f"the mail server cannot be spoken to ({type(error).__name__})"
            return Outcome("unknown" if handed_over else "again", reason)

    def connected(self) -> smtplib.SMTP:
        """Logged in, behind TLS. Raises what smtplib raises."""
        context = ssl.create_default_context()
        host, port = self.settings.host, self.settings.port
        server: smtplib.SMTP
        if self.settings.tls == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        try:
            server.ehlo()
            if self.settings.tls == "starttls":
                server.starttls(context=context)
                server.ehlo()
            if self.login:
                server.login(*self.login)
        except BaseException:
            server.close()
            raise
        return server


def _part_from(server: smtplib.SMTP) -> None:
    """How the goodbye goes changes nothing about what was sent."""
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _answered(code: int, text: str) -> Outcome:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    return Outcome("refused" if 500 <= code < 600 else "again", f"{text} (code {code})")
