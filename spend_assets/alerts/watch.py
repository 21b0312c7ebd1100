"""After each build: look, decide, queue, send. Whoever calls it twice gets nothing twice.

The home is held only while the warehouse is read; sending holds the store of the alerts alone.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from spend_assets.alerts.lifecycle import observe
from spend_assets.alerts.model import Incident, State
from spend_assets.alerts.outbox import Outbox, queue_digest, queue_incidents
from spend_assets.alerts.signals import Seen, signals_of
from spend_assets.alerts.store import Store
from spend_assets.clock import today
from spend_assets.home import exclusive
from spend_assets.people.access_log import AccessLog
from spend_assets.people.directory import Directory
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.pipeline import Pipeline
from spend_assets.publish.privacy import KnownNames
from spend_assets.publish.pseudonyms import Pseudonyms, load_pseudonyms
from spend_assets.publish.verdict import read_verdict
from spend_assets.settings import Settings

Say = Callable[[str], None]
APPROVER = "spend alerts, on behalf of [alerts] mail_persons"


@dataclass(frozen=True)
class Watched:
    """What one look came to: incidents that are new, messages that went out, messages that are still waiting."""

    opened: int = 0
    sent: int = 0
    waiting: int = 0


def watch(pipeline: Pipeline, say: Say, env: Mapping[str, str] = os.environ, *, digest_now: bool = False) -> Watched:
    """Look at the newest build, queue what is due and send it. `digest_now` makes the digest without waiting for its day.

    Raises AlertRefused for a damaged state, PublicationRefused for a damaged verdict; what a channel refuses is said and kept.
    """
    settings, store = pipeline.settings.alerts, Store(pipeline.home)
    day = today(pipeline.clock)
    now = pipeline.clock.now().astimezone(UTC)
    seen, names = _look(pipeline, say)

    def hides(incident: Incident) -> bool:
        signal = incident.signal
        return any(names.someone_in(text) for text in (signal.scope.entity, signal.owner_team or "", signal.detail) if text)

    with store.held() as state:
        before, opened = state.last_event, 0
        if seen is not None:
            opened = len(observe(state, seen, settings.fresh_days))
            state.looked_at = seen.build
            queue_incidents(state, settings, day, now, hides)
            if digest_now:
                state.digested_on = None
            queue_digest(state, settings, day, now, hides)
        store.save(state)
        wanted = _persons_to_be_told(state, now)
    mailboxes = _mailboxes(pipeline, wanted, say) if wanted else {}
    with store.held() as state:
        Outbox(store, settings, pipeline.clock, env, mailboxes, sleep=pipeline.sleep).deliver(state, say)
        sent = sum(event.event == "sent" for event in state.events if event.number > before)
        return Watched(opened, sent, sum(delivery.state == "queued" for delivery in state.deliveries))


def needs_a_look(settings: Settings, now: datetime) -> str:
    """What there is to do, as a key that changes with it: empty where the newest verdict was looked at and no message is due."""
    verdict, state = read_verdict(settings.home), Store(settings.home).read()
    if verdict is not None and verdict.build_id != state.looked_at:
        return f"build {verdict.build_id[:16]}"
    due = [d for d in state.deliveries if d.state in ("queued", "sending") and (d.next_at is None or d.next_at <= now)]
    return f"message {due[0].id[:16]}, attempt {due[0].attempts + 1}" if due else ""


def _look(pipeline: Pipeline, say: Say) -> tuple[Seen | None, KnownNames]:
    with exclusive(pipeline.home, "alerts", say):
        verdict = read_verdict(pipeline.home)
        if verdict is None:
            return None, KnownNames([])
        pseudonyms = load_pseudonyms(pipeline.settings, say)
        with _warehouse(pipeline, verdict.build_id) as connection:
            seen = signals_of(connection, verdict, pipeline.settings.alerts, pseudonyms)
            identifiers: list[str] = []
            if connection is not None:
                rows = connection.execute("select distinct identifier from intermediate.int_known_identifiers").fetchall()
                identifiers = [str(value) for (value,) in rows if value]
            return seen, KnownNames(identifiers)


@contextlib.contextmanager
def _warehouse(pipeline: Pipeline, build_id: str) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The warehouse, where it holds this very build; None otherwise: nothing is said of half a build."""
    if not pipeline.warehouse.path.exists():
        yield None
        return
    with duckdb.connect(str(pipeline.warehouse.path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            held = connection.execute("select build_id from ops.build").fetchall()
        except duckdb.CatalogException:
            held = []
        yield connection if held == [(build_id,)] else None


def _persons_to_be_told(state: State, now: datetime) -> list[tuple[str, int]]:
    """Pseudonym and incident of every mail to a person that is due."""
    due = (d for d in state.deliveries if d.state in ("queued", "sending") and (d.next_at is None or d.next_at <= now))
    return [(delivery.person, delivery.incident) for delivery in due if delivery.person and delivery.incident]


def _mailboxes(pipeline: Pipeline, wanted: Sequence[tuple[str, int]], say: Say) -> dict[str, str]:
    """The roster's address of each person, by pseudonym: a reveal by the platform itself, logged under the incident's number."""
    with exclusive(pipeline.home, "alerts to persons", say):
        if not pipeline.warehouse.path.exists():
            return {}
        pseudonyms = load_pseudonyms(pipeline.settings, say)
        log = AccessLog(pipeline.home, pipeline.clock, pseudonyms)
        with duckdb.connect(str(pipeline.warehouse.path), read_only=True) as connection:
            return _revealed(connection, log, pseudonyms, wanted, pipeline, say)


def _revealed(
    connection: duckdb.DuckDBPyConnection,
    log: AccessLog,
    pseudonyms: Pseudonyms,
    wanted: Sequence[tuple[str, int]],
    pipeline: Pipeline,
    say: Say,
) -> dict[str, str]:
    found = {}
    try:
        persons = {pseudonyms.of(person): person for person in Directory(connection).persons()}
        for pseudonym, incident in wanted:
            kind, _, employee = persons.get(pseudonym, "").partition(":")
            if kind != "hr":
                continue  # only who is in the roster has an address that is surely theirs
            row = connection.execute(
                """select email from staging.stg_hr__roster
                where employee_id = $id and valid_from <= $today and $today < valid_to and email is not null
                order by valid_from desc, email limit 1""",
                {"id": employee, "today": today(pipeline.clock)},
            ).fetchone()
            if row is not None:
                log.grant("reveal", pseudonym, f"alert-{incident}", APPROVER)
                found[pseudonym] = str(row[0])
    except PersonCommandRefused as error:
        say(f"alerts to persons: {error}")
    return found
