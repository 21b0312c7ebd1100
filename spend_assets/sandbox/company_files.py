"""The company's own files, as its departments would drop them: statements as CSV, each entity's invoices in the way of its country."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from spend_assets.sandbox.company_invoices import Invoice, Invoices
from spend_assets.sandbox.company_plan import CompanyPlan, Row
from spend_assets.sandbox.company_terms import BILLED_VIA, CONTRACT, COPILOT, CURSOR, OPENAI, PAYER, Rates, midnight, terms
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.identities import next_month
from spend_assets.sandbox.ledger import months_of
from spend_assets.sandbox.vendor_servers import VendorServer
from spend_assets.sandbox.world import World

ACCOUNT = "acme"


def write_company_files(
    world: World, inbox: Path, as_of: datetime, servers: Mapping[str, VendorServer] | None = None, since: datetime | None = None
) -> list[Path]:
    """Write what the company knows at `as_of` below inbox/company/acme/<stream>/, and return the files.

    `servers` (by prefix) bill beside Copilot. With `since` only what is new: invoices and rates of after that instant, and the statements
    where a month began.
    """
    writer = _Writer(inbox / "company" / ACCOUNT)
    invoices = Invoices(world, servers or {})
    today = as_of.date()
    if since is None or (since.year, since.month) != (as_of.year, as_of.month):
        plan = CompanyPlan(world)
        writer.statement("identity_map", plan.identity_map(today))
        writer.statement("key_owners", plan.key_owners(today))
        writer.statement("contracts", _contracts(world, servers or {}))
        writer.statement("workflows", plan.workflows(today))
        writer.statement("goals", plan.goals(today))
        writer.statement("budgets", ({**row, "currency": "USD"} for row in plan.budgets(today)))
        writer.statement("holidays", plan.holidays(today))
        writer.statement("bill_decisions", _decisions(world, invoices, as_of))
    first = world.config.start.replace(day=1) if since is None else since.date()
    writer.statement("fx_rates", _rates(invoices.rates, first, today), f"fx-{today}.csv")
    for invoice in invoices.issued(as_of, since):
        writer.invoice(invoice)
    return writer.written


def _contracts(world: World, servers: Mapping[str, VendorServer]) -> Iterable[Row]:
    cursor = servers.get("cursor")
    for term in terms(world.config.bills, world.config.people):
        anchor = "2025-01-01T00:00:00Z"
        if term.bill == CURSOR and isinstance(cursor, CursorServer):
            anchor = f"{cursor.usage.cycle_of(midnight(date(2026, 2, 1)))[0]:%Y-%m-%dT%H:%M:%SZ}"
        yield {
            "vendor": term.bill[0],
            "account": term.bill[1],
            "contract_id": CONTRACT[term.bill],
            "item": term.item,
            "plan": term.plan,
            "sku": term.sku,
            "amount": f"{term.amount:f}",
            "unit": term.unit,
            "currency": "USD",
            "cycle_anchor": anchor,
            "billing_cycle": "annual" if term.unit == "per_seat_year" else "monthly",
            "entity": PAYER[term.bill].name,
            "billed_via": BILLED_VIA.get(term.bill, "direct"),
            "valid_from": term.valid_from.isoformat(),
            "valid_to": term.valid_to.isoformat() if term.valid_to else "",
        }


def _decisions(world: World, invoices: Invoices, as_of: datetime) -> Iterable[Row]:
    approver = world.organisation.people[0].employee_id
    for invoice_id, decided, settled in invoices.disputes(as_of):
        yield {
            "decision_id": f"FIN-{invoice_id}",
            "vendor": COPILOT[0],
            "invoice_id": invoice_id,
            "kind": "dispute",
            "reason": "Seats of a team that had left are asked for",
            "approved_by": approver,
            "decided_on": decided.isoformat(),
            "settled_on": settled.isoformat() if settled else "",
        }


def _rates(rates: Rates, first: date, today: date) -> Iterable[Row]:
    """The days from `first` up to and without `today`, and the averages of the months that ended in them."""
    for currency in rates.currencies:
        day = first
        while day < today:
            if rates.is_fixed(day):
                yield _rate(day, currency, rates.of_day(currency, day), "ecb_day")
            day += timedelta(days=1)
        for month in months_of(first, today):
            if first < next_month(month) <= today:
                yield _rate(month, currency, rates.of_month(currency, month), "month_average")


def _rate(day: date, currency: str, rate: Decimal, source: str) -> Row:
    return {"day": day.isoformat(), "from_currency": currency, "to_currency": "USD", "rate": f"{rate:f}", "source": source}


class _Writer:
    def __init__(self, folder: Path):
        self._folder = folder
        self.written: list[Path] = []

    def statement(self, stream: str, rows: Iterable[Row], name: str = "") -> None:
        self._csv(stream, name or f"{stream}.csv", list(rows))

    def invoice(self, invoice: Invoice) -> None:
        """Euro invoices the German way, OpenAI's as plain CSV, all others as JSON with their lines."""
        header, lines = _header(invoice), [_line(invoice, number) for number in range(len(invoice.lines))]
        name = f"{invoice.bill[0]}-{invoice.invoice_id}"
        if invoice.entity.currency == "EUR":
            self._csv("invoices", f"{name}.csv", [_german(header)], ";")
            self._csv("invoice_lines", f"{name}-lines.csv", [_german(line) for line in lines], ";")
        elif invoice.bill == OPENAI:
            self._csv("invoices", f"{name}.csv", [_plain(header)])
            self._csv("invoice_lines", f"{name}-lines.csv", [_plain(line) for line in lines])
        else:
            own = [{key: value for key, value in line.items() if key not in ("vendor", "invoice_id")} for line in lines]
            self._write("invoices", f"{name}.json", msgspec.json.format(msgspec.json.encode(_json({**header, "lines": own})), indent=1))

    def _csv(self, stream: str, name: str, rows: list[Row], delimiter: str = ",") -> None:
        if not rows:
            return
        path = self._place(stream, name)
        with path.open("w", encoding="utf-8-sig" if delimiter == ";" else "utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)

    def _write(self, stream: str, name: str, body: bytes) -> None:
        self._place(stream, name).write_bytes(body)

    def _place(self, stream: str, name: str) -> Path:
        path = self._folder / stream / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.written.append(path)
        return path


Value = str | Decimal | date | datetime | None


def _header(invoice: Invoice) -> dict[str, Value]:
    return {
        "vendor": invoice.bill[0],
        "invoice_id": invoice.invoice_id,
        "account": invoice.bill[1],
        "kind": "credit_memo" if invoice.corrects else "invoice",
        "entity": invoice.entity.name,
        "currency": invoice.entity.currency,
        "period_start": invoice.start,
        "period_end": invoice.end,
        "issued_on": invoice.issued_on,
        "due_on": invoice.issued_on + timedelta(days=30),
        "total": invoice.total,
        "tax": invoice.tax,
        "corrects_invoice_id": invoice.corrects or None,
        "billed_via": invoice.billed_via,
        "fx_source": invoice.fx_source or None,
    }


def _line(invoice: Invoice, number: int) -> dict[str, Value]:
    line = invoice.lines[number]
    return {
        "vendor": invoice.bill[0],
        "invoice_id": invoice.invoice_id,
        "line_id": str(number + 1),
        "kind": line.kind,
        "description": line.description,
        "plan": line.plan or None,
        "sku": line.sku or None,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "amount": line.amount,
        "service_start": line.start,
        "service_end": line.end,
    }


def _json(value: object) -> object:
    """Decimals as numbers in the text, to the last digit."""
    match value:
        case dict():
            return {key: _json(inner) for key, inner in value.items() if inner is not None}
        case list():
            return [_json(inner) for inner in value]
        case Decimal():
            return msgspec.Raw(f"{value:f}".encode())
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case date():
            return value.isoformat()
    return value


def _plain(row: Mapping[str, Value]) -> Row:
    return {key: _text(value) for key, value in row.items()}


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case date():
            return value.isoformat()
    return value


def _german(row: Mapping[str, Value]) -> Row:
    """Decimal comma, points between thousands, day first; instants in UTC."""
    return {key: _german_text(value) for key, value in row.items()}


def _german_text(value: Value) -> str:
    match value:
        case Decimal():
            return f"{value:,f}".translate(str.maketrans(",.", ".,"))
        case datetime():
            return f"{value:%d.%m.%Y %H:%M:%S}"
        case date():
            return f"{value:%d.%m.%Y}"
    return _text(value)
