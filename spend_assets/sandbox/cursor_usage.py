"""Cursor's part of the hidden ledger: every model call, what it is worth, and what of it is billed after the included pool.

Money is in 1e-12 USD, so 1e-10 cents, always whole. A billing cycle begins at an instant and is computed whole, because whether a call is
included depends on what its user consumed since the cycle began.
"""

import math
import random
import threading
from collections import OrderedDict, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from spend_assets.sandbox.cursor_team import PICO, CursorTeam, Member, ServiceAccount
from spend_assets.sandbox.stories import MENDED_DAYS, OUTAGE

if TYPE_CHECKING:
    from spend_assets.sandbox.world import World

USER_POOL = 20 * PICO
"""Included usage of a seat per billing cycle, at list prices and the fee."""
FEE_PER_TOKEN = 250_000
"""Cursor Token Rate: 0.25 USD per million tokens, of all classes, on models that are not Cursor's own."""
INCLUDED, ON_DEMAND, ERRORED, ABORTED, FREE, OWN_KEY = (
    *("Included in Business", "Usage-based", "Errored, Not Charged", "Aborted, Not Charged", "Free", "User API Key"),
)
NOT_CHARGED = frozenset({ERRORED, ABORTED})
_KEPT_DAYS, _KEPT_CYCLES = 70, 3


class Price(NamedTuple):
    """1e-12 USD per token; `cache_write` None where the model has no such price, and its events no such count."""

    model: str
    weight: float
    start: date
    input: int
    output: int
    cache_read: int
    cache_write: int | None
    fee: bool


_OLD = date(2025, 1, 1)
PRICES = (
    Price("composer-2.5", 2.6, _OLD, 500_000, 2_500_000, 200_000, None, False),
    Price("default", 2.0, _OLD, 1_250_000, 6_000_000, 250_000, 1_250_000, True),
    Price("claude-4.5-sonnet", 1.2, _OLD, 3_000_000, 15_000_000, 300_000, 3_750_000, True),
    Price("claude-opus-4-8-thinking-high", 1.6, date(2026, 7, 6), 5_000_000, 25_000_000, 500_000, 6_250_000, True),
    Price("claude-opus-4-8-thinking-xhigh-fast", 0.3, date(2026, 8, 3), 30_000_000, 150_000_000, 3_000_000, 37_500_000, True),
    Price("gpt-5.5", 1.1, _OLD, 2_500_000, 15_000_000, 250_000, 0, True),
    Price("grok-5-code", 0.2, date(2026, 9, 28), 200_000, 1_500_000, 20_000, None, False),
)
BUGBOT = Price("bugbot", 0.0, _OLD, 1_250_000, 10_000_000, 125_000, 0, True)


class Event(NamedTuple):
    """One model call. `member` is None for a service account. `discount` in percent."""

    stamp: int
    member: int | None
    service: int | None
    price: Price
    kind: str
    max_mode: bool
    headless: bool
    cloud_agent: str
    automation: str
    conversation: str
    input: int
    output: int
    cache_read: int
    cache_write: int
    total: int
    fee: int
    discount: int
    place: int
    """Tells equal calls apart inside the ledger; no view shows it."""

    @property
    def charged(self) -> int:
        if self.kind in (FREE, OWN_KEY):
            return self.fee
        return self.total * (100 - self.discount) // 100 + self.fee

    @property
    def consumption(self) -> int:
        """What the call is worth at list: the tokens and the fee; on a key of one's own the fee alone."""
        return self.fee if self.kind == OWN_KEY else self.total + self.fee

    @property
    def billed(self) -> int:
        return self.charged if self.kind in (ON_DEMAND, OWN_KEY) else 0

    @property
    def instant(self) -> datetime:
        return datetime.fromtimestamp(self.stamp // 1000, UTC) + timedelta(milliseconds=self.stamp % 1000)


class Change(NamedTuple):
    """A day's restatement: at `instant` totals move by `parts_per_million`, and one member's calls are taken back."""

    instant: datetime
    parts_per_million: int
    deleted: int | None


class CursorUsage:
    """`day(day, as_of)`: the calls of a UTC day as the vendor shows them at an instant, newest first."""

    def __init__(self, world: "World", team: CursorTeam):
        self.config, self.dice, self.faults, self.team = world.config, world.dice, world.faults, team
        self._lock = threading.RLock()
        self._raw: OrderedDict[date, list[Event]] = OrderedDict()
        self._cycles: OrderedDict[datetime, dict[date, list[Event]]] = OrderedDict()
        anchor = self.dice.random("cursor anchor")
        self._anchor_day = anchor.randint(3, 26)
        self._anchor_time = time(anchor.randint(1, 22), anchor.randint(1, 59), anchor.randint(1, 59))
        self._late: dict[date, tuple[int, int]] = {}
        self._changes: dict[date, Change] = {}
        self._plan_faults()
        chance = self.dice.random("cursor picked")
        history = self.config.history()
        self.broken_days = set(chance.sample(history, min(int(self.faults.rate("broken_line")), len(history))))
        self.withheld_days = set(chance.sample(history, min(int(self.faults.rate("withheld_day")), len(history))))
        for day in self.broken_days:
            self.faults.note("broken_line", "cursor/usage_events", day, "one call's tokenUsage is no object", withheld=True)
        for day in self.withheld_days:
            self.faults.note("withheld_day", "cursor/usage_events", day, "answers lack usageEvents", withheld=True)
        self.grown_from = history[len(history) // 2] if self.faults.rate("schema_growth") else None

    def _plan_faults(self) -> None:
        """Everything comes, and nothing changes, before the third day after: Cursor is asked again for three days."""
        dice, faults = self.dice, self.faults
        deleted = False
        for day in self.config.history():
            if dice.fraction("cursor late day", day) < faults.rate("late_day"):
                self._late[day] = (dice.between(1, 2, "cursor late by", day), dice.between(50, 100, "cursor late share", day))
                faults.note("late_day", "cursor/usage_events", day, f"{self._late[day][1]} % of members {self._late[day][0]} days late")
            if dice.fraction("cursor restated", day) < faults.rate("restated_day"):
                size = dice.between(1_000, 50_000, "cursor restated by", day) * (1 if dice.number("cursor sign", day) % 2 else -1)
                instant = _midnight(day) + timedelta(days=dice.between(2, 3, "cursor restated at", day), hours=2)
                gone = None if deleted else self.team.members[dice.number("cursor deleted", day) % len(self.team.members)].number
                deleted = True
                self._changes[day] = Change(instant, size, gone)
                faults.note("restated_day", "cursor/usage_events", day, f"{size} millionths on {instant:%Y-%m-%d}")

    # --- cycles ---

    def cycle_of(self, instant: datetime) -> tuple[datetime, datetime]:
        """The billing cycle [start, end) that holds `instant`."""
        start = self._start_in(instant.year, instant.month)
        if instant < start:
            start = self._start_in(*_month_before(start))
        return start, self._start_in(*_month_after(start))

    def _start_in(self, year: int, month: int) -> datetime:
        return datetime.combine(date(year, month, self._anchor_day), self._anchor_time, UTC)

    def cycle(self, instant: datetime, as_of: datetime) -> list[Event]:
        """Every call of the cycle that holds `instant`, as shown at `as_of`."""
        start, _ = self.cycle_of(instant)
        return [event for day in self._cycle(start) for event in self._shown(day, self._cycle(start)[day], as_of)]

    def day(self, day: date, as_of: datetime) -> list[Event]:
        first = _midnight(day)
        starts = {self.cycle_of(first)[0], self.cycle_of(first + timedelta(days=1, milliseconds=-1))[0]}
        events = [event for start in starts for event in self._cycle(start).get(day, [])]
        return sorted(self._shown(day, events, as_of), key=lambda event: (-event.stamp, event.place))

    def _shown(self, day: date, events: list[Event], as_of: datetime) -> list[Event]:
        change = self._changes.get(day)
        if change is not None and as_of < change.instant:
            change = None
        shown = []
        for event in events:
            if as_of < self._visible_from(day, event):
                continue
            if change is not None:
                if event.member is not None and event.member == change.deleted:
                    continue
                # Whole hundredths of the unit, so that a discount in percent stays exact.
                total = (event.total + event.total * change.parts_per_million // 1_000_000) // 100 * 100
                event = event._replace(total=total)
            shown.append(event)
        return shown

    def _visible_from(self, day: date, event: Event) -> datetime:
        if self.team.organisation.stories.day(OUTAGE) == day:
            return _midnight(day) + timedelta(days=MENDED_DAYS)
        late = self._late.get(day)
        key = -1 if event.member is None else event.member
        if late and self.dice.number("cursor is late", day, key) % 100 < late[1]:
            return _midnight(day) + timedelta(days=1 + late[0])
        rate = self.faults.rate("straggler")
        if rate and self.dice.fraction("cursor straggler", day, event.place) < rate:
            return _midnight(day) + timedelta(days=2)
        return event.instant.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def _cycle(self, start: datetime) -> dict[date, list[Event]]:
        with self._lock:
            found = self._cycles.get(start)
            if found is None:
                found = self._cycles[start] = self._compute(start)
                while len(self._cycles) > _KEPT_CYCLES:
                    self._cycles.popitem(last=False)
            self._cycles.move_to_end(start)
            return found

    def _compute(self, start: datetime) -> dict[date, list[Event]]:
        """A call is included while its user's pool of the cycle lasts, and on demand from then on. Machines have no pool."""
        end = self._start_in(*_month_after(start))
        first, last = int(start.timestamp() * 1000), int(end.timestamp() * 1000)
        used: dict[int, int] = defaultdict(int)
        days: dict[date, list[Event]] = {}
        day = start.date()
        while day <= end.date():
            events = []
            for event in self._day_as_made(day):
                if not first <= event.stamp < last:
                    continue
                member = event.member
                if event.kind == ON_DEMAND and member is not None:
                    kind = INCLUDED if used[member] < USER_POOL else ON_DEMAND
                    used[member] += event.charged
                    event = event._replace(kind=kind)
                events.append(event)
            days[day] = events
            day += timedelta(days=1)
        return days

    # --- calls of one day, before the pool ---

    def _day_as_made(self, day: date) -> list[Event]:
        found = self._raw.get(day)
        if found is None:
            found = self._raw[day] = self._make(day) if self.config.start <= day <= self.config.end else []
            while len(self._raw) > _KEPT_DAYS:
                self._raw.popitem(last=False)
        return found

    def is_active(self, member: Member, day: date) -> bool:
        if member.idle or not member.there_on(day) or not member.person.works_on(day):
            return False
        fraction = self.dice.fraction("cursor active", member.number, day)
        return fraction < member.activity * (0.12 if day.weekday() >= 5 else 1.0)

    def _make(self, day: date) -> list[Event]:
        chance = self.dice.random("cursor usage", day)
        growth = min(max(math.exp((day - date(2026, 9, 1)).days * 0.003), 0.4), 2.0)
        prices = [price for price in PRICES if price.start <= day]
        events: list[Event] = []
        for member in self.team.members:
            if self.is_active(member, day):
                events += self._calls(member, day, growth, prices, chance)
        if day.weekday() < 5:
            for number, service in enumerate(self.team.service_accounts):
                events += self._service_calls(number, service, day, prices, chance)
        events += [event for event in events if chance.random() < 0.003]  # a call that was sent twice: equal in every field
        events.sort(key=lambda event: event.stamp)
        return [event._replace(place=place) for place, event in enumerate(events)]

    def _calls(self, member: Member, day: date, growth: float, prices: list[Price], chance: random.Random) -> list[Event]:
        worth = member.daily_pico * growth * math.exp(chance.gauss(0, 0.65) - 0.21)
        count = chance.randint(3, 13)
        conversation = cloud_agent = automation = ""
        headless = False
        events: list[Event] = []
        for _ in range(count):
            if not conversation or chance.random() < 0.35:
                conversation = _uuid(chance)
                cloud_agent = f"bc-{_uuid(chance)}" if chance.random() < 0.07 else ""
                automation = _uuid(chance) if cloud_agent and chance.random() < 0.3 else ""
                headless = bool(automation) or chance.random() < 0.02
            price = chance.choices(prices, [price.weight for price in prices])[0]
            kind, draw = ON_DEMAND, chance.random()
            if draw < 0.012:
                kind = ERRORED
            elif draw < 0.016:
                kind = ABORTED
            elif draw < 0.021:
                kind = FREE
            elif draw < 0.026 and price.fee:
                kind = OWN_KEY
            elif draw < 0.04:
                price = BUGBOT
            share = worth / count * chance.uniform(0.2, 1.8)
            event = _call(
                _stamp(day, chance), price, kind, int(share), chance, member=member.number, max_mode=headless or chance.random() < 0.1
            )
            events.append(event._replace(headless=headless, cloud_agent=cloud_agent, automation=automation, conversation=conversation))
        if chance.random() < 0.02:
            events[-1] = events[-1]._replace(stamp=events[0].stamp, price=events[0].price)  # two calls of one millisecond and one model
            events[-1] = _call(events[-1].stamp, events[0].price, ON_DEMAND, int(worth / count), chance, member=member.number)
        return events

    def _service_calls(self, number: int, service: ServiceAccount, day: date, prices: list[Price], chance: random.Random) -> list[Event]:
        count = chance.randint(6, 20)
        events = []
        for _ in range(count):
            price = chance.choices(prices, [price.weight for price in prices])[0]
            worth = int(service.daily_pico / count * chance.uniform(0.4, 1.6))
            event = _call(_stamp(day, chance), price, ON_DEMAND, worth, chance, service=number, max_mode=True)
            events.append(event._replace(headless=True, cloud_agent=f"bc-{_uuid(chance)}", conversation=_uuid(chance)))
        return events


def _call(
    stamp: int,
    price: Price,
    kind: str,
    worth: int,
    chance: random.Random,
    *,
    member: int | None = None,
    service: int | None = None,
    max_mode: bool = False,
) -> Event:
    """A call worth about `worth` of tokens: mostly cache reads by count, spread over the classes by cost."""
    tokens = {
        "input": int(worth * 0.2 * chance.uniform(0.3, 1.7)) // price.input,
        "output": int(worth * 0.3 * chance.uniform(0.5, 1.5)) // price.output + 1,
        "cache_read": int(worth * 0.35 * chance.uniform(0.5, 1.5)) // price.cache_read,
        "cache_write": int(worth * 0.15 * chance.uniform(0.3, 1.7)) // price.cache_write if price.cache_write else 0,
    }
    total = (
        tokens["input"] * price.input
        + tokens["output"] * price.output
        + tokens["cache_read"] * price.cache_read
        + tokens["cache_write"] * (price.cache_write or 0)
    )
    fee = sum(tokens.values()) * FEE_PER_TOKEN if price.fee and kind != FREE else 0
    discount = chance.choice((10, 15)) if chance.random() < 0.06 else 0
    return Event(
        *(stamp, member, service, price, kind, max_mode, False, "", "", ""),
        *(tokens["input"], tokens["output"], tokens["cache_read"], tokens["cache_write"], total, fee, discount, 0),
    )


def _stamp(day: date, chance: random.Random) -> int:
    """Working hours of three continents, and some nights."""
    hour = chance.choice((0, 4, 5, 6, 7, 8, 8, 9, 9, 10, 11, 12, 13, 13, 14, 14, 15, 15, 16, 17, 18, 20, 23))
    return int(_midnight(day).timestamp()) * 1000 + hour * 3_600_000 + chance.randint(0, 3_599_999)


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _month_before(instant: datetime) -> tuple[int, int]:
    last = instant.replace(day=1) - timedelta(days=1)
    return last.year, last.month


def _month_after(instant: datetime) -> tuple[int, int]:
    first = instant.replace(day=1) + timedelta(days=32)
    return first.year, first.month
