"""The HR roster is made by hand, so a file with a fault is refused whole: half a roster would move money between teams."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.exports import ImportRefused
from spend_assets.landing.records import BadRecord, Typer


def check_roster(file: str, contract: StreamContract, rows: Iterable[tuple[int, bytes]]) -> None:
    """Raises ImportRefused for a row that does not fit, and for two rows of one employee_id that are valid on the same day."""
    typer = Typer(contract)
    required = [field.name for field in contract.fields if field.required]
    periods: list[tuple[str, date, date, int]] = []
    for line, row in rows:
        try:
            typed = typer(row)
        except BadRecord as bad:
            where = f"column {bad.field!r}" if bad.field else "the whole row"
            raise ImportRefused(
                f"{file}, row {line}, {where}: {bad.reason}; dates are written as 2026-12-31. Nothing was imported"
            ) from None
        for name in required:
            if not typed[name]:
                raise ImportRefused(f"{file}, row {line}, column {name!r}: empty, but every row needs it. Nothing was imported")
        start = date.fromisoformat(typed["valid_from"])
        end = date.fromisoformat(typed["valid_to"]) if "valid_to" in typed else date.max
        if end <= start:
            raise ImportRefused(
                f"{file}, row {line}, column 'valid_to': it is the first day that is no longer valid, so it is after valid_from"
            )
        periods.append((typed["employee_id"], start, end, line))
    if not periods:
        raise ImportRefused(f"{file} has a header and no rows; an empty roster would leave everybody without a team")
    _refuse_overlaps(file, periods)


def _refuse_overlaps(file: str, periods: list[tuple[str, date, date, int]]) -> None:
    frame = pd.DataFrame(periods, columns=["employee_id", "start", "end", "line"], dtype=object).sort_values(
        ["employee_id", "start", "line"]
    )
    before = frame.groupby("employee_id", sort=False)[["end", "line"]].shift()
    pairs = frame.assign(end_before=before["end"], line_before=before["line"]).dropna(subset=["end_before"])
    overlapping = pairs[pairs["start"] < pairs["end_before"]]
    for row in overlapping.itertuples():
        raise ImportRefused(
            f"{file}, rows {row.line_before} and {row.line}: two rows of one employee_id are valid on {row.start}; end the earlier one "
            "with valid_to on the day the later one begins. The previous roster stays in force"
        )
