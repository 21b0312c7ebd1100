"""From servers and files to marts: every invoice of a company is explained, term by term, as its sandbox made it."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.sandbox.company_bridge import INJECTED, UNLISTED
from spend_assets.sandbox.run import SandboxConfig
from tests.integration.lab import open_lab

CENT = Decimal("0.005")


@pytest.mark.long
@pytest.mark.parametrize("seed", [77, 4703])
def test_every_invoice_is_explained(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = SandboxConfig(people=30, days=92, seed=seed, end=date(2026, 10, 31), bills=frozenset(INJECTED) - {"unlisted"})
    with open_lab(config, tmp_path / "home", monkeypatch) as lab:
        lab.at(config.end + timedelta(days=28))
        lab.drop_roster()
        lab.sandbox.write_company_files(lab.home / "inbox")
        assert lab.passing(lab.ingest()) == []
        lab.build()
        found: dict[str, dict[str, Decimal]] = {}
        for bill, term, amount in lab.query("select bill_id, term, sum(amount_usd) from marts.reconciliation_terms group by all"):
            found.setdefault(bill, {})[term] = amount
        unexplained = dict(lab.query("select bill_id, unexplained_usd from marts.reconciliation where kind <> 'open'"))
        invoices = lab.sandbox.bills()
        assert unexplained.keys() == {invoice.invoice_id for invoice in invoices}
        for invoice in invoices:
            truth, seen = invoice.truth(), found.get(invoice.invoice_id, {})
            assert UNLISTED not in truth
            for term in truth.keys() | seen.keys():
                assert abs(truth.get(term, Decimal(0)) - seen.get(term, Decimal(0))) < CENT, f"{invoice.invoice_id} {term}"
            assert abs(unexplained[invoice.invoice_id]) < CENT, invoice.invoice_id
