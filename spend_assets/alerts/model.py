"""The words of alerts: a signal is what one build shows, an incident is what people deal with, a delivery is one message on its way.

Persons are here under their pseudonyms only. Money is Decimal and reaches the disk as text.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Source = Literal["anomaly", "check", "budget"]
Severity = Literal["page", "digest"]
Status = Literal["open", "acknowledged", "resolved", "superseded"]
View = Literal["shared", "restricted", "person"]
"""Who reads a message: a channel of many, the channel of those who may see persons, or the person concerned."""
ENDED: tuple[Status, ...] = ("resolved", "superseded")


@dataclass(frozen=True)
class Scope:
    """What a signal is about. `entity` is the team, workflow, vendor account, key or check; of a person it is the pseudonym."""

    level: str
    entity: str
    vendor: str
    kind: str


@dataclass(frozen=True)
class Figures:
    """`actual`, `expected` and `upper` are in `unit`; `parts` takes `excess_usd` apart (volume, model mix, price, retries, cache)."""

    actual: Decimal | None = None
    expected: Decimal | None = None
    upper: Decimal | None = None
    unit: str = "usd"
    excess_usd: Decimal | None = None
    data_complete: bool | None = None
    parts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Signal:
    """One thing that a build shows. `key` stays the same from build to build; days are UTC, both included."""

    key: str
    source: Source
    scope: Scope
    first_day: date
    last_day: date
    severity: Severity
    active: bool = True
    """False once it passed or was withdrawn."""
    restated: bool = False
    """Withdrawn, because newer data tells another story."""
    figures: Figures = Figures()
    owner_team: str | None = None
    person: str | None = None
    """The pseudonym of the one person whose use this is."""
    detail: str = ""
    """What the source itself says: the remedy of a check, the action of a budget stage."""


@dataclass
class Incident:
    """What is one to people, however many days or builds show it. `signal` is its newest."""

    number: int
    keys: list[str]
    signal: Signal
    status: Status
    opened_on: date
    """The day of knowledge of the build that showed it first."""
    told: bool = False
    """Its one message is on its way, or none is due."""
    acknowledged_note: str = ""

    @property
    def ended(self) -> bool:
        return self.status in ENDED


@dataclass(frozen=True)
class Message:
    """Text for one audience. `lines` are (label, text); a channel escapes them as it must."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass
class Delivery:
    """One message to one channel. `id` follows from what it tells, so the same is never queued twice."""

    id: str
    channel: str
    view: View
    message: Message
    event: str
    """incident.opened or digest."""
    queued_at: datetime
    incident: int | None = None
    person: str | None = None
    state: Literal["queued", "sending", "sent", "unknown", "failed"] = "queued"
    attempts: int = 0
    next_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Silence:
    """No message for what fits until the day `until` (not included). An empty field fits everything."""

    number: int
    until: date
    level: str = ""
    entity: str = ""
    vendor: str = ""
    kind: str = ""
    note: str = ""

    def fits(self, scope: Scope) -> bool:
        asked = ((self.level, scope.level), (self.entity, scope.entity), (self.vendor, scope.vendor), (self.kind, scope.kind))
        return all(not wanted or wanted == found for wanted, found in asked)


@dataclass(frozen=True)
class Event:
    """One step of an incident or a delivery, with what was known then. Days and no times: who acknowledged when is nobody's figure."""

    number: int
    day: date
    event: str
    incident: int | None
    channel: str = ""
    delivery_id: str = ""
    detail: str = ""
    signal: Signal | None = None


@dataclass
class State:
    """All that alerts remember."""

    incidents: list[Incident] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    last_incident: int = 0
    last_event: int = 0
    last_silence: int = 0
    digested_event: int = 0
    """Events up to this one were in a digest, or needed none."""
    digested_on: date | None = None
    looked_at: str = ""
    """The verdict that was looked at last."""

    def note(
        self, day: date, event: str, incident: Incident | None = None, channel: str = "", delivery_id: str = "", detail: str = ""
    ) -> None:
        self.last_event += 1
        number, signal = (incident.number, incident.signal) if incident else (None, None)
        self.events.append(Event(self.last_event, day, event, number, channel, delivery_id, detail, signal))

    def incident(self, number: int) -> Incident | None:
        return next((incident for incident in self.incidents if incident.number == number), None)

    def silence_of(self, scope: Scope, day: date) -> Silence | None:
        return next((silence for silence in self.silences if day < silence.until and silence.fits(scope)), None)
