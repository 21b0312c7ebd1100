"""The digest: one message a day (or week) and channel for all that is worth knowing and not worth interrupting for."""

from collections.abc import Callable
from datetime import date

from spend_assets.alerts.model import ENDED, Incident, Message, State, View
from spend_assets.alerts.routing import concerns_a_person
from spend_assets.alerts.settings import Alerts
from spend_assets.alerts.words import digest_line

LONGEST = 20
"""Lines per part; the rest is counted."""


def due(state: State, settings: Alerts, as_of: date) -> bool:
    """Once per day of knowledge, on Mondays where it is weekly; days on which nothing ran are caught up with."""
    if settings.digest == "off" or state.digested_on == as_of:
        return False
    if settings.digest == "daily" or state.digested_on is None:
        return True
    return as_of.isocalendar()[:2] != state.digested_on.isocalendar()[:2]


def compose_digest(state: State, view: View, as_of: date, hides: Callable[[Incident], bool]) -> Message | None:
    """What happened since the last one, for one audience; None where nothing did. Persons are in the restricted one only."""
    fresh = [event for event in state.events if event.number > state.digested_event]
    incidents = [i for i in state.incidents if not concerns_a_person(i) or view == "restricted"]
    by_number = {incident.number: incident for incident in incidents}

    def of(*kinds: str) -> list[Incident]:
        numbers = dict.fromkeys(e.incident for e in fresh if e.event in kinds and e.incident is not None)
        return [by_number[number] for number in numbers if number in by_number]

    silenced = {i.number for i in incidents if state.silence_of(i.signal.scope, as_of)}
    # Whoever was told that it began is told that it ended.
    told = {delivery.incident for delivery in state.deliveries}
    noticed = [i for i in of("opened", "reopened") if i.signal.severity == "digest" and not i.ended and i.number not in silenced]
    parts = [
        ("Noticed", noticed),
        ("Over", [i for i in of("resolved") if i.number in told]),
        ("Taken back, since newer data tells otherwise", [i for i in of("superseded") if i.number in told]),
        ("May not have arrived", of("unknown", "gave_up")),
    ]
    lines = tuple((label, text) for label, found in parts for text in _lines(found, view, hides))
    if not lines:
        return None
    still = [i for i in incidents if i.status not in ENDED and i.signal.severity == "page" and i.number not in silenced]
    acknowledged = sum(i.status == "acknowledged" for i in still)
    count = ("Still open", f"{len(still)}, {acknowledged} of them acknowledged: `spend alerts list`")
    return Message(f"Agent spend, digest of {as_of}", (*lines, count))


def _lines(incidents: list[Incident], view: View, hides: Callable[[Incident], bool]) -> list[str]:
    shown = [digest_line(incident, view, hidden=view == "shared" and hides(incident)) for incident in incidents[:LONGEST]]
    return shown + ([f"and {len(incidents) - LONGEST} more: `spend alerts list`"] if len(incidents) > LONGEST else [])
