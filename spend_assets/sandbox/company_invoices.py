"""Invoices as accounting gets them: seats, usage as the ledger had it on the day of issue, discounts, tax, credit memos.

Copilot's bill is always there; those of vendors beside it are made from their servers, as far as these are given. Only periods that lie
wholly inside the history are billed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.company_terms import (
    API,
    BILLED_VIA,
    CLAUDE,
    CLAUDE_SEAT,
    COPILOT,
    COPILOT_DISCOUNT,
    CURSOR,
    CURSOR_SEAT,
    EXACT,
    OPENAI,
    PAYER,
    RESELLER_FEE,
    Entity,
    Rates,
    cents,
    midnight,
    share,
)
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.identities import next_month
from spend_assets.sandbox.ledger import SEAT_USD, months_of
from spend_assets.sandbox.vendor_servers import VendorServer
from spend_assets.sandbox.world import World


@dataclass(frozen=True)
class Line:
    """`amount` without tax, in the invoice's currency."""

    kind: str
    description: str
    amount: Decimal
    plan: str = ""
    sku: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class Invoice:
    """[start, end) is the billed period. `fx_source`: by which rate amounts in USD became the entity's currency."""

    bill: tuple[str, str]
    invoice_id: str
    entity: Entity
    start: datetime
    end: datetime
    issued_on: date
    lines: tuple[Line, ...]
    corrects: str = ""
    fx_source: str = ""
    tax: Decimal = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tax", cents(share(self.net, self.entity.tax)))

    @property
    def net(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    @property
    def billed_via(self) -> str:
        return BILLED_VIA.get(self.bill, "direct")


class Invoices:
    """The same world gives the same invoices, whenever they are asked for."""

    def __init__(self, world: World, servers: Mapping[str, VendorServer]):
        self._world, self._servers = world, servers
        self.rates = Rates(world.dice)

    def issued(self, as_of: datetime, since: datetime | None = None) -> list[Invoice]:
        """Every invoice that was issued by `as_of`, and after `since`, oldest first."""
        due = [make for day, make in self._planned() if midnight(day) <= as_of and (since is None or midnight(day) > since)]
        return sorted((make() for make in due), key=lambda invoice: (invoice.issued_on, invoice.invoice_id))

    def disputes(self, as_of: datetime) -> Iterator[tuple[str, date, date | None]]:
        """(invoice, from, settled on) as known at `as_of`: every third bill of Copilot is contested for nine days."""
        config = self._world.config
        for number, month in enumerate(months_of(config.start, config.end)):
            issued = self._issue_day(COPILOT, month)
            billed = month >= config.start and next_month(month) - timedelta(days=1) <= config.end
            if billed and number % 3 == 1 and midnight(issued + timedelta(days=1)) <= as_of:
                settled = issued + timedelta(days=10)
                yield self._number(COPILOT, month), issued + timedelta(days=1), settled if midnight(settled) <= as_of else None

    def _planned(self) -> Iterator[tuple[date, Callable[[], Invoice]]]:
        """Each invoice's day of issue, and how it is made: the ledgers are read for those that are asked for only."""
        config, servers = self._world.config, self._servers
        anthropic, cursor = servers.get("anthropic"), servers.get("cursor")
        for month in months_of(config.start, config.end):
            if month < config.start or next_month(month) - timedelta(days=1) > config.end:
                continue
            yield self._issue_day(COPILOT, month), partial(self._copilot, month)
            if month - timedelta(days=31) < config.start or self._world.dice.fraction("credit memo", month) < 0.4:
                yield self._memo_day(month), partial(self._memo, month)
            if isinstance(anthropic, AnthropicServer):
                yield self._issue_day(API, month), partial(self._api, anthropic, month)
                yield self._issue_day(CLAUDE, month), partial(self._claude, anthropic, month)
            if "openai" in servers:
                yield self._issue_day(OPENAI, month), partial(self._openai, servers["openai"], month)
        if isinstance(cursor, CursorServer):
            yield from self._cycles(cursor)

    def _api(self, server: VendorServer, month: date) -> Invoice:
        """A line per model, each rounded by itself."""
        models = self._models(server, API, month)
        return self._monthly(API, month, [Line("usage", f"API usage, {model}", cents(usd), sku=model) for model, usd in models.items()])

    def _openai(self, server: VendorServer, month: date) -> Invoice:
        """One line, rounded on the total."""
        total = sum(self._models(server, OPENAI, month).values(), Decimal(0))
        return self._monthly(OPENAI, month, [Line("usage", "API usage", cents(total))])

    def _monthly(self, bill: tuple[str, str], month: date, lines: list[Line], fx_source: str = "") -> Invoice:
        issued = self._issue_day(bill, month)
        name = self._number(bill, month)
        return Invoice(bill, name, PAYER[bill], midnight(month), midnight(next_month(month)), issued, tuple(lines), fx_source=fx_source)

    def _issue_day(self, bill: tuple[str, str], month: date) -> date:
        return next_month(month) + timedelta(days=self._world.dice.between(1, 4, "issued", *bill, month))

    def _number(self, bill: tuple[str, str], period: date) -> str:
        return f"{bill[0][:3].upper()}-{self._world.dice.between(100_000, 999_999, 'invoice', *bill, period)}-{period:%y%m}"

    def _copilot(self, month: date) -> Invoice:
        world, issued = self._world, midnight(self._issue_day(COPILOT, month)) + timedelta(hours=6)
        seats: dict[str, int] = defaultdict(int)
        metered: dict[str, int] = defaultdict(int)
        credits = 0
        for day in _days(month):
            credits += sum(charge.net for charge in world.ledger.day(day, issued))
            for seat in world.ledger.seat_days(day):
                seats[seat.seat.plan] += seat.quantity
            for row in world.metered.day(day, issued):
                if row.product == "copilot" or row.workflow_path.startswith("dynamic/"):
                    metered[row.sku] += row.gross - row.discount
        lines = [
            Line(
                *("seat", f"Copilot {plan.title()} seats", cents(exact(quantity * SEAT_USD[plan], 12)), plan),
                quantity=exact(quantity, 12),
                unit_price=Decimal(SEAT_USD[plan]),
            )
            for plan, quantity in sorted(seats.items())
        ]
        beyond = cents(exact(credits, 8))
        lines.append(Line("usage", "AI credits beyond the pool", beyond, sku="ai_credits"))
        lines += [Line("usage", f"Metered use of agents, {sku}", cents(exact(pico, 12)), sku=sku) for sku, pico in sorted(metered.items())]
        lines.append(Line("discount", "Negotiated discount on AI credits", -cents(share(beyond, COPILOT_DISCOUNT)), sku="ai_credits"))
        return self._monthly(COPILOT, month, lines)

    def _memo_day(self, month: date) -> date:
        return self._issue_day(COPILOT, month) + timedelta(days=self._world.dice.between(12, 21, "memo", month))

    def _memo(self, month: date) -> Invoice:
        """A refund for an outage, two to three weeks after the invoice; the first month always has one."""
        bill, number = COPILOT, self._number(COPILOT, month)
        line = Line("refund", "Service credit for an outage", -exact(self._world.dice.between(1_137, 9_871, "refund", month), 2))
        period = midnight(month), midnight(next_month(month))
        return Invoice(bill, f"{number}-CM", PAYER[bill], *period, self._memo_day(month), (line,), corrects=number)

    def _models(self, server: VendorServer, bill: tuple[str, str], month: date) -> dict[str, Decimal]:
        """What the vendor's ledger bills for the month, by model, as it was on the day of issue."""
        issued = midnight(self._issue_day(bill, month)) + timedelta(hours=6)
        models: dict[str, Decimal] = defaultdict(Decimal)
        for cell in server.cells(month, next_month(month) - timedelta(days=1), issued):
            if cell.account == bill[1] and cell.billed_usd:
                models[cell.model] = EXACT.add(models[cell.model], cell.billed_usd)
        return dict(sorted(models.items()))

    def _claude(self, server: AnthropicServer, month: date) -> Invoice:
        """The marketplace shows one line in rupees: seats, usage and its own fee are in it."""
        seats = len([member for member in server.people.members[CLAUDE[1]] if member.there_on(month)])
        usage = sum(self._models(server, CLAUDE, month).values(), Decimal(0))
        usd = EXACT.add(seats * CLAUDE_SEAT, usage)
        rate = self.rates.of_month(PAYER[CLAUDE].currency, month)
        rupees = cents(EXACT.divide(EXACT.add(usd, share(usd, RESELLER_FEE)), rate))
        line = Line("other", f"Claude Enterprise, {month:%Y-%m}, offer {self._world.dice.token(8, 'offer')}", rupees)
        return self._monthly(CLAUDE, month, [line], fx_source="month_average")

    def _cycles(self, server: CursorServer) -> Iterator[tuple[date, Callable[[], Invoice]]]:
        config = self._world.config
        start, end = server.usage.cycle_of(midnight(config.start))
        while end.date() <= config.end:
            if start.date() >= config.start:
                issued = end.date() + timedelta(days=self._world.dice.between(1, 3, "issued", *CURSOR, end.date()))
                yield issued, partial(self._cursor, server, start, end, issued)
            start, end = server.usage.cycle_of(end)

    def _cursor(self, server: CursorServer, start: datetime, end: datetime, issued: date) -> Invoice:
        """A cycle begins at an instant; seats of who joined inside it are charged by day. In euro, at the rate of the day of issue."""
        rate = self.rates.of_day(PAYER[CURSOR].currency, issued)
        lines = tuple(self._cursor_lines(server, start, end, midnight(issued), rate))
        return Invoice(CURSOR, self._number(CURSOR, start.date()), PAYER[CURSOR], start, end, issued, lines, fx_source="ecb_day")

    def _cursor_lines(self, server: CursorServer, start: datetime, end: datetime, issued: datetime, rate: Decimal) -> Iterator[Line]:
        whole, parts = 0, Decimal(0)
        for member in server.team.members:
            # An unpaid admin has no seat to pay for.
            if member.role == "free-owner" or member.joined >= end or (member.removed is not None and member.removed <= start):
                continue
            if member.joined <= start:
                whole += 1
            else:
                days = Decimal((end.date() - member.joined.date()).days)
                parts += EXACT.divide(days, Decimal((end.date() - start.date()).days)).quantize(Decimal("0.0001"))
        price = cents(EXACT.divide(CURSOR_SEAT, rate))
        yield Line("seat", "Teams Standard seats", price * whole, "standard", quantity=Decimal(whole), unit_price=price)
        if parts:
            yield Line("seat", "Teams Standard seats, pro rata", cents(price * parts), "standard", quantity=parts, unit_price=price)
        pico = sum(event.billed for event in server.usage.cycle(start, issued))
        yield Line("usage", "On-demand usage", cents(EXACT.divide(exact(pico, 12), rate)), sku="on_demand")


def _days(month: date) -> list[date]:
    return [month + timedelta(days=n) for n in range((next_month(month) - month).days)]
