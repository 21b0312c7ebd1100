"""What the forecast would have seen and what came of it: a simulated company's daily bills, as they were known on many mornings.

Nothing of the platform's clients or SQL is in here: amounts come from the sandbox's ledgers of the vendors, in USD, exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from spend_assets.sandbox import names
from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.vendor_servers import VendorServer, vendor_servers
from spend_assets.sandbox.world import World

ZERO = Decimal(0)
SETTLING = timedelta(days=10)
"""Days younger than this are shown as they were known on each morning; older ones as they are in the end."""
COPILOT = "github_copilot"
LONG_AGO, NEVER = date(1, 1, 1), date(9999, 12, 31)
Scope = tuple[str, str, str]
"""Vendor, account, component."""


class Amounts(NamedTuple):
    consumption: Decimal | None
    billed: Decimal


class Known(NamedTuple):
    """A row of int_forecast_days."""

    vendor: str
    account: str
    component: str
    day: date
    known_from: date
    known_until: date
    is_whole: bool
    consumption_usd: Decimal | None
    billed_usd: Decimal
    cycle_anchor_day: int | None


@dataclass(frozen=True)
class History:
    days: list[Known]
    pools: list[tuple[str, str, date, Decimal]]
    holidays: list[tuple[date, Decimal]]


def history(config: SandboxConfig, mornings: list[date]) -> History:
    """One company, seen on `mornings` at 06:00 UTC."""
    world = World(config)
    servers = vendor_servers(world)
    cursor = servers["cursor"]
    if not isinstance(cursor, CursorServer):
        raise TypeError("the sandbox's server of Cursor tells the billing cycle")
    anchor = cursor.usage.cycle_of(_at(config.end))[0].day
    days = config.history()
    rows = []
    final = _shown(world, servers, days, FINAL)
    for morning in mornings:
        young = [day for day in days if morning - SETTLING <= day < morning]
        for (scope, day), amounts in _shown(world, servers, young, _at(morning)).items():
            rows.append(_known(scope, day, morning, morning + timedelta(days=1), amounts, anchor))
    for (scope, day), amounts in final.items():
        rows.append(_known(scope, day, day + SETTLING + timedelta(days=1), NEVER, amounts, anchor))
    pools = [(COPILOT, "acme", day, exact(world.ledger.pool(day), 8)) for day in days]
    return History(rows, pools, list(_holidays(world)))


def actual(found: History) -> dict[tuple[str, str, str, date], Decimal]:
    """The final billed amount per vendor, account, component and month."""
    sums: dict[tuple[str, str, str, date], Decimal] = {}
    for row in found.days:
        if row.known_until == NEVER:
            key = (row.vendor, row.account, row.component, row.day.replace(day=1))
            sums[key] = sums.get(key, ZERO) + row.billed_usd
    return sums


def _known(scope: Scope, day: date, start: date, end: date, amounts: Amounts, anchor: int) -> Known:
    cycle = anchor if scope[0] == "cursor" else None
    return Known(*scope, day, start, end, True, amounts.consumption, amounts.billed, cycle)


def _shown(world: World, servers: dict[str, VendorServer], days: list[date], instant: datetime) -> dict[tuple[Scope, date], Amounts]:
    """What every vendor's bill shows of `days` at `instant`; a day that is not there yet has no key, one without use is 0."""
    found: dict[tuple[Scope, date], Amounts] = {}
    for day in days:
        if instant >= world.schedule.ready(day, "billing"):
            found |= {((COPILOT, "acme", component), day): amounts for component, amounts in _copilot(world, day, instant)}
        if instant >= _at(day) + timedelta(hours=18):
            for server in servers.values():
                found |= _others(server, day, instant)
    return found


def _copilot(world: World, day: date, instant: datetime) -> Iterator[tuple[str, Amounts]]:
    charges = world.ledger.day(day, instant)
    yield "pooled", Amounts(exact(sum(charge.gross for charge in charges), 8), exact(sum(charge.net for charge in charges), 8))
    yield "seat", Amounts(None, exact(sum(seat.gross for seat in world.ledger.seat_days(day)), 12))
    metered = [row for row in world.metered.day(day, instant) if row.product == "copilot" or row.workflow_path.startswith("dynamic/")]
    gross, discount = sum(row.gross for row in metered), sum(row.discount for row in metered)
    yield "usage", Amounts(exact(gross, 12), exact(gross - discount, 12))


_ACCOUNTS = {"anthropic": ("console", "claude"), "cursor": ("team",), "openai": ("platform",)}


def _others(server: VendorServer, day: date, instant: datetime) -> dict[tuple[Scope, date], Amounts]:
    sums: dict[tuple[Scope, date], Amounts] = {
        ((server.prefix, account, "usage"), day): Amounts(None, ZERO) for account in _ACCOUNTS[server.prefix]
    }
    for cell in server.cells(day, day, instant):
        key = ((cell.vendor, cell.account, "usage"), day)
        before = sums.get(key, Amounts(None, ZERO))
        consumption = before.consumption if cell.consumption_usd is None else (before.consumption or ZERO) + cell.consumption_usd
        sums[key] = Amounts(consumption, before.billed + (cell.billed_usd or ZERO))
    return sums


def _holidays(world: World) -> Iterator[tuple[date, Decimal]]:
    people = world.organisation.people
    day = world.config.start
    while day <= world.config.end:
        off = sum((day.month, day.day) in names.HOLIDAYS[person.entity] for person in people)
        if off:
            yield day, Decimal(off * 1000 // len(people)).scaleb(-3)
        day += timedelta(days=1)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(6), UTC)
