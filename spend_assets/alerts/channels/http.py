"""One POST to Slack or to a receiver of signed webhooks, over httpx; nothing of the address is ever logged or stored."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import SplitResult

import httpx

from spend_assets.alerts.channels.addresses import Resolve, address_of, refused_addresses
from spend_assets.alerts.channels.outcome import SENT, Outcome
from spend_assets.alerts.model import Delivery, Incident, Message
from spend_assets.alerts.settings import Channel
from spend_assets.alerts.words import plain
from spend_assets.settings import SettingsError, read_secret
from spend_assets.settings_words import is_loopback
from spend_assets.vendors.waits import retry_after_seconds

TIMEOUT_SECONDS = 15.0
SHORTEST_SECRET = 32
RETRIED = frozenset({408, 425, 429})
SLACK_LONGEST = 2900
"""Slack refuses a section of more than 3,000 characters."""


def slack_escaped(text: str) -> str:
    """Slack reads three signs as control: without this, a team called <!channel> would ring every phone."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_body(message: Message) -> bytes:
    """Blocks, and `text` for notifications. Our words are bold; what is ours and what came from outside is escaped alike."""
    blocks = []
    for label, text in (("", f"*{slack_escaped(message.title)}*"), *message.lines):
        shown = f"*{slack_escaped(label)}*: {slack_escaped(text)}" if label else text
        # verbatim: Slack turns no name into a mention and no word into a link.
        cut = shown if len(shown) <= SLACK_LONGEST else re.sub(r"&[a-z]{0,3}\Z", "", shown[:SLACK_LONGEST]) + "…"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": cut, "verbatim": True}})
    # 50 blocks are the most that Slack takes.
    document = {"text": slack_escaped(message.title), "blocks": blocks[:50], "unfurl_links": False, "unfurl_media": False}
    return json.dumps(document, ensure_ascii=False).encode()


def webhook_body(delivery: Delivery, incident: Incident | None) -> bytes:
    """What a receiver gets: the same bytes with every attempt. Amounts are text, as everywhere where money must stay exact."""
    document: dict[str, object] = {
        "delivery_id": delivery.id,
        "event": delivery.event,
        "title": delivery.message.title,
        "lines": [{"label": label, "text": text} for label, text in delivery.message.lines],
    }
    if incident is not None:
        signal = incident.signal
        # A name that the message withholds is withheld here too.
        shown = plain(signal.scope.entity) in delivery.message.title
        document["incident"] = {
            "number": incident.number,
            "level": signal.scope.level,
            "entity": signal.scope.entity if shown else None,
            "vendor": signal.scope.vendor,
            "kind": signal.scope.kind,
            "severity": signal.severity,
            "first_day": signal.first_day.isoformat(),
            "owner_team": signal.owner_team if shown else None,
        }
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()


def signature(secret: str, at: datetime, body: bytes) -> str:
    """`t=<unix seconds>,v1=<HMAC-SHA256 of "t.body", hex>`."""
    t = int(at.timestamp())
    return f"t={t},v1={hmac.new(secret.encode(), f'{t}.'.encode() + body, hashlib.sha256).hexdigest()}"


def webhook_secret(channel: Channel, env: Mapping[str, str]) -> str:
    """Raises SettingsError that names the variable where the key is absent or could be guessed."""
    secret = read_secret(channel.secret_env or "", env)
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"alert channel {channel.name}: the key in {channel.secret_env} has fewer than {SHORTEST_SECRET} characters")
    return secret


class Poster:
    """Posts for one channel. Raises SettingsError where its variables are not usable."""

    def __init__(self, channel: Channel, env: Mapping[str, str], look_up: Resolve):
        self.channel, self.env, self.look_up = channel, env, look_up

    def slack(self, delivery: Delivery, now: datetime) -> Outcome:
        """Slack knows no id of a delivery: an answer that got lost leaves it unknown, and it is not sent again."""
        return self._post(slack_body(delivery.message), {}, now, lost="unknown")

    def webhook(self, delivery: Delivery, incident: Incident | None, now: datetime) -> Outcome:
        """The receiver drops what it has by its delivery id, so what may not have arrived is sent again."""
        body = webhook_body(delivery, incident)
        signed = signature(webhook_secret(self.channel, self.env), now, body)
        return self._post(body, {"X-Spend-Signature": signed, "X-Spend-Delivery": delivery.id}, now, lost="again")

    def _post(self, body: bytes, headers: Mapping[str, str], now: datetime, *, lost: str) -> Outcome:
        url, parts = address_of(self.channel, self.env)
        problem = self._not_allowed(parts)
        if problem is not None:
            return problem
        sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "spend-alerts", "Connection": "close", **headers}
        try:
            with (
                httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=not is_loopback(parts.hostname or "")) as client,
                client.stream("POST", url, content=body, headers=sent) as response,
            ):
                return _judged(response.status_code, response.headers, now)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            return Outcome("again", "no connection")
        except httpx.HTTPError as error:
            # The request may have arrived: only its answer is missing.
            reason = f"no answer ({type(error).__name__})"
            return Outcome("again", reason) if lost == "again" else Outcome("unknown", reason)
        except httpx.InvalidURL:
            return Outcome("refused", f"the address in {self.channel.url_env} is no URL")

    def _not_allowed(self, parts: SplitResult) -> Outcome | None:
        try:
            refused = refused_addresses(self.channel, parts.hostname or "", self.look_up)
        except OSError:
            return Outcome("again", "the host's name does not resolve")
        if refused:
            return Outcome("refused", "the host resolves to a private address that private_addresses of the channel does not list")
        return None


def _judged(status: int, headers: Mapping[str, str], now: datetime) -> Outcome:
    if 200 <= status < 300:
        return SENT
    if status in RETRIED or status >= 500:
        return Outcome("again", f"status {status}", retry_after_seconds(headers, now))
    if 300 <= status < 400:
        return Outcome("refused", f"status {status}: redirects are not followed; write the final address")
    return Outcome("refused", f"status {status}: the address is wrong, was revoked, or the channel is gone")
