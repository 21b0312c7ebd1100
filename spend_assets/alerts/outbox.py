"""Messages on their way: queued with an id that follows from what they tell, sent, and never sent twice.

Before a message goes out the state says `sending`, afterwards what came of it. Killed in between, a webhook is sent again (its receiver
drops a delivery id that it has). Slack and mail have no such id: the message is `unknown`, is not sent again, and the next digest names it.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from spend_assets.alerts.channels.addresses import Resolve
from spend_assets.alerts.channels.http import Poster
from spend_assets.alerts.channels.mail import Mailer
from spend_assets.alerts.channels.outcome import Outcome
from spend_assets.alerts.digest import compose_digest, due
from spend_assets.alerts.model import Delivery, Incident, State
from spend_assets.alerts.routing import digest_channels, told_to
from spend_assets.alerts.settings import Alerts
from spend_assets.alerts.store import Store
from spend_assets.alerts.words import compose
from spend_assets.clock import Clock
from spend_assets.landing.crash import point
from spend_assets.settings import SettingsError
from spend_assets.vendors.hosts import resolve
from spend_assets.vendors.waits import backoff_seconds

TRIES = 3
"""Attempts in a row, with waits of at most WAIT_SECONDS; the rest is for the next run."""
WAIT_SECONDS = 30.0
KEEP_TRYING = timedelta(days=3)
PAUSE = timedelta(minutes=15)

Say = Callable[[str], None]
Hides = Callable[[Incident], bool]
"""Whether the name of what an incident is about would name a person, so that it may not stand in a shared channel."""


def queue_incidents(state: State, settings: Alerts, day: date, now: datetime, hides: Hides) -> None:
    """Queue the one message of each incident that is due: open, a page, told to nobody yet, not silenced."""
    for incident in state.incidents:
        if incident.told or incident.ended or incident.signal.severity != "page" or incident.status == "acknowledged":
            continue
        if state.silence_of(incident.signal.scope, day):
            continue
        for channel, view in told_to(incident, settings):
            delivery = Delivery(
                id=delivery_id(str(incident.number), incident.keys[0], channel, view),
                channel=channel,
                view=view,
                message=compose(incident, view, hidden=view == "shared" and hides(incident)),
                event="incident.opened",
                queued_at=now,
                incident=incident.number,
                person=incident.signal.person if view == "person" else None,
            )
            _queue(state, delivery, day)
        incident.told = True


def queue_digest(state: State, settings: Alerts, day: date, now: datetime, hides: Hides) -> None:
    """Queue the digest, where one is due and there is something in it."""
    if not due(state, settings, day):
        return
    for channel in digest_channels(settings):
        message = compose_digest(state, channel.audience, day, hides)
        if message is not None:
            identity = delivery_id("digest", day.isoformat(), channel.name, channel.audience)
            _queue(state, Delivery(identity, channel.name, channel.audience, message, "digest", now), day)
    state.digested_event, state.digested_on = state.last_event, day


def delivery_id(*parts: str) -> str:
    """32 hex digits over what is told to whom."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _queue(state: State, delivery: Delivery, day: date) -> None:
    if all(known.id != delivery.id for known in state.deliveries):
        state.deliveries.append(delivery)
        incident = state.incident(delivery.incident) if delivery.incident else None
        state.note(day, "queued", incident, delivery.channel, delivery.id)


class Outbox:
    """Sends what is due. `env` holds the secrets, `mailboxes` the addresses of persons by pseudonym; both stay in memory."""

    def __init__(
        self,
        store: Store,
        settings: Alerts,
        clock: Clock,
        env: Mapping[str, str],
        mailboxes: Mapping[str, str],
        *,
        sleep: Callable[[float], None] = time.sleep,
        look_up: Resolve = resolve,
    ):
        self.store, self.settings, self.clock, self.env, self.mailboxes = store, settings, clock, env, mailboxes
        self.sleep, self.look_up = sleep, look_up

    def deliver(self, state: State, say: Say) -> None:
        """Every queued message whose time has come. Each step is on disk before the next; what fails says so and is kept."""
        self._settle_interrupted(state, say)
        for delivery in list(state.deliveries):
            if delivery.state == "queued" and (delivery.next_at is None or delivery.next_at <= self._now()):
                self._deliver(state, delivery, say)
        self.store.save(state)

    def _now(self) -> datetime:
        return self.clock.now().astimezone(UTC)

    def _settle_interrupted(self, state: State, say: Say) -> None:
        """What a killed process left in the middle."""
        for delivery in state.deliveries:
            if delivery.state == "sending":
                if self._may_repeat(delivery):
                    delivery.state = "queued"
                else:
                    self._record(state, delivery, Outcome("unknown", "the process ended while it was sent"), say)

    def _may_repeat(self, delivery: Delivery) -> bool:
        channel = self.settings.channel(delivery.channel)
        return channel is not None and channel.kind == "webhook"

    def _deliver(self, state: State, delivery: Delivery, say: Say) -> None:
        for attempt in range(1, TRIES + 1):
            delivery.state = "sending"
            delivery.attempts += 1
            self.store.save(state)
            point("alerts.send.before")
            incident = state.incident(delivery.incident) if delivery.incident else None
            outcome = self.once(delivery, incident)
            point("alerts.send.after")
            wait = outcome.after_seconds if outcome.after_seconds is not None else backoff_seconds(attempt=attempt, jitter=0.5)
            if outcome.state != "again" or attempt == TRIES or wait > WAIT_SECONDS:
                self._record(state, delivery, outcome, say)
                self.store.save(state)
                return
            delivery.state = "queued"
            self.store.save(state)
            self.sleep(wait)

    def once(self, delivery: Delivery, incident: Incident | None = None) -> Outcome:
        """One attempt, and what came of it; nothing is recorded."""
        now = self._now()
        try:
            if delivery.view == "person":
                return self._to_person(delivery, now)
            channel = self.settings.channel(delivery.channel)
            if channel is None:
                return Outcome("refused", f"spend.toml has no channel {delivery.channel} any more")
            if delivery.view == "restricted" and channel.audience != "restricted":
                return Outcome("refused", f"channel {channel.name} is no longer restricted, and this message is for such a one only")
            if channel.kind == "mail" and self.settings.mail is not None:
                return Mailer(self.settings.mail, self.env).send(delivery, channel.to, now)
            poster = Poster(channel, self.env, self.look_up)
            if channel.kind == "slack":
                return poster.slack(delivery, now)
            return poster.webhook(delivery, incident, now)
        except SettingsError as error:
            return Outcome("again", str(error))

    def _to_person(self, delivery: Delivery, now: datetime) -> Outcome:
        mailbox = self.mailboxes.get(delivery.person or "")
        if self.settings.mail is None:
            return Outcome("refused", "spend.toml has no section [alerts.mail] any more")
        if mailbox is None:
            return Outcome("refused", "the roster has no mail address of this person today")
        return Mailer(self.settings.mail, self.env).send(delivery, (mailbox,), now)

    def _record(self, state: State, delivery: Delivery, outcome: Outcome, say: Say) -> None:
        now = self._now()
        delivery.reason = outcome.reason
        gave_up = outcome.state == "refused" or (outcome.state == "again" and now - delivery.queued_at >= KEEP_TRYING)
        if outcome.state == "again" and not gave_up:
            delivery.state = "queued"
            delivery.next_at = now + max(PAUSE, timedelta(seconds=outcome.after_seconds or 0))
            say(f"alert to {delivery.channel} is not through yet: {outcome.reason}; it is tried again")
            return
        delivery.state = "sent" if outcome.state == "sent" else "unknown" if outcome.state == "unknown" else "failed"
        event = {"sent": "sent", "unknown": "unknown", "failed": "gave_up"}[delivery.state]
        incident = state.incident(delivery.incident) if delivery.incident else None
        state.note(now.date(), event, incident, delivery.channel, delivery.id, outcome.reason)
        if delivery.state != "sent":
            words = "may not have arrived and is not repeated" if delivery.state == "unknown" else "was not delivered"
            say(f"alert to {delivery.channel} {words}: {outcome.reason}; `spend alerts list` has it")
