"""A past period morning by morning: how many messages these settings would have sent. Nothing is sent and nothing is remembered.

From the warehouse as it stands, each morning sees the anomalies that had begun by then: detection judges a day by what was known on the
morning after and never looks ahead (docs/detection.md). `exact` builds the warehouse of each morning as it was known instead, which takes
a build per morning and also shows what later data took back.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import duckdb

from spend_assets.alerts.errors import AlertRefused
from spend_assets.alerts.lifecycle import observe
from spend_assets.alerts.model import Incident, Signal, State
from spend_assets.alerts.routing import told_to
from spend_assets.alerts.settings import Alerts
from spend_assets.alerts.signals import Seen, signals_of
from spend_assets.clock import today
from spend_assets.home import exclusive
from spend_assets.pipeline import Pipeline
from spend_assets.publish.pseudonyms import Pseudonyms, load_pseudonyms
from spend_assets.publish.verdict import Check, Verdict

Say = Callable[[str], None]
_ACTIVE = "select count(distinct person_key) from marts.spend_per_user_daily where day between $first and $last and active"


@dataclass
class Replayed:
    """What a period came to. `told` and `lines` count incidents by (level, kind), `messages` count what each channel would have got."""

    first: date
    last: date
    people: int = 0
    """Active in the period."""
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    lines: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    taken_back: int = 0
    busiest: int = 0
    """Most incidents told on one morning."""

    @property
    def weeks(self) -> float:
        return ((self.last - self.first).days + 1) / 7

    def per_thousand(self, count: int) -> float | None:
        """A count per 1,000 active people and week; None where nobody was active."""
        return count * 1000 / self.people / self.weeks if self.people else None


def backtest(pipeline: Pipeline, first: date, last: date, say: Say, *, exact: bool = False) -> Replayed:
    """Replay the mornings after the days `first` to `last`. Raises AlertRefused for days that are not over, and without a build."""
    if not first <= last < today(pipeline.clock):
        raise AlertRefused(f"--from {first} --to {last} is no period that is over; today is {today(pipeline.clock)} (UTC)")
    if not pipeline.warehouse.path.exists():
        raise AlertRefused("there is no warehouse to replay; `spend run` makes one")
    replayed, state, settings = Replayed(first, last), State(), pipeline.settings.alerts
    pseudonyms = load_pseudonyms(pipeline.settings, say)
    mornings = _as_known(pipeline, first, last, pseudonyms, say) if exact else _as_begun(pipeline, first, last, pseudonyms, say)
    # What had begun before the period is known by its first morning, and told before it.
    before = next(mornings, None)
    if before is not None:
        observe(state, before, settings.fresh_days)
    earlier = {incident.number for incident in state.incidents}
    for seen in mornings:
        _count(replayed, observe(state, seen, settings.fresh_days), settings)
    replayed.taken_back = sum(i.status == "superseded" and i.number not in earlier for i in state.incidents)
    with exclusive(pipeline.home, "backtest", say), duckdb.connect(str(pipeline.warehouse.path), read_only=True) as connection:
        row = connection.execute(_ACTIVE, {"first": first, "last": last}).fetchone()
        replayed.people = int(row[0]) if row else 0
    return replayed


def _count(replayed: Replayed, opened: list[Incident], settings: Alerts) -> None:
    at_once = [incident for incident in opened if incident.signal.severity == "page"]
    for incident in opened:
        scope = incident.signal.scope
        (replayed.told if incident in at_once else replayed.lines)[(scope.level, scope.kind)] += 1
    for incident in at_once:
        replayed.messages.update(channel for channel, _ in told_to(incident, settings))
    replayed.busiest = max(replayed.busiest, len(at_once))


def _mornings(first: date, last: date) -> Iterator[date]:
    """The morning of `first`, then the one after each day."""
    for offset in range((last - first).days + 2):
        yield first + timedelta(days=offset)


def _verdict(as_of: date) -> Verdict:
    """Replays look at what was found and not at checks: those were about builds that are gone."""
    return Verdict(f"replay of {as_of}", as_of, (Check("replay", "", "error", True, True, 0, ""),))


def _as_begun(pipeline: Pipeline, first: date, last: date, pseudonyms: Pseudonyms, say: Say) -> Iterator[Seen]:
    with exclusive(pipeline.home, "backtest", say), duckdb.connect(str(pipeline.warehouse.path), read_only=True) as connection:
        everything = signals_of(connection, _verdict(today(pipeline.clock)), pipeline.settings.alerts, pseudonyms)
    for morning in _mornings(first, last):
        yield Seen(f"replay of {morning}", morning, tuple(_begun(everything.signals, morning)), everything.sources)


def _begun(signals: tuple[Signal, ...], morning: date) -> Iterator[Signal]:
    for signal in signals:
        begun = signal.last_day <= morning if signal.source == "budget" else signal.first_day < morning
        if begun and not signal.restated:
            yield replace(signal, last_day=min(signal.last_day, morning - timedelta(days=1)), active=True)


def _as_known(pipeline: Pipeline, first: date, last: date, pseudonyms: Pseudonyms, say: Say) -> Iterator[Seen]:
    for morning in _mornings(first, last):
        path = pipeline.build_as_of(morning, say)
        with duckdb.connect(str(path), read_only=True) as connection:
            yield signals_of(connection, _verdict(morning), pipeline.settings.alerts, pseudonyms)
