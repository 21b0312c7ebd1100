"""The section [alerts] of spend.toml: channels, who is told what, and when. Addresses that are secrets are named by variables."""

import ipaddress
import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from spend_assets.settings_words import EnvName, Section

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
MAILBOX = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]+\]?")


def check_name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("a channel's name has lower-case letters, digits, '_' and '-', for example payments")
    return value


def check_mailbox(value: str) -> str:
    if not MAILBOX.fullmatch(value):
        raise ValueError("write a plain mail address, for example finops@acme.example")
    return value


def check_network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError("write an address or a network, for example 10.1.2.3 or 10.1.0.0/16") from None
    return value


def check_host(value: str) -> str:
    if not HOST.fullmatch(value):
        raise ValueError("write a host name, for example smtp.acme.example")
    return value


ChannelName = Annotated[str, AfterValidator(check_name)]
Mailbox = Annotated[str, AfterValidator(check_mailbox)]
Network = Annotated[str, AfterValidator(check_network)]
Host = Annotated[str, AfterValidator(check_host)]


class Channel(Section):
    name: ChannelName
    kind: Literal["slack", "mail", "webhook"]
    audience: Literal["shared", "restricted"] = "shared"
    """shared: many read it, so no person and no figure of a running team period is in it. restricted: those who may see persons, under
    their pseudonyms."""
    url_env: EnvName | None = None
    """slack, webhook: the variable that holds the address. A Slack address is a secret: whoever has it can write there."""
    secret_env: EnvName | None = None
    """webhook: the variable that holds the key of the signature, at least 32 characters."""
    to: tuple[Mailbox, ...] = ()
    """mail: who gets it."""
    private_addresses: tuple[Network, ...] = ()
    """Private, loopback or link-local addresses and networks that the host may resolve to. Any other of that kind is refused."""

    @model_validator(mode="after")
    def is_whole(self) -> "Channel":
        needed = {"slack": {"url_env"}, "webhook": {"url_env", "secret_env"}, "mail": {"to"}}[self.kind]
        given = {field for field in ("url_env", "secret_env", "to") if getattr(self, field)}
        if missing := sorted(needed - given):
            raise ValueError(f"channel {self.name!r} of kind {self.kind} needs {' and '.join(missing)}")
        if surplus := sorted(given - needed):
            raise ValueError(f"channel {self.name!r} of kind {self.kind} has no use for {' and '.join(surplus)}")
        return self


class Mail(Section):
    """The mail server that takes alerts."""

    host: Host
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    """none is for a server on this machine only."""
    sender: Mailbox
    user_env: EnvName | None = None
    password_env: EnvName | None = None

    @model_validator(mode="after")
    def login_is_whole(self) -> "Mail":
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("user_env and password_env go together")
        return self


class Route(Section):
    """What fits all given fields goes to `channels` instead of `default`. The first route that fits counts."""

    channels: tuple[ChannelName, ...] = Field(min_length=1)
    team: str = ""
    """Owner of the workflow, the team or the key, as in the HR roster."""
    level: str = ""
    vendor: str = ""
    kind: str = ""


class Alerts(Section):
    channels: tuple[Channel, ...] = ()
    routes: tuple[Route, ...] = ()
    default: tuple[ChannelName, ...] = ()
    """Where what no route fits is told. Left out: every shared channel."""
    mail: Mail | None = None
    mail_persons: bool = True
    """Tell a person by mail what stands out in their own use; each such mail is a logged reveal. Needs [alerts.mail]."""
    page_at_least_usd: Decimal = Field(default=Decimal(25), ge=0)
    """An anomaly with less at stake is a line of the digest. Faults in the data are told whatever is at stake."""
    digest: Literal["daily", "weekly", "off"] = "daily"
    page_kinds: tuple[str, ...] = ()
    """Kinds that are told at once although the detector puts them into the digest, for example the rule of three times the day before."""
    digest_kinds: tuple[str, ...] = ()
    """Kinds that are only ever a line of the digest."""
    fresh_days: int = Field(default=7, ge=1, le=60)
    """What ended longer ago when it is first seen is recorded and not told."""

    @model_validator(mode="after")
    def names_are_known(self) -> "Alerts":
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ValueError("two channels have the same name")
        wanted = {name for route in self.routes for name in route.channels} | set(self.default)
        if unknown := sorted(wanted - set(names)):
            raise ValueError(f"there is no channel {unknown[0]!r}; known are {', '.join(sorted(names)) or 'none'}")
        if self.mail is None and any(channel.kind == "mail" for channel in self.channels):
            raise ValueError("a channel of kind mail needs the section [alerts.mail] with host and sender")
        return self

    @property
    def secret_names(self) -> frozenset[str]:
        named = {name for channel in self.channels for name in (channel.url_env, channel.secret_env) if name}
        login = {name for name in (self.mail.user_env, self.mail.password_env) if name} if self.mail else set()
        return frozenset(named | login)

    def channel(self, name: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.name == name), None)
