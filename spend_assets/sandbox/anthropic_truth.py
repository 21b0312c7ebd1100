"""The truth about Claude: what the vendor's ledger holds per person, key or service and model."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_usage import AnthropicUsage, Use, charged
from spend_assets.sandbox.cells import Cell

NOT_SPLIT = "(not split)"
Key = tuple[str, date, str, str]


def cells(usage: AnthropicUsage, start: date, end: date, as_of: datetime) -> list[Cell]:
    """Per account, day of [start, end], principal and model. What has no model (web search, code execution, sessions) is "(not split)"."""
    found: dict[Key, Cell] = {}
    for account in (CONSOLE, ENTERPRISE):
        for day in (start + timedelta(days=n) for n in range((end - start).days + 1)):
            for use in usage.known(account, day, as_of):
                _count(found, use)
    return [found[key] for key in sorted(found)]


def principal(use: Use) -> str:
    return f"github_actions:{use.actor.subject}" if use.actor.subject else use.actor.id


def _count(found: dict[Key, Cell], use: Use) -> None:
    for model, _, _, amount in use.costs():
        cell = _cell(found, use, model or NOT_SPLIT)
        consumption = (cell.consumption_usd or Decimal(0)) + exact(amount, 12)
        billed = (cell.billed_usd or Decimal(0)) + exact(charged(use.account, amount), 12)
        _keep(found, replace(cell, consumption_usd=consumption, billed_usd=billed))
    cell = _cell(found, use, use.model.name if use.model else NOT_SPLIT)
    uncached, short, long, read, output = use.tokens
    _keep(
        found,
        replace(
            cell,
            uncached_input_tokens=(cell.uncached_input_tokens or 0) + uncached,
            cache_read_tokens=(cell.cache_read_tokens or 0) + read,
            cache_write_tokens=(cell.cache_write_tokens or 0) + short + long,
            output_tokens=(cell.output_tokens or 0) + output,
        ),
    )


def _cell(found: dict[Key, Cell], use: Use, model: str) -> Cell:
    member = use.actor.member
    kind, employee = ("person", member.person.employee_id) if member else ("machine", None)
    fresh = Cell("anthropic", use.account, use.day, principal(use), kind, employee, model, None, None)
    return found.get((use.account, use.day, fresh.principal, model), fresh)


def _keep(found: dict[Key, Cell], cell: Cell) -> None:
    found[cell.account, cell.day, cell.principal, cell.model] = cell
