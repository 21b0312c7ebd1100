"""Invoices as accounting gets them: seats, usage as the ledger had it on the day of issue, discounts, tax, credit memos.

Copilot's bill is always there; those of vendors beside it are made from their servers, as far as these are given. Only periods that lie
wholly inside the history are billed.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from spend_assets.sandbox.amounts import PICO, exact
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.cells import Cell
from spend_assets.sandbox.company_bridge import EXACT, UNLISTED, Bridge, cents, share
from spend_assets.sandbox.company_terms import (
    API,
    BILLED_VIA,
    CLAUDE,
    CLAUDE_SEAT,
    COPILOT,
    COPILOT_DISCOUNT,
    CURSOR,
    CURSOR_SEAT,
    MINIMUM_PER_PERSON,
    OPENAI,
    PREPAID_PER_PERSON,
    RESELLER_FEE,
    Entity,
    Rates,
    midnight,
    payer,
)
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.cursor_usage import FREE, INCLUDED, ON_DEMAND, OWN_KEY
from spend_assets.sandbox.identities import next_month
from spend_assets.sandbox.ledger import SEAT_USD, months_of
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.vendor_servers import VendorServer
from spend_assets.sandbox.world import World


@dataclass(frozen=True)
class Line:
    """`amount` without tax, in the invoice's currency. [start, end) where it is about other days than the invoice."""

    kind: str
    description: str
    amount: Decimal
    plan: str = ""
    sku: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    start: datetime | None = None
    end: datetime | None = None


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
    bridge: Bridge = field(default_factory=Bridge, compare=False)
    """The truth of it; no file shows it."""
    booking_rate: Decimal = Decimal(1)
    """USD for one of the currency on the day of issue."""
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

    def truth(self) -> dict[str, Decimal]:
        """Every term in USD, with what tax, its rounding and the booking rate make of the whole."""
        rate = self.bridge.rate
        terms = defaultdict(Decimal, self.bridge.known())
        tax = EXACT.multiply(share(self.net, self.entity.tax), rate)
        terms["tax"] = EXACT.add(terms["tax"], tax)
        terms["rounding"] = EXACT.add(terms["rounding"], EXACT.subtract(EXACT.multiply(self.tax, rate), tax))
        terms["fx"] = EXACT.add(terms["fx"], EXACT.multiply(self.total, EXACT.subtract(self.booking_rate, rate)))
        return {term: usd for term, usd in sorted(terms.items()) if usd}


class Invoices:
    """The same world gives the same invoices, whenever they are asked for."""

    def __init__(self, world: World, servers: Mapping[str, VendorServer], kinds: Collection[str] | None = None):
        self._world, self._servers = world, servers
        self._kinds = world.config.bills if kinds is None else kinds
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
            first = month - timedelta(days=31) < config.start
            if "refund" in self._kinds and (first or self._world.dice.fraction("credit memo", month) < 0.4):
                yield self._memo_day(month), partial(self._memo, month, "refund", "Service credit for an outage", "-CM")
            if "credit_memo" in self._kinds:
                yield self._memo_day(month), partial(self._memo, month, "credit", "Correction of last month's bill", "-CR")
            if "second_invoice" in self._kinds:
                yield self._issue_day(COPILOT, month), partial(self._copilot, month, ("seat",))
            if isinstance(anthropic, AnthropicServer):
                yield self._issue_day(API, month), partial(self._api, anthropic, month)
                yield self._issue_day(CLAUDE, month), partial(self._claude, anthropic, month)
            if "openai" in servers:
                yield self._issue_day(OPENAI, month), partial(self._openai, servers["openai"], month)
        if isinstance(cursor, CursorServer):
            yield from self._cycles(cursor)

    def _copilot(self, month: date, only: tuple[str, ...] = ()) -> Invoice:
        """Seats, use and its discount; on two invoices where a second one is injected."""
        issued = midnight(self._issue_day(COPILOT, month)) + timedelta(hours=6)
        bridge = Bridge()
        lines: list[Line] = []
        if only or "second_invoice" not in self._kinds:
            lines += self._copilot_seats(month, bridge)
        if not only:
            lines += self._copilot_use(month, issued, bridge)
        number = self._number(COPILOT, month) + ("-S" if only else "")
        return self._monthly(COPILOT, month, lines, bridge, number=number)

    def _copilot_seats(self, month: date, bridge: Bridge) -> Iterator[Line]:
        """A seat held on every day is a whole one; the others are charged by day."""
        held: dict[tuple[str, int], int] = defaultdict(int)
        for day in _days(month):
            for seat in self._world.ledger.seat_days(day):
                held[seat.seat.plan, seat.seat.account.number] += seat.quantity
        for plan in sorted({plan for plan, _ in held}):
            price, quantities = SEAT_USD[plan], [quantity for (name, _), quantity in held.items() if name == plan]
            for quantity in quantities:
                bridge.add("seats" if quantity == PICO else "proration", exact(quantity * price, 12))
            quantity = sum(quantities)
            amount = bridge.written(exact(quantity * price, 12))
            yield Line("seat", f"Copilot {plan.title()} seats", amount, plan, quantity=exact(quantity, 12), unit_price=Decimal(price))

    def _copilot_use(self, month: date, issued: datetime, bridge: Bridge) -> Iterator[Line]:
        world = self._world
        metered: dict[str, int] = defaultdict(int)
        credits = late = 0
        for day in _days(month):
            final = world.ledger.day(day, FINAL)
            shown = world.ledger.day(day, issued)
            bridge.use(exact(sum(charge.gross for charge in final), 8), exact(sum(charge.net for charge in final), 8), "included_pool")
            credits += sum(charge.net for charge in shown)
            late += sum(charge.net for charge in shown) - sum(charge.net for charge in final)
            for row in world.metered.day(day, issued):
                if row.product == "copilot" or row.workflow_path.startswith("dynamic/"):
                    metered[row.sku] += row.gross - row.discount
                    bridge.use(exact(row.gross, 12), exact(row.gross - row.discount, 12))
        bridge.add("late_restatement", exact(late, 8))
        beyond = bridge.written(exact(credits, 8))
        yield Line("usage", "AI credits beyond the pool", beyond, sku="ai_credits")
        for sku, pico in sorted(metered.items()):
            yield Line("usage", f"Metered use of agents, {sku}", bridge.written(exact(pico, 12)), sku=sku)
        if "discount" in self._kinds:
            bridge.add("discount", -share(beyond, COPILOT_DISCOUNT))
            yield Line("discount", "Negotiated discount on AI credits", bridge.written(-share(beyond, COPILOT_DISCOUNT)), sku="ai_credits")

    def _memo_day(self, month: date) -> date:
        return self._issue_day(COPILOT, month) + timedelta(days=self._world.dice.between(12, 21, "memo", month))

    def _memo(self, month: date, kind: str, description: str, suffix: str) -> Invoice:
        """Money back, two to three weeks after the invoice; the first month always has a refund for an outage."""
        bill, number = COPILOT, self._number(COPILOT, month)
        amount = -exact(self._world.dice.between(1_137, 9_871, "refund" if kind == "refund" else "correction", month), 2)
        bridge = Bridge()
        bridge.add("refund" if kind == "refund" else "credit_memo", amount)
        entity = payer(bill, self._kinds)
        period = midnight(month), midnight(next_month(month))
        return Invoice(
            *(bill, f"{number}{suffix}", entity, *period, self._memo_day(month), (Line(kind, description, amount),)),
            corrects=number,
            bridge=bridge,
        )

    def _api(self, server: VendorServer, month: date) -> Invoice:
        """A line per model, each rounded by itself. Credits that were bought ahead in the first month are taken off."""
        bridge = Bridge()
        models = self._models(server, API, month, bridge)
        lines = [Line("usage", f"API usage, {model}", bridge.written(usd), sku=model) for model, usd in models.items()]
        if "prepaid" in self._kinds:
            lines += self._prepaid(server, month, bridge)
        return self._monthly(API, month, lines, bridge)

    def _prepaid(self, server: VendorServer, month: date, bridge: Bridge) -> Iterator[Line]:
        months = [m for m in months_of(self._world.config.start, month) if m >= self._world.config.start]
        balance = bought = PREPAID_PER_PERSON * self._world.config.people
        if month == months[0]:
            bridge.add("prepaid_purchase", bought)
            yield Line("prepaid", "Prepaid credits", bought)
        drawn = Decimal(0)
        for earlier in months:
            drawn = min(balance, sum(self._models(server, API, earlier, Bridge()).values(), Decimal(0)))
            balance = EXACT.subtract(balance, drawn)
        if drawn:
            bridge.add("drawdown", -drawn)
            yield Line("credit", "Prepaid credits applied", bridge.written(-drawn))

    def _openai(self, server: VendorServer, month: date) -> Invoice:
        """One line, rounded on the total. With a cutoff its last day comes with the next invoice."""
        bridge = Bridge()
        total = sum(self._models(server, OPENAI, month, bridge).values(), Decimal(0))
        start = end = None
        if "cutoff" in self._kinds:
            start, end = midnight(month), midnight(next_month(month) - timedelta(days=1))
            if month - timedelta(days=31) >= self._world.config.start:
                start -= timedelta(days=1)
            issued = midnight(self._issue_day(OPENAI, month)) + timedelta(hours=6)
            total, final = (self._billed(server, start.date(), end.date(), as_of) for as_of in (issued, FINAL))
            bridge.terms.pop("late_restatement")
            bridge.add("late_restatement", EXACT.subtract(total, final))
            bridge.add("cutoff", EXACT.subtract(final, self._billed(server, month, next_month(month), FINAL)))
        lines = [Line("usage", "API usage", bridge.written(total), start=start, end=end)]
        if "minimum" in self._kinds:
            missing = max(EXACT.subtract(MINIMUM_PER_PERSON * self._world.config.people, total), Decimal(0))
            bridge.add("minimum", missing)
            lines += [Line("minimum", "Up to the monthly minimum", bridge.written(missing))] if missing else []
        if "unlisted" in self._kinds:
            stray = exact(self._world.dice.between(311, 4_871, "unlisted", month), 2)
            bridge.add(UNLISTED, stray)
            lines.append(Line("other", "Account adjustment", stray))
        return self._monthly(OPENAI, month, lines, bridge)

    @staticmethod
    def _billed(server: VendorServer, start: date, end: date, as_of: datetime) -> Decimal:
        cells = server.cells(start, end - timedelta(days=1), as_of)
        return sum((cell.billed_usd for cell in cells if cell.account == OPENAI[1] and cell.billed_usd), Decimal(0))

    def _claude(self, server: AnthropicServer, month: date) -> Invoice:
        """The marketplace shows one line in rupees: seats, usage and its own fee are in it."""
        rate = self.rates.of_month(payer(CLAUDE, self._kinds).currency, month)
        bridge = Bridge(rate)
        seats = len([member for member in server.people.members[CLAUDE[1]] if member.there_on(month)])
        usage = sum(self._models(server, CLAUDE, month, bridge).values(), Decimal(0))
        bridge.add("seats", seats * CLAUDE_SEAT)
        usd = EXACT.add(seats * CLAUDE_SEAT, usage)
        fee = share(usd, RESELLER_FEE) if "reseller_fee" in self._kinds else Decimal(0)
        bridge.add("reseller_fee", fee)
        offer = self._world.dice.token(8, "offer")
        line = Line("other", f"Claude Enterprise, {month:%Y-%m}, offer {offer}", bridge.written(EXACT.add(usd, fee)))
        return self._monthly(CLAUDE, month, [line], bridge, fx_source="month_average")

    def _monthly(
        self, bill: tuple[str, str], month: date, lines: list[Line], bridge: Bridge, *, number: str = "", fx_source: str = ""
    ) -> Invoice:
        issued, entity = self._issue_day(bill, month), payer(bill, self._kinds)
        return Invoice(
            *(bill, number or self._number(bill, month), entity, midnight(month), midnight(next_month(month)), issued, tuple(lines)),
            fx_source=fx_source,
            bridge=bridge,
            booking_rate=self.rates.of_day(entity.currency, issued),
        )

    def _issue_day(self, bill: tuple[str, str], month: date) -> date:
        return next_month(month) + timedelta(days=self._world.dice.between(1, 4, "issued", *bill, month))

    def _number(self, bill: tuple[str, str], period: date) -> str:
        return f"{bill[0][:3].upper()}-{self._world.dice.between(100_000, 999_999, 'invoice', *bill, period)}-{period:%y%m}"

    def _models(self, server: VendorServer, bill: tuple[str, str], month: date, bridge: Bridge) -> dict[str, Decimal]:
        """What the vendor's ledger billed for the month on the day of issue, by model. The bridge gets what it came to in the end."""
        issued = midnight(self._issue_day(bill, month)) + timedelta(hours=6)
        shown, final = (self._cells(server, bill, month, as_of) for as_of in (issued, FINAL))
        models: dict[str, Decimal] = defaultdict(Decimal)
        for cell in shown:
            models[cell.model] = EXACT.add(models[cell.model], cell.billed_usd or Decimal(0))
        for cell in final:
            bridge.use(cell.consumption_usd, cell.billed_usd or Decimal(0))
        billed = [sum((cell.billed_usd or Decimal(0) for cell in cells), Decimal(0)) for cells in (shown, final)]
        bridge.add("late_restatement", EXACT.subtract(billed[0], billed[1]))
        return {model: usd for model, usd in sorted(models.items()) if usd}

    @staticmethod
    def _cells(server: VendorServer, bill: tuple[str, str], month: date, as_of: datetime) -> list[Cell]:
        cells = server.cells(month, next_month(month) - timedelta(days=1), as_of)
        return [cell for cell in cells if cell.account == bill[1] and (cell.billed_usd or cell.consumption_usd)]

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
        entity = payer(CURSOR, self._kinds)
        rate = self.rates.of_day(entity.currency, issued)
        bridge = Bridge(rate)
        lines = (*self._cursor_seats(server, start, end, bridge), self._cursor_use(server, start, midnight(issued), bridge))
        number = self._number(CURSOR, start.date())
        return Invoice(CURSOR, number, entity, start, end, issued, lines, fx_source="ecb_day", bridge=bridge, booking_rate=rate)

    def _cursor_seats(self, server: CursorServer, start: datetime, end: datetime, bridge: Bridge) -> Iterator[Line]:
        whole = days = 0
        for member in server.team.members:
            # An unpaid admin has no seat to pay for.
            if member.role == "free-owner" or member.joined >= end or (member.removed is not None and member.removed <= start):
                continue
            if member.joined <= start:
                whole += 1
            else:
                days += (end.date() - member.joined.date()).days
        length = Decimal((end.date() - start.date()).days)
        price = cents(EXACT.divide(CURSOR_SEAT, bridge.rate))
        # The price list in the invoice's currency is in whole cents: what that makes of each seat is the exchange's.
        gain = EXACT.subtract(EXACT.multiply(price, bridge.rate), CURSOR_SEAT)
        bridge.add("seats", CURSOR_SEAT * whole)
        bridge.add("fx", EXACT.multiply(gain, Decimal(whole)))
        yield Line("seat", "Teams Standard seats", price * whole, "standard", quantity=Decimal(whole), unit_price=price)
        if days:
            part = EXACT.divide(CURSOR_SEAT * days, length)
            bridge.add("proration", part)
            bridge.add("fx", EXACT.divide(EXACT.multiply(gain, Decimal(days)), length))
            amount = bridge.written(EXACT.multiply(EXACT.divide(price * days, length), bridge.rate))
            quantity = EXACT.divide(Decimal(days), length).quantize(Decimal("0.0001"))
            yield Line("seat", "Teams Standard seats, pro rata", amount, "standard", quantity=quantity, unit_price=price)

    @staticmethod
    def _cursor_use(server: CursorServer, start: datetime, issued: datetime, bridge: Bridge) -> Line:
        for event in server.usage.cycle(start, FINAL):
            why = {ON_DEMAND: "discount", OWN_KEY: "discount", INCLUDED: "included_pool", FREE: "not_charged"}.get(
                event.kind, "not_charged"
            )
            bridge.use(exact(event.consumption, 12), exact(event.billed, 12), why)
        shown, final = (exact(sum(e.billed for e in server.usage.cycle(start, as_of)), 12) for as_of in (issued, FINAL))
        bridge.add("late_restatement", EXACT.subtract(shown, final))
        return Line("usage", "On-demand usage", bridge.written(shown), sku="on_demand")


def _days(month: date) -> list[date]:
    return [month + timedelta(days=n) for n in range((next_month(month) - month).days)]
