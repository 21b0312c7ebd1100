"""A file's dates and numbers are read as they were meant, or the file is refused; never a third."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.notation import UNTOLD, Dates, Decimals, Told, decide, plain_date, plain_number, told_by_name, written_of

INVOICES = load_contracts()["company"]["invoices"]
amounts = st.decimals(min_value=Decimal("-99999999"), max_value=Decimal("99999999"), places=4).map(lambda d: d.normalize() + 0)
days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
WRITERS: dict[str, Callable[[date], str]] = {
    "iso": date.isoformat,
    "dmy": lambda day: f"{day:%d/%m/%Y}",
    "dots": lambda day: f"{day.day}.{day.month}.{day.year}",
    "mdy": lambda day: f"{day:%m/%d/%Y}",
}


def write_number(value: Decimal, point: str, thousands: str) -> str:
    whole, _, places = f"{abs(value):f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    return ("-" if value < 0 else "") + grouped + (f"{point}{places}" if places else "")


@given(amounts, st.sampled_from([("comma", ",", "."), ("comma", ",", ""), ("point", ".", ","), ("point", ".", ""), ("plain", ".", "")]))
def test_a_number_is_the_same_to_the_last_digit(value: Decimal, way: tuple[Decimals, str, str]) -> None:
    decimals, point, thousands = way
    assert Decimal(plain_number(write_number(value, point, thousands), decimals)) == value


@given(
    st.lists(amounts, min_size=1, max_size=6),
    st.sampled_from([(";", ",", "."), (";", ",", ""), (";", ".", ","), (",", ".", ","), (",", ".", "")]),
)
def test_a_file_of_numbers_is_read_as_it_was_written_or_refused(values: list[Decimal], way: tuple[str, str, str]) -> None:
    delimiter, point, thousands = way
    cells = [write_number(value, point, thousands) for value in values]
    written, problems = decide(INVOICES, [(row, {"total": cell}) for row, cell in enumerate(cells, 2)], delimiter, UNTOLD)
    if not problems:
        assert [Decimal(plain_number(cell, written.decimals)) for cell in cells] == values
    else:
        assert len(problems) == 1 and "--decimals" in problems[0] and not any(cell in problems[0] for cell in cells if len(cell) > 2)
    told: Decimals = "comma" if point == "," else "point"
    written, problems = decide(INVOICES, [(2, {"total": cell}) for cell in cells], delimiter, Told(decimals=told))
    assert not problems and [Decimal(plain_number(cell, written.decimals)) for cell in cells] == values


@given(st.lists(days, min_size=1, max_size=5), st.sampled_from(sorted(WRITERS)))
def test_a_file_of_dates_is_read_as_it_was_written_or_refused(values: list[date], way: str) -> None:
    cells = [WRITERS[way](value) for value in values]
    written, problems = decide(INVOICES, [(row, {"issued_on": cell}) for row, cell in enumerate(cells, 2)], ";", UNTOLD)
    if not problems:
        assert [date.fromisoformat(plain_date(cell, written.dates)) for cell in cells] == values
    else:
        assert way in ("dmy", "mdy") and all(value.day <= 12 for value in values) and "--dates" in problems[0]


@pytest.mark.parametrize(
    ("cells", "delimiter", "decimals", "words"),
    [
        (["1.234"], ",", "plain", None),
        (["1.234"], ";", None, "row 2"),
        (["1,234"], ",", None, "row 2"),
        (["1.234", "0,5"], ";", "comma", None),
        (["1.234", "0,5"], ",", "comma", None),
        (["1,234", "0.5"], ",", "point", None),
        (["0.125", "12"], ";", "plain", None),
        (["1.234.567"], ";", "comma", None),
        (["1.5", "1,5"], ";", None, "rows 3 and 2"),
        (["1.5E-7"], ",", "plain", None),
    ],
)
def test_what_decides_and_what_does_not(cells: list[str], delimiter: str, decimals: str | None, words: str | None) -> None:
    written, problems = decide(INVOICES, [(row, {"total": cell}) for row, cell in enumerate(cells, 2)], delimiter, UNTOLD)
    if decimals:
        assert (written.decimals, problems) == (decimals, [])
    else:
        assert len(problems) == 1
        found = problems[0].replace("row 3, column 'total' and row 2", "rows 3 and 2")
        assert words is not None and found.startswith(words)


@pytest.mark.parametrize("cells", [["31.12.2026", "12/31/2026"], ["2026-12-31", "31/12/2026"], ["2026-12-31", "01/01/2026"]])
def test_dates_of_two_ways_in_one_file_are_no_ways(cells: list[str]) -> None:
    _, problems = decide(INVOICES, [(row, {"issued_on": cell}) for row, cell in enumerate(cells, 2)], ",", UNTOLD)
    assert len(problems) == 1 and "row" in problems[0]


@pytest.mark.parametrize(
    ("text", "decimals"),
    [("1 234,5", "comma"), ("1.2345,6", "comma"), ("12,34,567", "point"), ("€5", "point"), ("5 %", "comma"), ("", "comma")],
)
def test_a_number_of_another_shape_is_no_number(text: str, decimals: Decimals) -> None:
    with pytest.raises(ValueError, match="expected a number as"):
        plain_number(text, decimals)


@pytest.mark.parametrize(("text", "dates"), [("2026-01-02", "dmy"), ("1.2.26", "dmy"), ("45931", "mdy"), ("1./2.2026", "dmy")])
def test_a_date_of_another_shape_is_no_date(text: str, dates: Dates) -> None:
    with pytest.raises(ValueError, match="expected a date as"):
        plain_date(text, dates)


def test_an_instant_keeps_its_time() -> None:
    assert plain_date("01.07.2026 13:30:00", "dmy") == "2026-07-01 13:30:00"


def test_the_name_of_a_file_may_say_it() -> None:
    assert told_by_name(Path("invoices.DMY.comma.csv")) == Told("dmy", "comma")
    assert told_by_name(Path("comma.csv")) == UNTOLD, "the first word is the name"
    assert written_of(written_of("dmy comma").mark).decimals == "comma"
