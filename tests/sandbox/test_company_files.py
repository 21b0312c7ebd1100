"""The company's files: invoices add up to the cent and follow the ledger, each is written as its department would, and all are imported."""

import csv
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.inbox import import_inbox
from spend_assets.sandbox.company_files import write_company_files
from spend_assets.sandbox.company_invoices import Invoice, Invoices
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.openai_server import OpenAIServer
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.sandbox.vendor_servers import VendorServer
from tests.landing.conftest import Home

CONFIG = SandboxConfig(people=60, days=75, seed=11, faults="default")
NOW = datetime(2026, 11, 8, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(CONFIG)


@pytest.fixture(scope="module")
def servers(sandbox: Sandbox) -> dict[str, VendorServer]:
    return {"cursor": CursorServer(sandbox.world), "openai": OpenAIServer(sandbox.world)}


@pytest.fixture(scope="module")
def invoices(sandbox: Sandbox, servers: dict[str, VendorServer]) -> dict[str, list[Invoice]]:
    found: dict[str, list[Invoice]] = {}
    for invoice in Invoices(sandbox.world, servers).issued(NOW):
        found.setdefault(invoice.bill[0], []).append(invoice)
    return found


@pytest.fixture(scope="module")
def written(sandbox: Sandbox, servers: dict[str, VendorServer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    inbox = tmp_path_factory.mktemp("company") / "inbox"
    write_company_files(sandbox.world, inbox, NOW, servers)
    return inbox


def test_copilot_is_invoiced_as_its_ledger_had_it_on_the_day_of_issue(sandbox: Sandbox, invoices: dict[str, list[Invoice]]) -> None:
    bills = [invoice for invoice in invoices["github_copilot"] if not invoice.corrects]
    assert [invoice.start.date() for invoice in bills] == [date(2026, 9, 1), date(2026, 10, 1)], "whole months only"
    for bill in bills:
        issued = datetime.combine(bill.issued_on, time(6), UTC)
        (month,) = sandbox.truth.monthly(bill.start.date(), bill.end.date() - timedelta(days=1), issued)
        seats = sum(line.amount for line in bill.lines if line.kind == "seat")
        (usage,) = (line.amount for line in bill.lines if (line.kind, line.sku) == ("usage", "ai_credits"))
        (discount,) = (line.amount for line in bill.lines if line.kind == "discount")
        agents = sum(line.amount for line in bill.lines if line.kind == "usage") - usage
        assert abs(seats - month.seats_usd) <= Decimal("0.01")
        assert abs(usage - month.billed_usd) <= Decimal("0.005")
        assert abs(discount + usage / 10) <= Decimal("0.005")
        assert abs(agents - month.sandboxes_usd - month.agent_actions_usd) <= Decimal("0.02")
        assert 2 <= bill.issued_on.day <= 5 and bill.total % 1


def test_every_invoice_has_its_tax_and_names_what_it_corrects(invoices: dict[str, list[Invoice]]) -> None:
    every = [invoice for found in invoices.values() for invoice in found]
    for invoice in every:
        assert invoice.total == sum(line.amount for line in invoice.lines) + invoice.tax
        assert abs(invoice.tax - invoice.net * invoice.entity.tax / 100) <= Decimal("0.005")
    memos = [invoice for invoice in every if invoice.corrects]
    assert memos and all(memo.total < 0 and memo.corrects in {invoice.invoice_id for invoice in every} for memo in memos)
    assert len({invoice.invoice_id for invoice in every}) == len(every)


def test_a_cursor_cycle_begins_at_an_instant_and_is_paid_in_euro(
    sandbox: Sandbox, servers: dict[str, VendorServer], invoices: dict[str, list[Invoice]]
) -> None:
    server = servers["cursor"]
    assert isinstance(server, CursorServer)
    first, *_ = invoices["cursor"]
    assert first.start.time() != time() and first.entity.currency == "EUR"
    rate = Invoices(sandbox.world, servers).rates.of_day("EUR", first.issued_on)
    pico = sum(event.billed for event in server.usage.cycle(first.start, datetime.combine(first.issued_on, time(), UTC)))
    (usage,) = (line.amount for line in first.lines if line.kind == "usage")
    assert pico and abs(usage * rate - Decimal(pico).scaleb(-12)) <= rate * Decimal("0.005")


def test_each_department_writes_in_its_own_way(written: Path) -> None:
    folder = written / "company" / "acme" / "invoices"
    german = next(folder.glob("cursor-*.csv")).read_bytes()
    assert german.startswith(b"\xef\xbb\xbf") and b"\r\n" in german
    header, row = list(csv.reader(german.decode("utf-8-sig").splitlines(), delimiter=";"))
    cells = dict(zip(header, row, strict=True))
    assert "," in cells["total"] and cells["issued_on"][2] == cells["issued_on"][5] == "."
    copilot = json.loads(next(folder.glob("github*.json")).read_text(), parse_float=Decimal)
    assert copilot["total"] == sum(line["amount"] for line in copilot["lines"]) + copilot["tax"]
    with next(folder.glob("openai-*-2609.csv")).open(newline="") as file:
        (plain,) = csv.DictReader(file)
    assert plain["period_start"] == "2026-09-01T00:00:00Z" and Decimal(plain["total"])


def test_all_of_it_comes_through_the_inbox_to_the_cent(invoices: dict[str, list[Invoice]], written: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "data", FixedClock(NOW), {"company": load_contracts()["company"]})
    records = {}
    for stream, contract in home.contracts["company"].items():
        report = import_inbox(written, contract, store=home.store, raw=home.raw)
        assert report.refused == [] and sum(file.quarantined for file in report.imported) == 0
        records[stream] = sum(file.records for file in report.imported)
    assert records.pop("report_decisions") == 0, "what a person accepts after a review, no company writes by itself"
    assert all(records.values()), records
    every = [invoice for found in invoices.values() for invoice in found]
    current = home.raw.current("company", "invoices", "acme")
    (generation,) = current.values()
    paths = home.raw.paths("company", "invoices", "acme", {generation.day: generation.generation})
    rows = home.raw.query(
        "select invoice_id, currency, period_start, period_end, issued_on, total, tax from read_parquet($paths::varchar[]) "
        "where _generation = $generation",
        {"paths": paths, "generation": generation.generation},
    )
    assert sorted(rows) == sorted(
        (
            invoice.invoice_id,
            invoice.entity.currency,
            invoice.start.replace(tzinfo=None),
            invoice.end.replace(tzinfo=None),
            invoice.issued_on,
            invoice.total,
            invoice.tax,
        )
        for invoice in every
    )
    (lines,) = home.raw.current("company", "invoice_lines", "acme").values()
    assert lines.rows == sum(len(invoice.lines) for invoice in every)


def test_a_later_morning_brings_only_what_is_new(sandbox: Sandbox, tmp_path: Path) -> None:
    before = {path.name for path in write_company_files(sandbox.world, tmp_path / "a", NOW - timedelta(days=7))}
    later = {path.name for path in write_company_files(sandbox.world, tmp_path / "b", NOW, since=NOW - timedelta(days=7))}
    whole = {path.name for path in write_company_files(sandbox.world, tmp_path / "c", NOW)}
    assert {name for name in whole if name.startswith("github")} == {name for name in before | later if name.startswith("github")}
    assert not {name for name in before & later if name.startswith("github")}
    assert "contracts.csv" in before and "contracts.csv" not in later
    again = write_company_files(sandbox.world, tmp_path / "d", NOW)
    pairs = [(path, tmp_path / "c" / path.relative_to(tmp_path / "d")) for path in again]
    assert all(path.read_bytes() == twin.read_bytes() for path, twin in pairs), "the same world writes the same bytes"
