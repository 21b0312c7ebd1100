"""How one CSV file writes dates and numbers: ISO and plain digits, or as a spreadsheet of some country does.

The way is decided once per file, from all its rows, and never guessed: a file that can be read in two ways is refused with the remedy. The
cells land as they were sent, together with the decision (`WRITTEN`), and typing reads them by it, exactly: text to text, no float.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from spend_assets.landing.contracts import StreamContract

Dates = Literal["iso", "dmy", "mdy"]
Decimals = Literal["plain", "point", "comma"]

WRITTEN = "_written"
"""The key that is put in front of a landed row of a file that is not written in the plain way, as "dmy comma"."""

DATE_FIELDS, NUMBER_FIELDS = ("date", "timestamp"), ("decimal", "bigint", "double")
_DATES: dict[str, Dates] = {"iso": "iso", "dmy": "dmy", "mdy": "mdy"}
_DECIMALS: dict[str, Decimals] = {"plain": "plain", "point": "point", "comma": "comma"}

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
_LOCAL_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})((?:[ T].*)?)", re.ASCII | re.DOTALL)
_GROUPED = {
    "point": re.compile(r"([+-]?)(\d+|[1-9]\d{0,2}(?:,\d{3})+)((?:\.\d*)?(?:[eE][+-]?\d+)?)", re.ASCII),
    "comma": re.compile(r"([+-]?)(\d+|[1-9]\d{0,2}(?:\.\d{3})+)((?:,\d*)?(?:[eE][+-]?\d+)?)", re.ASCII),
}
_THOUSANDS = re.compile(r"([+-]?)([1-9]\d{0,2}(?:,\d{3})+)", re.ASCII)
_DOLLARS = re.compile(r"([+-]?)\$(\d+|[1-9]\d{0,2}(?:,\d{3})+)(\.\d*)?", re.ASCII)
_UNTOLD = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", re.ASCII)
"""A thousand, or one with three decimals."""
_EXAMPLES = {"iso": "2026-12-31", "dmy": "31.12.2026", "mdy": "12/31/2026"}


@dataclass(frozen=True)
class Written:
    """`dates`: iso is 2026-12-31, dmy 31.12.2026 or 31/12/2026, mdy 12/31/2026.

    `decimals`: plain is 1234.5, point 1,234.5, comma 1.234,5.
    """

    dates: Dates = "iso"
    decimals: Decimals = "plain"

    @property
    def mark(self) -> str:
        """What lands under WRITTEN, "" for the plain way."""
        return "" if self == PLAIN else f"{self.dates} {self.decimals}"


PLAIN = Written()


@dataclass(frozen=True)
class Told:
    """What the user says of a file, by option or in its name; None where nothing is said."""

    dates: Dates | None = None
    decimals: Decimals | None = None

    def or_else(self, other: "Told") -> "Told":
        return Told(self.dates or other.dates, self.decimals or other.decimals)


UNTOLD = Told()


def told_by_name(path: Path) -> Told:
    """From a name such as invoices.dmy.comma.csv."""
    words = path.name.lower().split(".")[1:-1]
    return Told(
        next((_DATES[word] for word in words if word in _DATES), None),
        next((_DECIMALS[word] for word in words if word in _DECIMALS), None),
    )


def stem_without_options(path: Path) -> str:
    """The file's name without its ending and without the words that `told_by_name` reads."""
    first, *words = path.name.split(".")[:-1] or [path.name]
    return ".".join([first, *(word for word in words if word.lower() not in {**_DATES, **_DECIMALS})])


def written_of(mark: str) -> Written:
    """The inverse of `Written.mark`."""
    dates, _, decimals = mark.partition(" ")
    return Written(_DATES.get(dates, "iso"), _DECIMALS.get(decimals, "plain"))


def plain_date(text: str, dates: Dates) -> str:
    """A date or an instant with the date part in ISO. Raises ValueError where it is not written in the way of its file."""
    text = text.strip()
    if dates == "iso":
        return text
    match = _LOCAL_DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a date as {_EXAMPLES[dates]}, as in the rest of the file")
    one, _, two, year, rest = match.groups()
    day, month = (one, two) if dates == "dmy" else (two, one)
    return f"{year}-{month:0>2}-{day:0>2}{rest}"


def plain_number(text: str, decimals: Decimals) -> str:
    """Digits with a decimal point and nothing else. Raises ValueError where the number is not written in the way of its file."""
    text = text.strip()
    if decimals == "plain":
        return text
    match = _GROUPED[decimals].fullmatch(text)
    if match is None:
        example = "1,234.56" if decimals == "point" else "1.234,56"
        raise ValueError(f"expected a number as {example}, as in the rest of the file, without currency or other signs")
    sign, whole, rest = match.groups()
    return f"{sign}{whole.replace(',', '').replace('.', '')}{rest.replace(',', '.')}"


def plain_export(text: str, kind: str) -> str:
    """What vendors' dashboards write for people to read: dollars ("$1,052.38", "-$3") and whole numbers with commas between thousands
    ("15,344") as plain digits; anything else as it is.
    """
    match = (_DOLLARS if kind == "decimal" else _THOUSANDS).fullmatch(text.strip())
    return "".join(part or "" for part in match.groups()).replace(",", "") if match else text


@dataclass(frozen=True)
class _Evidence:
    """The first place (row, column) that proves each way of writing, and the first of each sign that can be read in two ways."""

    proven: dict[str, tuple[int, str]] = field(default_factory=dict)
    untold: dict[str, tuple[int, str]] = field(default_factory=dict)


def decide(
    contract: StreamContract, rows: Iterable[tuple[int, Mapping[str, str]]], delimiter: str, told: Told
) -> tuple[Written, list[str]]:
    """How the file is written, and why it cannot be told (an empty list where it can): each reason names row, column and remedy.

    A number such as 1.234 in a file that is separated by commas has a decimal point, as the decimal comma would need another separator;
    1,234 anywhere, or 1.234 between semicolons, is told by the other numbers of the file or not at all.
    """
    dates, numbers = _Evidence(), _Evidence()
    kinds = {field.name: field.type for field in contract.kept}
    for number, row in rows:
        for name, cell in row.items():
            text, kind, place = cell.strip(), kinds.get(name), (number, name)
            if kind in DATE_FIELDS:
                _see_date(text, place, dates)
            elif kind in NUMBER_FIELDS:
                _see_number(text, place, numbers)
    problems: list[str] = []
    return Written(_dates(dates, told, problems), _decimals(numbers, delimiter, told, problems)), problems


def _see_date(text: str, place: tuple[int, str], found: _Evidence) -> None:
    if _ISO_DATE.match(text):
        found.proven.setdefault("iso", place)
    elif match := _LOCAL_DATE.fullmatch(text):
        one, sign, two = int(match[1]), match[2], int(match[3])
        if sign == "." or one > 12 >= two:
            found.proven.setdefault("dmy", place)
        elif two > 12 >= one:
            found.proven.setdefault("mdy", place)
        elif one <= 12 and two <= 12:
            if one == two:
                found.proven.setdefault("either", place)
            else:
                found.untold.setdefault(sign, place)


def _see_number(text: str, place: tuple[int, str], found: _Evidence) -> None:
    if not ("." in text or "," in text):
        return
    if match := _UNTOLD.fullmatch(text):
        found.untold.setdefault(match[1], place)
        return
    fits = [way for way in ("point", "comma") if _GROUPED[way].fullmatch(text)]
    if len(fits) == 1:
        found.proven.setdefault("plain" if fits == ["point"] and "," not in text else fits[0], place)


def _dates(found: _Evidence, told: Told, problems: list[str]) -> Dates:
    if told.dates:
        return told.dates
    proven = dict(found.proven)
    either = proven.pop("either", None)
    if len(proven) > 1:
        (one, first), (other, second) = list(proven.items())[:2]
        problems.append(
            f"{_where(first)} and {_where(second)}: one date is written as {_EXAMPLES[one]}, the other as {_EXAMPLES[other]}; write all "
            "dates of a file in one way, best as 2026-12-31"
        )
        return "iso"
    way = next(iter(proven), None)
    if found.untold and way in (None, "iso"):
        problems.append(
            f"{_where(min(found.untold.values()))}: day and month cannot be told apart, as no date of the file has a day above 12. "
            "Say which comes first: `spend import --dates dmy` or `mdy`, or a name such as file.dmy.csv; or write dates as 2026-12-31"
        )
        return "iso"
    if way == "iso" and either:
        problems.append(f"{_where(either)}: not written as 2026-12-31 like the other dates of the file")
    return _DATES[way] if way else ("dmy" if either else "iso")


def _decimals(found: _Evidence, delimiter: str, told: Told, problems: list[str]) -> Decimals:
    if told.decimals:
        return told.decimals
    comma, point = found.proven.get("comma"), found.proven.get("point") or found.proven.get("plain")
    if comma and point:
        problems.append(
            f"{_where(comma)} and {_where(point)}: one number has a decimal comma, the other a decimal point; "
            "write all numbers of a file in one way, best as 1234.56"
        )
    elif found.untold and not comma and not point and (delimiter != "," or "," in found.untold):
        problems.append(
            f"{_where(min(found.untold.values()))}: three digits after the sign can be decimals or thousands, and no other number "
            "of the file tells which. Say which sign is the decimal one: `spend import --decimals comma` or `point`, or a name such as "
            "file.comma.csv"
        )
    if comma:
        return "comma"
    # A comma in a number of a file with decimal points stands between thousands.
    return "point" if "point" in found.proven or "," in found.untold else "plain"


def _where(place: tuple[int, str]) -> str:
    row, column = place
    return f"row {row}, column {column!r}"
