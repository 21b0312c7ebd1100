"""How signals become incidents and incidents end: pure steps over the state, without sending anything.

One thing that is wrong is one incident, whatever the number of days and builds that show it: a signal joins an open incident of the same
scope whose days touch its own, and one that comes back within REOPEN_DAYS reopens it. Neither is told again.
"""

from datetime import date, timedelta

from spend_assets.alerts.errors import AlertRefused
from spend_assets.alerts.model import Incident, Signal, Silence, State, Status
from spend_assets.alerts.signals import Seen

TOUCH_DAYS = 3
"""Days that lie no further apart belong to one incident: a weekend does not make two."""
REOPEN_DAYS = 3


def observe(state: State, seen: Seen, fresh_days: int) -> list[Incident]:
    """Bring the incidents to what the build shows. Returns those that are new and due to be told."""
    by_key = {key: incident for incident in state.incidents for key in incident.keys}
    shown: set[str] = set()
    opened = []
    # What takes back comes last: an anomaly whose first day moved has a new id, which joins its incident before the old id is withdrawn.
    for signal in sorted(seen.signals, key=lambda signal: signal.restated):
        shown.add(signal.key)
        incident = by_key.get(signal.key) or (None if signal.restated else _same_thing(state, signal))
        if incident is None:
            if signal.restated:
                continue
            incident = _open(state, signal, seen.as_of, fresh_days)
            by_key[signal.key] = incident
            if not incident.ended:
                opened.append(incident)
            continue
        if signal.key not in incident.keys:
            incident.keys.append(signal.key)
            by_key[signal.key] = incident
        _follow(state, incident, signal, seen.as_of)
    for incident in state.incidents:
        if not incident.ended and incident.signal.source in seen.sources and not shown & set(incident.keys):
            # A red check that is gone passed; an anomaly that is gone was never one, as the data now stands.
            _end(state, incident, "superseded" if incident.signal.source == "anomaly" else "resolved", seen.as_of)
    return opened


def _open(state: State, signal: Signal, as_of: date, fresh_days: int) -> Incident:
    state.last_incident += 1
    stale = signal.last_day < as_of - timedelta(days=fresh_days)
    incident = Incident(state.last_incident, [signal.key], signal, "resolved" if stale else "open", as_of, told=stale)
    state.incidents.append(incident)
    state.note(as_of, "opened", incident, detail="passed before it was first seen" if stale else "")
    if stale:
        state.note(as_of, "resolved", incident)
    return incident


def _follow(state: State, incident: Incident, signal: Signal, as_of: date) -> None:
    if incident.ended:
        came_back = signal.active and signal.last_day > incident.signal.last_day
        if came_back:
            incident.status = "open"
            incident.signal = signal
            state.note(as_of, "reopened", incident)
        elif signal.restated and incident.status == "resolved":
            incident.signal = signal
            _end(state, incident, "superseded", as_of)
        return
    if signal.restated:
        # Only the newest of an incident's keys can take it back: an earlier id that moved on is a part of the same thing.
        if signal.key == incident.keys[-1]:
            incident.signal = signal
            _end(state, incident, "superseded", as_of)
        return
    if signal.last_day >= incident.signal.last_day:
        incident.signal = signal
    if not signal.active and signal.key == incident.signal.key:
        _end(state, incident, "resolved", as_of)


def _end(state: State, incident: Incident, status: Status, as_of: date) -> None:
    incident.status = status
    incident.told = True
    state.note(as_of, status, incident)


def _same_thing(state: State, signal: Signal) -> Incident | None:
    """The incident that this is another day of, or that its end was told too early of."""
    for incident in reversed(state.incidents):
        before = incident.signal
        if before.source != signal.source or before.scope != signal.scope or incident.status == "superseded":
            continue
        if signal.source == "budget":
            continue
        reach = timedelta(days=REOPEN_DAYS if incident.ended else TOUCH_DAYS)
        if before.first_day - reach <= signal.last_day and signal.first_day <= before.last_day + reach:
            return incident
    return None


def acknowledge(state: State, number: int, note: str, day: date) -> Incident:
    """Somebody takes care of it. Raises AlertRefused for a number that there is not and for one that has ended."""
    incident = _known(state, number)
    if incident.ended:
        raise AlertRefused(f"incident {number} is {incident.status} already; there is nothing left to acknowledge")
    if incident.status != "acknowledged":
        incident.status, incident.acknowledged_note = "acknowledged", note
        state.note(day, "acknowledged", incident, detail=note)
    return incident


def silence(state: State, rule: Silence, day: date) -> Silence:
    """Add a rule. Raises AlertRefused for one that would silence everything, and for one that ends before it begins."""
    if not any((rule.level, rule.entity, rule.vendor, rule.kind)):
        raise AlertRefused("name what to silence: an incident's number, or at least one of --level, --entity, --vendor and --kind")
    if rule.until <= day:
        raise AlertRefused(f"--until {rule.until} is not after today, {day} (UTC)")
    state.last_silence += 1
    rule = Silence(state.last_silence, rule.until, rule.level, rule.entity, rule.vendor, rule.kind, rule.note)
    state.silences.append(rule)
    state.note(day, "silenced", detail=f"silence {rule.number} until {rule.until}")
    return rule


def unsilence(state: State, number: int, day: date) -> None:
    """Take a rule back. Raises AlertRefused for a number that there is not."""
    kept = [rule for rule in state.silences if rule.number != number]
    if len(kept) == len(state.silences):
        raise AlertRefused(f"there is no silence {number}; `spend alerts list` shows those there are")
    state.silences = kept
    state.note(day, "silence_ended", detail=f"silence {number}")


def _known(state: State, number: int) -> Incident:
    incident = state.incident(number)
    if incident is None:
        raise AlertRefused(f"there is no incident {number}; `spend alerts list` shows those there are")
    return incident
