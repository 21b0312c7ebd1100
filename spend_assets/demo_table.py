"""The short table that ends the demo: spend, truth beside it, what the checks found, where everything is."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb

MONTHS = """
    select
        strftime(month, '%Y-%m') as month, vendor, series,
        sum(consumption_usd) as consumption_usd, sum(billed_usd) as billed_usd, sum(effective_usd) as effective_usd
    from marts.finance_monthly
    group by all
    order by month, vendor, series
"""
BILLED = "select vendor, sum(billed_usd) from marts.spend_daily group by vendor having sum(billed_usd) is not null"
"""Of the restricted file: where few people use a vendor, the finance file folds it into others."""


def table(home: Path, truth: Mapping[str, Decimal], seconds: float) -> Iterator[str]:
    current = home / "published" / "current"
    with duckdb.connect(str(current / "finance.duckdb"), read_only=True) as finance:
        rows = finance.execute(MONTHS).fetchall()
    yield ""
    yield f"{'month':8} {'vendor':15} {'series':20} {'consumption $':>15} {'billed $':>13} {'effective $':>13}"
    for month, vendor, series, *money in rows:
        amounts = [f"{amount:,.2f}" if amount is not None else "-" for amount in money]
        yield f"{month:8} {vendor:15} {series:20} {amounts[0]:>15} {amounts[1]:>13} {amounts[2]:>13}"
    yield "Consumption is list value, not a bill; billed is what the vendor's ledger charges after the included pool."
    yield "- is not 0: a seat consumes nothing by itself, and what use costs beyond the pool is billed to the pool (unattributed_usage)."
    yield ""
    yield from _beside_truth(current, truth)
    yield from _checks(home)
    yield ""
    yield f"page        {current / 'index.html'}   (finance.html, restricted.html beside it)"
    yield f"BI files    {current / 'aggregate.duckdb'}, finance.duckdb, restricted.duckdb, parquet/"
    yield "lineage     make ui"
    yield f"took        {seconds:.0f} s"


def _beside_truth(current: Path, truth: Mapping[str, Decimal]) -> Iterator[str]:
    """Billed money by vendor against the sandbox's own ledger as of the same instant, to the last digit."""
    with duckdb.connect(str(current / "restricted.duckdb"), read_only=True) as restricted:
        billed = dict(restricted.execute(BILLED).fetchall())
    yield f"{'billed by vendor':24} {'here $':>15} {'sandbox ledger $':>17}   difference"
    for vendor in sorted({*billed, *truth}):
        here, there = billed.get(vendor, Decimal(0)), truth.get(vendor, Decimal(0))
        marked = "  (withheld by the sandbox: see the days that are not complete)" if here != there else ""
        yield f"  {vendor:22} {here:>15,.2f} {there:>17,.2f}   {here - there:f}{marked}"


def _checks(home: Path) -> Iterator[str]:
    verdict = json.loads((home / "builds" / "verdict.json").read_text(encoding="utf-8"))
    failed = [check for check in verdict["checks"] if not check["passed"]]
    yield f"checks: {len(verdict['checks'])} ran, {len(failed)} found something"
    for check in failed:
        yield f"  {'BLOCKS' if check['blocking'] else 'warns '} {check['name']}: {check['failures']} row(s)"
