"""Close a month: soft with accruals, as often as one likes; final once, when nothing is missing. A final close is never written again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from spend_assets.close.adjustments import adjustments, booked
from spend_assets.close.closed import close_folder
from spend_assets.close.pack import read_csv, read_manifest, write_pack
from spend_assets.close.refusal import CloseRefused
from spend_assets.close.tables import Cell, Table, read_tables

ZERO = Decimal(0)


@dataclass(frozen=True)
class Close:
    """A pack that stands. `new` is False where the final one was there before."""

    folder: Path
    new: bool
    accrued_usd: Decimal
    band_usd: Decimal


def close_month(
    home: Path, connection: duckdb.DuckDBPyConnection, month: date, final: bool, as_of: date, build_id: str, say: Callable[[str], None]
) -> Close:
    """Write the pack of the month that begins on `month`, from a build whose checks passed; the caller holds the home's lock.

    Raises CloseRefused for a final close with anything missing, and for a soft one of a month that is closed for good or has not begun.
    """
    folder = close_folder(home) / f"{month:%Y-%m}"
    tables = read_tables(connection, month)
    accruals = tables["accruals"].dicts()
    accrued, band = (_sum(row[name] for row in accruals) for name in ("accrual_usd", "band_usd"))
    if (folder / "final").exists():
        facts = read_manifest(folder / "final")
        if not final:
            raise CloseRefused(
                f"{month:%Y-%m} is closed for good since {facts['as_of']}; what moved later is an adjustment of later months"
            )
        say(f"{month:%Y-%m} was closed on {facts['as_of']}; its pack is as it was")
        return Close(folder / "final", False, accrued, band)
    if month > as_of:
        raise CloseRefused(f"{month:%Y-%m} has not begun")
    blockers = tables["blockers"].rows
    if final and blockers:
        lines = "\n".join(f"  {vendor}/{account}: {detail}" for vendor, account, _, detail in blockers)
        raise CloseRefused(
            f"{month:%Y-%m} cannot be closed for good yet:\n{lines}\nAs it is, `spend close {month:%Y-%m} --soft` accrues it"
        )
    if not tables["summary"].rows:
        raise CloseRefused(f"nothing is known of {month:%Y-%m}: no use, no invoice")
    kind = "final" if final else "soft"
    moved = adjustments(home, connection, month)
    tables["journal"] = booked(tables["journal"], moved, month, connection)
    extra = [moved]
    if final:
        extra.insert(0, _true_up(folder / "soft", accruals))
    write_pack(folder / kind, month, kind, as_of, build_id, [*tables.values(), *extra])
    return Close(folder / kind, True, accrued, band)


def _true_up(soft: Path, accruals: list[dict[str, Cell]]) -> Table:
    """What the soft close accrued against what is accrued or invoiced by now."""
    columns = ("vendor", "account", "accrued_usd", "band_usd", "now_usd", "true_up_usd")
    if not (soft / "accruals.csv").exists():
        return Table("true_up", columns, ())
    before = {(row["vendor"], row["account"]): row for row in read_csv(soft / "accruals.csv")}
    after = {(str(row["vendor"]), str(row["account"])): row for row in accruals}
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(before.keys() | after.keys()):
        accrued, band = (Decimal(before[key][name]) if key in before else ZERO for name in ("accrual_usd", "band_usd"))
        now = _sum([after[key]["accrual_usd"]]) if key in after else ZERO
        rows.append((*key, accrued, band, now, now - accrued))
    return Table("true_up", columns, tuple(rows))


def _sum(values: Iterable[Cell]) -> Decimal:
    return sum((value for value in values if isinstance(value, Decimal)), ZERO)
