"""GitHub's bill: the month's pool of included credits, what it covers and what is charged; seats; agents' Actions and sandboxes.

Amounts are integers (amounts.py). A month is computed whole, because what the pool still covers on the 20th depends on the
nineteen days before it, and on what was restated in them.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from spend_assets.sandbox.amounts import CREDIT, PICO
from spend_assets.sandbox.identities import Seat, next_month
from spend_assets.sandbox.schedule import Schedule
from spend_assets.sandbox.usage import CREDITS_START, REQUEST_SKU, Usage, UsageLedger

SEAT_USD = {"business": 19, "enterprise": 39}
SEAT_SKU = {"business": "copilot_for_business", "enterprise": "copilot_enterprise"}
ALLOWANCE = {"business": 1900, "enterprise": 3900}
PROMOTION = {"business": 3000, "enterprise": 7000}
"""Credits per seat and month for customers of before June 2026, until PROMOTION_END."""
PROMOTION_END = date(2026, 9, 1)
INCLUDED_REQUESTS = {"business": 300, "enterprise": 1000}
"""Premium requests per user and month, before AI credits."""
_KEPT_CHARGES = 300_000
"""Month views are kept up to this many rows in all."""


class Charge(NamedTuple):
    """A usage row with its money in 1e-8 USD. gross = discount + net, always."""

    usage: Usage
    day: date
    gross: int
    discount: int

    @property
    def net(self) -> int:
        return self.gross - self.discount


class SeatDay(NamedTuple):
    """One seat's share of its month on one day: quantity in 1e-12 user-months, money in 1e-12 USD."""

    seat: Seat
    day: date
    quantity: int
    gross: int


@dataclass(frozen=True)
class MeteredDay:
    """Minutes or sandbox hours of one workflow on one day: quantity and price in 1e-6, money in 1e-12 USD."""

    day: date
    product: str
    sku: str
    unit_type: str
    quantity: int
    price: int
    gross: int
    discount: int
    account: int | None
    organization: str
    repository: str
    cost_center: str
    workflow_path: str


class Ledger:
    def __init__(self, usage: UsageLedger, schedule: Schedule):
        self.usage, self.schedule = usage, schedule
        self.identities = usage.identities
        self._lock = threading.Lock()
        self._months: OrderedDict[tuple[object, ...], dict[date, list[Charge]]] = OrderedDict()
        self._sizes: dict[tuple[object, ...], int] = {}

    def month(self, first: date, as_of: datetime) -> dict[date, list[Charge]]:
        """Every charge of the month by day, as billed at `as_of`. Order within a day is the order of the pool's use."""
        days = _days(first)
        key = (first, *[self.schedule.version(day, "billing", as_of) for day in days])
        with self._lock:
            if key in self._months:
                self._months.move_to_end(key)
                return self._months[key]
        compute = self._with_pool if first >= CREDITS_START else self._with_requests
        view = compute({day: self.usage.day(day, "billing", as_of) for day in days})
        with self._lock:
            self._months[key] = view
            self._sizes[key] = sum(len(charges) for charges in view.values())
            while len(self._months) > 1 and sum(self._sizes.values()) > _KEPT_CHARGES:
                oldest, _ = self._months.popitem(last=False)
                del self._sizes[oldest]
        return view

    def day(self, day: date, as_of: datetime) -> list[Charge]:
        return self.month(day.replace(day=1), as_of)[day]

    def pool(self, day: date) -> int:
        """Included credits of the billing entity on `day`, in millionths: it grows with added seats, never within a month shrinks."""
        allowance = PROMOTION if day < PROMOTION_END else ALLOWANCE
        total = 0
        for number in self.identities.seats_of:
            seat = self.identities.billed_seat(self.identities.accounts[number], day)
            if seat:
                total += allowance[seat.plan] * CREDIT
        return total

    def _with_pool(self, rows: dict[date, list[Usage]]) -> dict[date, list[Charge]]:
        used = highest = 0
        view: dict[date, list[Charge]] = {}
        for day, usage in rows.items():
            highest = max(highest, self.pool(day)) if usage else highest
            charges = []
            for row in usage:
                covered = min(row.credits, max(highest - used, 0))
                used += covered
                charges.append(Charge(row, day, row.credits, covered))  # a millionth of a credit is 1e-8 USD
            view[day] = charges
        return view

    def _with_requests(self, rows: dict[date, list[Usage]]) -> dict[date, list[Charge]]:
        used: dict[int, int] = {}
        view: dict[date, list[Charge]] = {}
        for day, usage in rows.items():
            charges = []
            for row in usage:
                seat = self.identities.billed_seat(self.identities.accounts[row.account], day)
                included = INCLUDED_REQUESTS[seat.plan] * CREDIT if seat else 0
                before = used.get(row.account, 0)
                covered = min(row.requests, max(included - before, 0))
                used[row.account] = before + row.requests
                charges.append(Charge(row, day, row.requests * 4, covered * 4))  # $0.04 per request
            view[day] = charges
        return view

    def seat_days(self, day: date) -> list[SeatDay]:
        """The seats billed on `day`. A seat's days of a full month add to exactly one user-month, so to exactly its price."""
        first = day.replace(day=1)
        length = (next_month(first) - first).days
        quantity = day.day * PICO // length - (day.day - 1) * PICO // length
        rows = []
        for number in self.identities.seats_of:
            seat = self.identities.billed_seat(self.identities.accounts[number], day)
            if seat:
                rows.append(SeatDay(seat, day, quantity, quantity * SEAT_USD[seat.plan]))
        return rows

    def quantity(self, charge: Charge) -> int:
        """Credits or requests in millionths, whichever the row bills."""
        return charge.usage.requests if charge.usage.sku == REQUEST_SKU else charge.usage.credits


def _days(first: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((next_month(first) - first).days)]


def months_of(start: date, end: date) -> list[date]:
    """First days of the months that [start, end] touches."""
    months = [start.replace(day=1)]
    while next_month(months[-1]) <= end:
        months.append(next_month(months[-1]))
    return months
