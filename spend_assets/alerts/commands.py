"""`spend alerts ...`: reads or changes the incidents and prints what came of it. What came from outside is printed without control
characters."""

import argparse
import os
from collections.abc import Callable
from datetime import UTC, timedelta

from spend_assets.alerts.backtest import backtest
from spend_assets.alerts.digest import compose_digest
from spend_assets.alerts.errors import AlertRefused
from spend_assets.alerts.lifecycle import acknowledge, silence, unsilence
from spend_assets.alerts.model import Delivery, Incident, Message, Silence, State
from spend_assets.alerts.outbox import Outbox, delivery_id
from spend_assets.alerts.store import Store
from spend_assets.alerts.watch import watch
from spend_assets.alerts.words import plain, subject, usd, what
from spend_assets.clock import today
from spend_assets.people.access_log import REQUEST
from spend_assets.pipeline import Pipeline

Say = Callable[[str], None]
EXIT_FAILED = 1


def run_alerts_command(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    """Returns the exit code. Raises AlertRefused."""
    commands = {"list": _list, "send": _send, "ack": _ack, "silence": _silence, "test": _test, "digest": _digest, "backtest": _backtest}
    return commands[options.alerts_command](pipeline, options, say)


def _list(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    state, day = Store(pipeline.home).read(), today(pipeline.clock)
    shown = [incident for incident in state.incidents if options.all or not incident.ended]
    for incident in shown:
        print(_line(state, incident, state.silence_of(incident.signal.scope, day)))
    if not shown:
        print("no incident is open")
    for rule in state.silences:
        if day < rule.until:
            scope = ", ".join(f"{name} {plain(value)}" for name in ("level", "entity", "vendor", "kind") if (value := getattr(rule, name)))
            print(f"silence {rule.number} until {rule.until}: {scope}" + (f" ({plain(rule.note)})" if rule.note else ""))
    for delivery in state.deliveries:
        if delivery.state != "sent":
            of = f" of incident {delivery.incident}" if delivery.incident else ""
            print(f"{delivery.state}: {delivery.event}{of} to {delivery.channel}, attempts {delivery.attempts}, {plain(delivery.reason)}")
    return 0


def _line(state: State, incident: Incident, silenced: Silence | None) -> str:
    signal = incident.signal
    excess = f", {usd(signal.figures.excess_usd)} more than expected" if signal.figures.excess_usd is not None else ""
    owner = f", owner {plain(signal.owner_team)}" if signal.owner_team else ""
    marks = f" [silenced by {silenced.number}]" if silenced else ""
    days = f"{signal.first_day} to {signal.last_day}" if signal.last_day > signal.first_day else f"{signal.first_day}"
    where = subject(incident, "restricted")
    return f"#{incident.number} {incident.status}{marks} {days} {plain(signal.scope.kind)}: {what(incident)}: {where}{owner}{excess}"


def _send(pipeline: Pipeline, _options: argparse.Namespace, say: Say) -> int:
    watched = watch(pipeline, say)
    print(f"{watched.opened} new incident(s), {watched.sent} message(s) sent, {watched.waiting} waiting")
    return 0


def _ack(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    store = Store(pipeline.home)
    with store.held() as state:
        incident = acknowledge(state, options.number, _ticket(options.note), today(pipeline.clock))
        store.save(state)
    print(f"#{incident.number} is acknowledged; it is over when the data says so")
    return 0


def _silence(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    store, day = Store(pipeline.home), today(pipeline.clock)
    with store.held() as state:
        if options.remove is not None:
            unsilence(state, options.remove, day)
            store.save(state)
            print(f"silence {options.remove} is over; what is still open is told with the next look")
            return 0
        until = options.until or day + timedelta(days=options.days)
        fields = {name: getattr(options, name) for name in ("level", "entity", "vendor", "kind")}
        if options.number is not None:
            if any(fields.values()):
                raise AlertRefused("give an incident's number, or fields of a scope, and not both")
            incident = state.incident(options.number)
            if incident is None:
                raise AlertRefused(f"there is no incident {options.number}; `spend alerts list` shows those there are")
            scope = incident.signal.scope
            fields = {"level": scope.level, "entity": scope.entity, "vendor": scope.vendor, "kind": scope.kind}
        rule = silence(state, Silence(0, until, note=_ticket(options.note), **fields), day)
        store.save(state)
    print(f"silence {rule.number} until {rule.until}; `spend alerts silence --remove {rule.number}` takes it back")
    return 0


def _test(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    settings, store = pipeline.settings.alerts, Store(pipeline.home)
    if not settings.channels:
        raise AlertRefused("spend.toml has no [[alerts.channels]]; docs/alerts.md shows how to write one")
    wanted = [channel for channel in settings.channels if options.channel in (None, channel.name)]
    if not wanted:
        raise AlertRefused(f"there is no channel {options.channel}; known are {', '.join(channel.name for channel in settings.channels)}")
    now = pipeline.clock.now().astimezone(UTC)
    message = Message("Test of the alerts of agent spend", (("What", "a test, sent by `spend alerts test`"), ("Look at", "nothing")))
    # A state of its own: a test is no incident and is not tried again.
    outbox = Outbox(store, settings, pipeline.clock, os.environ, {}, sleep=pipeline.sleep)
    through = True
    with store.held():
        for channel in wanted:
            identity = delivery_id("test", channel.name, now.isoformat())
            outcome = outbox.once(Delivery(identity, channel.name, channel.audience, message, "test", now))
            through = through and outcome.state == "sent"
            print(f"{channel.name}: {outcome.state}" + (f", {outcome.reason}" if outcome.reason else ""))
    return 0 if through else EXIT_FAILED


def _digest(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    if options.send:
        watched = watch(pipeline, say, digest_now=True)
        print(f"{watched.sent} message(s) sent, {watched.waiting} waiting")
        return 0
    message = compose_digest(Store(pipeline.home).read(), "restricted", today(pipeline.clock), lambda _incident: False)
    if message is None:
        print("there is nothing that the last digest did not say")
        return 0
    print(message.title)
    for label, text in message.lines:
        print(f"{label}: {text}")
    return 0


def _backtest(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    replayed = backtest(pipeline, options.first, options.last, say, exact=options.exact)
    for title, counts in (("at once", replayed.told), ("line of the digest", replayed.lines)):
        for (level, kind), count in sorted(counts.items()):
            print(f"{title}: {plain(level)} {plain(kind)}: {count}")
    for channel, count in sorted(replayed.messages.items()):
        print(f"messages to {channel}: {count}")
    told = replayed.told.total()
    rate = replayed.per_thousand(sum(count for (level, _), count in replayed.told.items() if level == "user"))
    busiest = f"at most {replayed.busiest} on one morning"
    print(f"{told} incident(s) told in {replayed.weeks:.1f} weeks, {busiest}; {replayed.taken_back} taken back later")
    if rate is not None:
        print(f"about single persons: {rate:.1f} per 1,000 active people and week ({replayed.people} were active)")
    return 0


def _ticket(note: str) -> str:
    if note and not REQUEST.fullmatch(note):
        raise AlertRefused("--note takes the number of a ticket, for example OPS-12: letters, digits and . _ / # - only, no names")
    return note
