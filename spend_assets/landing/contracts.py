"""Stream contracts: what each vendor stream holds, read from contracts/*.yml. One declared schema per stream (DESIGN section 2)."""

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from spend_assets.settings import SettingsError
from spend_assets.sources import FileSource

FieldType = Literal["string", "bigint", "double", "decimal", "boolean", "date", "timestamp", "struct", "list"]
WindowKind = Literal["day", "days", "snapshot"]
PersonKind = Literal["", "hr", "id", "email", "login", "name", "any", "text", "detail", "mark"]
"""How a field names a person: employee id, the vendor's own id, mail address, GitHub login, name, any of these as the row says; free text
that may name somebody; a detail that leads to a person's work, such as a session or a branch; a detail whose being there says what the work
was (an agent's), and of which that much stays."""

_COLUMN_TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "decimal": "DECIMAL(28,12)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
SYSTEM_COLUMNS = {"_account": "VARCHAR", "_day": "DATE", "_generation": "VARCHAR", "_record": "BIGINT"}
"""The columns that every raw table starts with; `_record` is the position in the landed file, from 0."""


class ContractError(Exception):
    """A contract file that contradicts itself; the message names file, stream and field."""


@dataclass(frozen=True)
class Field:
    """One declared key. `ignore`: accepted, not kept in raw. `drop`: never touches disk. `open`: undeclared keys inside are no drift."""

    name: str
    type: FieldType
    required: bool = False
    ignore: bool = False
    drop: bool = False
    open: bool = False
    unit: str = ""
    meaning: str = ""
    minimum: Decimal | None = None
    enum: tuple[str, ...] = ()
    """The only words that may stand here, beside an empty text; `why` says in the error why there are no others."""
    pattern: str = ""
    """A regular expression that the typed text, unless empty, matches whole; the error says `meaning`."""
    why: str = ""
    fields: tuple["Field", ...] = ()
    person: PersonKind = dataclasses.field(default="", repr=False)
    """What an erasure takes away here (screen.py)."""
    person_of: str = dataclasses.field(default="", repr=False)
    """Whose identifier it is, where one object names several people: fields of one object with the same word are of one person."""

    @property
    def kept(self) -> bool:
        return not (self.ignore or self.drop)

    @property
    def column_type(self) -> str:
        """DuckDB's type of the raw column: money is DECIMAL(28,12), instants are naive UTC TIMESTAMPs."""
        if self.type not in ("struct", "list"):
            return _COLUMN_TYPES[self.type]
        inner = ", ".join(f'"{field.name}" {field.column_type}' for field in self.fields if field.kept)
        return f"STRUCT({inner})" + ("[]" if self.type == "list" else "")

    @property
    def json_structure(self) -> Any:
        """The same type in the notation of DuckDB's from_json."""
        if self.type not in ("struct", "list"):
            return _COLUMN_TYPES[self.type]
        inner = {field.name: field.json_structure for field in self.fields if field.kept}
        return [inner] if self.type == "list" else inner


@dataclass(frozen=True)
class StreamContract:
    """One vendor report or endpoint: grain, schema, when a day is final and how late change is noticed."""

    vendor: str
    stream: str
    title: str
    grain: str
    route: str
    window: WindowKind
    settle_days: int
    refetch_days: int
    late_change: str
    key: tuple[tuple[str, ...], ...]
    fields: tuple[Field, ...]
    first_day: date | None = None
    available_after_days: int = 0
    reach_days: int | None = None
    """The vendor answers for days up to this age; older ones are not asked for, and are not available where nothing was landed in time."""
    max_days: int = 1
    by_day_if_partial: bool = False
    """A window of several days that is not told whole is asked day by day, so that only the days that lack something are marked."""
    day_field: str | None = None
    recognised_by: tuple[str, ...] = ()
    open: bool = False
    after: tuple[str, ...] = ()
    """Streams of the same vendor that are fetched before this one."""
    day_basis: str = "UTC"
    """The vendor's day, where it is not the UTC day (DESIGN law 6)."""
    file_ledger: int = 0
    """Where an account is known from files alone, its money is in the stream with the lowest rank that is there; 0 carries none."""
    estimates: bool = False
    """Files say what use is worth and are no bill: their money counts only where spend.toml declares the stream as the account's ledger."""
    importable: bool = False
    """JSON files of this stream are taken from the inbox."""
    wrapped_in: str = ""
    """The key of a JSON file's one object that holds the list of records, where the vendor wraps them."""
    day_from: Literal["", "file_name"] = ""
    """Files carry no date: the `day_field` of every record is the day that the file's name ends in, as in spend-2026-10-31.csv."""
    hand_made: bool = False
    """Files are written by people: refused whole on any fault, may be written the EU way, and are held to the rules below."""
    accumulates: tuple[str, ...] = ()
    """A file adds to what earlier files said, and replaces what they said of the same values of these fields. Otherwise it states all."""
    parts: dict[str, str] = dataclasses.field(default_factory=dict, hash=False)
    """Key of a JSON record -> stream that the records in the list under it belong to, with the `accumulates` fields of the whole."""
    periods_of: tuple[str, ...] = ()
    """No two rows of these values are valid on the same day, from `valid_from` up to and without `valid_to`."""
    ordered: tuple[tuple[str, str], ...] = ()
    """Pairs of dates or instants of which the first comes before the second."""
    one_of: tuple[tuple[str, ...], ...] = ()
    """Of each of these groups of fields at least one is filled."""

    @property
    def from_csv(self) -> bool:
        """Records are rows of text, where an empty cell means NULL for everything but text."""
        return bool(self.recognised_by)

    @property
    def kept(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.kept)

    @property
    def columns(self) -> dict[str, str]:
        """Name and DuckDB type of every raw column, in order."""
        return {**SYSTEM_COLUMNS, **{field.name: field.column_type for field in self.kept}}

    @cached_property
    def drops(self) -> tuple[tuple[str, ...], ...]:
        """Paths of the fields that may not touch disk."""
        return tuple(_drop_paths(self.fields))

    @cached_property
    def digest(self) -> str:
        """Identifies the schema that a generation was typed with; a changed contract types landed records again."""
        return hashlib.sha256(repr((self.fields, self.key, self.day_field, self.open)).encode()).hexdigest()[:12]


Contracts = dict[str, dict[str, StreamContract]]


def _drop_paths(fields: tuple[Field, ...]) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for field in fields:
        if field.drop:
            paths.append((field.name,))
        else:
            paths.extend((field.name, *rest) for rest in _drop_paths(field.fields))
    return paths


@cache
def load_contracts(folder: Path | None = None) -> Contracts:
    """Every contract, by vendor and stream, in the order of the files. Raises ContractError."""
    contracts: Contracts = {}
    for path in sorted((folder or Path(__file__).parent / "contracts").glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        vendor = document["vendor"]
        contracts[vendor] = {name: _stream(path.name, vendor, name, body) for name, body in document["streams"].items()}
        for contract in contracts[vendor].values():
            for part in contract.parts.values():
                if not (part in contracts[vendor] and contract.accumulates == contracts[vendor][part].accumulates):
                    raise ContractError(
                        f"{path.name}, stream {contract.stream}: part {part!r} is no stream that accumulates by the same fields"
                    )
    return contracts


def declared_ledger(source: FileSource, contracts: Contracts) -> StreamContract:
    """The declared ledger of an account by file. Raises SettingsError where it is no stream of files with amounts."""
    contract = contracts.get(source.vendor, {}).get(source.ledger)
    if contract is None or not (contract.estimates or contract.file_ledger):
        known = [f"{c.vendor}/{c.stream}" for streams in contracts.values() for c in streams.values() if c.estimates or c.file_ledger]
        raise SettingsError(
            f"[[sources.files]] account {source.account}: {source.vendor}/{source.ledger} is no stream of files with amounts; "
            f"those are {', '.join(known)}"
        )
    return contract


def _stream(file: str, vendor: str, name: str, body: dict[str, Any]) -> StreamContract:
    where = f"{file}, stream {name}"
    fields = _fields(where, body["fields"])
    values = {**body, "vendor": vendor, "stream": name, "fields": fields, "key": tuple(tuple(part.split(".")) for part in body["key"])}
    try:
        contract = msgspec.convert(values, StreamContract)
    except msgspec.ValidationError as error:
        raise ContractError(f"{where}: {error}") from None
    if unknown := _unknown(values, StreamContract):
        raise ContractError(f"{where}: unknown settings {sorted(unknown)}")
    declared = {field.name for field in fields}
    named = [
        *(path[0] for path in contract.key),
        *contract.recognised_by,
        *([contract.day_field] if contract.day_field else []),
        *contract.accumulates,
        *contract.periods_of,
        *(part for group in (*contract.ordered, *contract.one_of) for part in group),
    ]
    for part in named:
        if part not in declared:
            raise ContractError(f"{where}: {part!r} is named but not declared under fields")
    if contract.accumulates and contract.window != "snapshot":
        raise ContractError(f"{where}: a stream that accumulates is one book, so its window is snapshot")
    if contract.day_from and not (contract.day_field and contract.recognised_by):
        raise ContractError(f"{where}: day_from is for CSV files, and needs a day_field that takes the day")
    return contract


def _unknown(values: dict[str, Any], kind: type) -> set[str]:
    return set(values) - {field.name for field in dataclasses.fields(kind)}


def _fields(where: str, body: dict[str, Any]) -> tuple[Field, ...]:
    fields = []
    for name, spec in body.items():
        inside = f"{where}, field {name}"
        values = {**spec, "name": name, "fields": _fields(inside, spec.get("fields", {}))}
        if "min" in values:
            values["minimum"] = Decimal(str(values.pop("min")))
        if unknown := _unknown(values, Field):
            raise ContractError(f"{inside}: unknown settings {sorted(unknown)}")
        try:
            field = msgspec.convert(values, Field)
        except msgspec.ValidationError as error:
            raise ContractError(f"{inside}: {error}") from None
        if (field.type in ("struct", "list")) != bool(field.fields):
            raise ContractError(f"{inside}: structs and lists declare their fields, other types have none")
        fields.append(field)
    names = [field.name.lower() for field in fields]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ContractError(f"{where}: {twice[0]!r} is declared twice; DuckDB does not tell upper from lower case in names")
    return tuple(fields)
