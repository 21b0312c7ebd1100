"""A sandbox's company as small tables: what the platform would have read of its ledgers, contracts and invoices, without any server."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.company_invoices import Invoice, Invoices
from spend_assets.sandbox.company_terms import BILLED_VIA, CONTRACT, COPILOT, CURSOR, payer, terms
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.cursor_usage import FREE, INCLUDED, ON_DEMAND, OWN_KEY
from spend_assets.sandbox.ledger import SEAT_SKU
from spend_assets.sandbox.run import Sandbox
from spend_assets.sandbox.schedule import FINAL

AS_OF = date(2026, 11, 28)
NOW = datetime.combine(AS_OF, time(6), UTC)
STREAMS = {"anthropic": "analytics_cost", "openai": "costs", "cursor": "usage_events"}
Tables = dict[str, list[dict[str, Any]]]


class Company:
    """`ledgers` and `papers` are what the SQL is given; `invoices` know their truth."""

    def __init__(self, config: SandboxConfig):
        sandbox = Sandbox(config)
        self.world, self.servers = sandbox.world, sandbox.vendors
        cursor = self.servers["cursor"]
        assert isinstance(cursor, CursorServer)
        self.cursor = cursor
        self.ledgers: Tables = {
            "accounts": [{"vendor": "cursor", "account": "team", "ledger": "usage_events"}],
            "int_spend": [*self._copilot(), *self._others()],
            "int_cursor_events": list(self._events()),
            "stg_cursor__members": list(self._members()),
            "stg_cursor__audit_logs": list(self._audit()),
            "stg_anthropic__analytics_summaries": list(self._claude_seats()),
        }
        self.bill(config.bills)

    def bill(self, kinds: frozenset[str]) -> None:
        """Make contracts and invoices anew, with these injections; the ledgers stay."""
        self.kinds = kinds
        self._invoices = Invoices(self.world, self.servers, kinds)
        self.invoices = self._invoices.issued(NOW)
        self.papers: Tables = {
            "int_restatements": list(self._restatements()),
            "stg_company__contracts": list(self._contracts()),
            "stg_company__fx_rates": list(self._rates()),
            "stg_company__invoices": [_header(invoice) for invoice in self.invoices],
            "stg_company__invoice_lines": [_line(invoice, number) for invoice in self.invoices for number in range(len(invoice.lines))],
        }

    def _copilot(self) -> Iterator[dict[str, Any]]:
        for day in self.world.config.history():
            charges = self.world.ledger.day(day, FINAL)
            gross, net = exact(sum(c.gross for c in charges), 8), exact(sum(c.net for c in charges), 8)
            yield _spend(*COPILOT, day, "ai_credit_report", "copilot_ai_credit", "(not split)", "dev", gross, None, pooled=True)
            yield _spend(*COPILOT, day, "ai_credit_report", "copilot_ai_credit", "(not split)", "(pool)", None, net, pooled=True)
            for seat in self.world.ledger.seat_days(day):
                row = _spend(
                    *(*COPILOT, day, "billing_report", SEAT_SKU[seat.seat.plan], "(not split)", f"u{seat.seat.account.number}", None),
                    exact(seat.gross, 12),
                )
                yield {**row, "series": "human_seat", "seat_months": exact(seat.quantity, 12)}
            for item in self.world.metered.day(day, FINAL):
                if item.product == "copilot" or item.workflow_path.startswith("dynamic/"):
                    amounts = exact(item.gross, 12), exact(item.gross - item.discount, 12)
                    yield _spend(*COPILOT, day, "billing_report", item.sku, "(not split)", item.workflow_path, *amounts)

    def _others(self) -> Iterator[dict[str, Any]]:
        for server in self.servers.values():
            sums: dict[tuple[Any, ...], list[Decimal | None]] = defaultdict(lambda: [None, None])
            for cell in server.cells(self.world.config.start, self.world.config.end, FINAL):
                row = sums[cell.vendor, cell.account, cell.day, STREAMS[cell.vendor], "tokens", cell.model, "someone"]
                for place, value in enumerate((cell.consumption_usd, cell.billed_usd)):
                    if value is not None:
                        row[place] = (row[place] or Decimal(0)) + value
            for key, values in sums.items():
                if any(value is not None for value in values):
                    yield _spend(*key, *values)

    def _events(self) -> Iterator[dict[str, Any]]:
        words = {ON_DEMAND: "on_demand", INCLUDED: "included", FREE: "free", OWN_KEY: "own_key"}
        for day in self.world.config.history():
            for event in self.cursor.usage.day(day, FINAL):
                yield {
                    "account": "team",
                    "day": day,
                    "occurred_at": event.instant.replace(tzinfo=None),
                    "billing": words.get(event.kind, "not_charged"),
                    "model": event.price.model,
                    "consumption_usd": exact(event.consumption, 12),
                    "billed_usd": exact(event.billed, 12),
                }

    def _members(self) -> Iterator[dict[str, Any]]:
        for member in self.cursor.team.members:
            yield {
                "account": "team",
                "day": AS_OF,
                "user_id": member.user_id,
                "email": member.principal,
                "role": member.role,
                "is_removed": member.removed is not None,
            }

    def _audit(self) -> Iterator[dict[str, Any]]:
        start = datetime.combine(self.world.config.start, time(), UTC)
        for instant, kind, _, data in self.cursor.team.audit_events(start, NOW):
            if kind in ("add_user", "remove_user"):
                moment = instant.replace(tzinfo=None)
                row = {"account": "team", "day": moment.date(), "occurred_at": moment, "event_type": kind}
                yield {**row, "email": str(data["email"]).lower()}

    def _claude_seats(self) -> Iterator[dict[str, Any]]:
        server = self.servers["anthropic"]
        assert isinstance(server, AnthropicServer)
        for day in self.world.config.history():
            seats = sum(member.there_on(day) for member in server.people.members["claude"])
            yield {"account": "claude", "day": day, "assigned_seats": seats}

    def _restatements(self) -> Iterator[dict[str, Any]]:
        for invoice in self.invoices:
            vendor, account = invoice.bill
            if invoice.corrects or invoice.invoice_id.endswith("-S"):
                continue
            issued = datetime.combine(invoice.issued_on, time(0 if invoice.bill == CURSOR else 6), UTC)
            stream = "usage_events" if invoice.bill == CURSOR else STREAMS.get(vendor, "ai_credit_report")
            day = invoice.start.date()
            while day < invoice.end.date():
                moved = self._billed(invoice.bill, day, FINAL) - self._billed(invoice.bill, day, issued)
                if moved:
                    row = {"vendor": vendor, "stream": stream, "account": account, "day": day}
                    yield {**row, "restated_on": invoice.issued_on + timedelta(days=1), "billed_usd_moved": moved}
                day += timedelta(days=1)

    def _billed(self, bill: tuple[str, str], day: date, as_of: datetime) -> Decimal:
        if bill == COPILOT:
            return exact(sum(charge.net for charge in self.world.ledger.day(day, as_of)), 8)
        cells = self.servers[bill[0]].cells(day, day, as_of)
        return sum((cell.billed_usd or Decimal(0) for cell in cells if cell.account == bill[1]), Decimal(0))

    def _contracts(self) -> Iterator[dict[str, Any]]:
        config = self.world.config
        anchor = self.cursor.usage.cycle_of(datetime(2026, 2, 1, tzinfo=UTC))[0].replace(tzinfo=None)
        for term in terms(self.kinds, config.people):
            yield {
                "company": "acme",
                "vendor": term.bill[0],
                "account": term.bill[1],
                "contract_id": CONTRACT[term.bill],
                "item": term.item,
                "plan": term.plan or "(all)",
                "sku": term.sku or "(all)",
                "amount": term.amount,
                "unit": term.unit,
                "currency": "USD",
                "cycle_anchor": anchor if term.bill == CURSOR else datetime(2025, 1, 1),
                "entity": payer(term.bill, self.kinds).name,
                "billed_via": BILLED_VIA.get(term.bill, "direct"),
                "valid_from": term.valid_from,
                "valid_to": term.valid_to or date(9999, 12, 31),
            }

    def _rates(self) -> Iterator[dict[str, Any]]:
        rates = self._invoices.rates
        for currency in rates.currencies:
            for day in (self.world.config.start + timedelta(days=n) for n in range((AS_OF - self.world.config.start).days)):
                if rates.is_fixed(day):
                    yield _rate(day, currency, rates.of_day(currency, day), "ecb_day")
                if day.day == 1:
                    yield _rate(day, currency, rates.of_month(currency, day), "month_average")


def _rate(day: date, currency: str, rate: Decimal, source: str) -> dict[str, Any]:
    return {"company": "acme", "day": day, "from_currency": currency, "to_currency": "USD", "rate": rate, "source": source}


def _spend(
    vendor: str,
    account: str,
    day: date,
    stream: str,
    sku: str,
    model: str,
    principal: str,
    consumption: Decimal | None,
    billed: Decimal | None,
    pooled: bool = False,
) -> dict[str, Any]:
    return {
        "vendor": vendor,
        "account": account,
        "day": day,
        "stream": stream,
        "sku": sku,
        "model": model,
        "principal": principal,
        "series": "human_usage",
        "is_pooled": pooled,
        "consumption_usd": consumption,
        "billed_usd": billed,
        "seat_months": None,
    }


def _header(invoice: Invoice) -> dict[str, Any]:
    return {
        "company": "acme",
        "vendor": invoice.bill[0],
        "account": invoice.bill[1],
        "invoice_id": invoice.invoice_id,
        "kind": "credit_memo" if invoice.corrects else "invoice",
        "entity": invoice.entity.name,
        "currency": invoice.entity.currency,
        "period_start": invoice.start.replace(tzinfo=None),
        "period_end": invoice.end.replace(tzinfo=None),
        "issued_on": invoice.issued_on,
        "total": invoice.total,
        "tax": invoice.tax,
        "corrects_invoice_id": invoice.corrects or None,
        "billed_via": invoice.billed_via,
        "fx_source": invoice.fx_source or "ecb_day",
    }


def _line(invoice: Invoice, number: int) -> dict[str, Any]:
    line = invoice.lines[number]
    return {
        "company": "acme",
        "vendor": invoice.bill[0],
        "invoice_id": invoice.invoice_id,
        "line_id": str(number + 1),
        "kind": line.kind,
        "plan": line.plan or None,
        "sku": line.sku or None,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "amount": line.amount,
        "service_start": line.start.replace(tzinfo=None) if line.start else None,
        "service_end": line.end.replace(tzinfo=None) if line.end else None,
    }
