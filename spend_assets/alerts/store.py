"""SPEND_HOME/alerts: one document with incidents, messages on their way, silences and events, replaced in one step.

It has a lock of its own, so that acknowledging does not wait for a run and sending does not hold one up. Who needs the home as well takes
the home first (`people/erase.py`), never the other way round.
"""

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import msgspec
from filelock import FileLock, Timeout

from spend_assets.alerts.errors import AlertRefused
from spend_assets.alerts.model import Event, State
from spend_assets.landing.crash import STEPS
from spend_assets.landing.files import make_folder, remove_temporaries, write_durably

POINTS = [*(f"alerts.state.{step}" for step in STEPS), "alerts.send.before", "alerts.send.after"]
"""The instants at which a test may kill the process (see landing/crash.py)."""
WAIT_SECONDS = 300.0
_decoder = msgspec.json.Decoder(State)
_COLUMNS = {
    "event_number": "BIGINT",
    "event_day": "DATE",
    "event": "VARCHAR",
    "incident": "BIGINT",
    "channel": "VARCHAR",
    "delivery_id": "VARCHAR",
    "detail": "VARCHAR",
    "source": "VARCHAR",
    "severity": "VARCHAR",
    "level": "VARCHAR",
    "entity": "VARCHAR",
    "vendor": "VARCHAR",
    "kind": "VARCHAR",
    "person_key": "VARCHAR",
    "owner_team": "VARCHAR",
    "first_day": "DATE",
    "last_day": "DATE",
    "unit": "VARCHAR",
    "actual": "DECIMAL(28,12)",
    "expected": "DECIMAL(28,12)",
    "upper": "DECIMAL(28,12)",
    "excess_usd": "DECIMAL(28,12)",
}


class Store:
    """`with store.held() as state:` gives the state, alone; `save` makes a change durable at once."""

    def __init__(self, home: Path):
        self.folder = home / "alerts"
        self.path = self.folder / "state.json"

    @contextlib.contextmanager
    def held(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[State]:
        """Raises AlertRefused where another process keeps it, or where the document is damaged."""
        make_folder(self.folder)
        lock = FileLock(self.folder / "lock", mode=0o600)
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise AlertRefused("another process is sending alerts; try again when it has ended") from None
        try:
            remove_temporaries(self.folder, depth=0)
            yield self.read()
        finally:
            lock.release()

    def read(self) -> State:
        """The state as it stands, without a lock: for looking only."""
        try:
            return _decoder.decode(self.path.read_bytes())
        except FileNotFoundError:
            return State()
        except msgspec.MsgspecError:
            raise AlertRefused(
                f"{self.path} is damaged; restore it from the last backup, or delete it: what is wrong now is then told once more"
            ) from None

    def save(self, state: State) -> None:
        body = msgspec.json.encode(state, order="sorted")
        write_durably(self.path, lambda path: _put(path, body), "alerts.state")


def events_path(home: Path) -> Path:
    """SPEND_HOME/alerts/events.parquet, which dbt reads for the mart `alerts`."""
    return home / "alerts" / "events.parquet"


def export_events(home: Path) -> None:
    """Write the events for dbt. Without any there is no file, and the mart is empty."""
    events = Store(home).read().events
    if not events:
        events_path(home).unlink(missing_ok=True)
        return
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"CREATE TEMP TABLE events ({', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())})")
        connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(_COLUMNS))})", [_row(event) for event in events])

        def copy(path: Path) -> None:
            connection.execute("COPY (FROM events ORDER BY event_number) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])

        write_durably(events_path(home), copy, "alerts.events")


def _row(event: Event) -> list[object]:
    head: list[object] = [event.number, event.day, event.event, event.incident, event.channel, event.delivery_id, event.detail]
    signal = event.signal
    if signal is None:
        return head + [None] * (len(_COLUMNS) - len(head))
    scope, figures = signal.scope, signal.figures
    return [
        *head,
        *(signal.source, signal.severity, scope.level, scope.entity, scope.vendor, scope.kind, signal.person, signal.owner_team),
        *(signal.first_day, signal.last_day, figures.unit, figures.actual, figures.expected, figures.upper, figures.excess_usd),
    ]


def forget_person(home: Path, pseudonym: str) -> int:
    """Take all that alerts remember of one person away (an erasure). Returns how many incidents named them."""
    store = Store(home)
    if not store.path.exists():
        return 0
    with store.held() as state:
        gone = {incident.number for incident in state.incidents if pseudonym in (incident.signal.person, incident.signal.scope.entity)}
        named = [silence for silence in state.silences if silence.entity == pseudonym]
        if gone or named:
            state.incidents = [incident for incident in state.incidents if incident.number not in gone]
            state.deliveries = [d for d in state.deliveries if d.incident not in gone and not _tells_of(d.message.lines, pseudonym)]
            state.events = [event for event in state.events if event.incident not in gone]
            state.silences = [silence for silence in state.silences if silence.entity != pseudonym]
            store.save(state)
            export_events(home)
    return len(gone)


def _tells_of(lines: tuple[tuple[str, str], ...], pseudonym: str) -> bool:
    return any(pseudonym in text for _, text in lines)


def expire(home: Path, persons_before: date, before: date) -> int:
    """Drop the events and ended incidents of persons before one day, all others before another (security-privacy 27)."""
    store = Store(home)
    if not store.path.exists():
        return 0
    with store.held() as state:
        kept = [event for event in state.events if event.day >= (persons_before if event.signal and event.signal.person else before)]
        gone = len(state.events) - len(kept)
        incidents = [i for i in state.incidents if not i.ended or i.signal.last_day >= (persons_before if i.signal.person else before)]
        numbers = {incident.number for incident in incidents}
        if gone or len(incidents) < len(state.incidents):
            deliveries = [d for d in state.deliveries if d.queued_at.date() >= (persons_before if d.view != "shared" else before)]
            state.events, state.incidents = kept, incidents
            state.deliveries = [d for d in deliveries if d.incident is None or d.incident in numbers]
            store.save(state)
    return gone


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
