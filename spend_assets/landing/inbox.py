"""The inbox: exported files dropped under SPEND_HOME/inbox/<vendor>/<account>/<stream>/ become generations of origin `file`.

A landed file moves to inbox/_landed; a refused one stays where it is, and the error says what to mend.
"""

import hashlib
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path

from spend_assets.answers import Window
from spend_assets.clock import today
from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.crash import point
from spend_assets.landing.exports import ImportRefused, csv_records, is_json, json_records, recognise, require_columns
from spend_assets.landing.files import full_disk_is_clear, make_folder, sync_folder
from spend_assets.landing.raw import RawStore, report_name
from spend_assets.landing.records import BadRecord, Typer, decode_line
from spend_assets.landing.roster import check_roster
from spend_assets.landing.store import ANSWERED, Attempt, LandingStore
from spend_assets.settings import check_account

MAX_BYTES = 512 * 2**20
MAX_DAYS = 1100
"""A file that spans more days has a wrong date somewhere: GitHub keeps 24 months of billing."""

_LANDED = "_landed"


@dataclass
class Imported:
    """What became of one file: the stream it holds, its days, records landed and quarantined; `new` is False if all was known."""

    file: str
    vendor: str
    stream: str
    account: str
    window: Window
    records: int
    quarantined: int
    new: bool


@dataclass
class InboxReport:
    imported: list[Imported] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def import_file(path: Path, account: str, stream: str | None = None, *, store: LandingStore, raw: RawStore) -> Imported:
    """Land and type one exported file. `stream` is recognised by the header unless named (`user_days` or `github_copilot/user_days`).

    Rows that do not fit the contract are quarantined; a roster is taken whole or not at all. Raises ImportRefused.
    """
    _check_regular(path)
    try:
        check_account(account)
    except ValueError as error:
        raise ImportRefused(f"{path.name}: account {account!r}: {error}") from None
    contract = _contract(path, stream, raw)
    if not is_json(path):
        require_columns(path, contract)
    elif contract.from_csv:
        raise ImportRefused(f"{path.name}: {contract.title} is imported from a CSV file")
    if contract.vendor == "hr":
        check_roster(path.name, contract, csv_records(path))
    digest = _file_hash(path)
    result = Imported(path.name, contract.vendor, contract.stream, account, _span(path, contract, store), 0, 0, new=False)
    for window, records in _windows(path, contract, result.window):
        _land(contract, account, window, records, digest, store, raw, result)
    return result


def import_inbox(
    inbox: Path, contract: StreamContract, *, store: LandingStore, raw: RawStore, say: Callable[[str], None] = lambda _: None
) -> InboxReport:
    """Land every file that was dropped for a stream, in the order of their paths. Refused files are named in the report and stay."""
    report = InboxReport()
    for path in _dropped(inbox, contract):
        vendor, account, stream = path.relative_to(inbox).parts[:3]
        try:
            imported = import_file(path, account, f"{vendor}/{stream}", store=store, raw=raw)
        except ImportRefused as error:
            report.refused.append(f"inbox/{vendor}/{account}/{stream}: {error}")
            say(report.refused[-1])
            continue
        _set_aside(inbox, path)
        report.imported.append(imported)
        say(f"{path.name}: {imported.records} records of {stream} for {account}, {imported.quarantined} quarantined")
    return report


def _dropped(inbox: Path, contract: StreamContract) -> Iterator[Path]:
    for path in sorted(inbox.glob(f"{contract.vendor}/*/{contract.stream}/*")):
        if not path.name.startswith("."):
            yield path


def _check_regular(path: Path) -> None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        raise ImportRefused(f"{path.name}: there is no such file") from None
    if not stat.S_ISREG(status.st_mode):
        raise ImportRefused(f"{path.name}: only regular files are imported; links, folders and devices are not followed")
    if status.st_size > MAX_BYTES:
        raise ImportRefused(f"{path.name}: {status.st_size} bytes are more than the bound of {MAX_BYTES}; export a shorter period")


def _contract(path: Path, stream: str | None, raw: RawStore) -> StreamContract:
    every = [contract for streams in raw.contracts.values() for contract in streams.values()]
    if stream is None:
        return recognise(path, every)
    named = [contract for contract in every if stream in (contract.stream, f"{contract.vendor}/{contract.stream}")]
    importable = [contract for contract in every if contract.from_csv or contract.stream == "user_days"]
    if len(named) != 1 or named[0] not in importable:
        names = ", ".join(f"{contract.vendor}/{contract.stream}" for contract in importable)
        raise ImportRefused(f"{path.name}: {stream!r} is no stream that files are imported for; those are {names}")
    return named[0]


def _records(path: Path) -> Iterator[tuple[int, bytes]]:
    return json_records(path) if is_json(path) else csv_records(path)


def _day_of(contract: StreamContract, typer: Typer, record: bytes) -> date | None:
    """The record's day, also of a record with another fault; None where there is none."""
    try:
        return date.fromisoformat(typer.value(decode_line(record), contract.day_field or ""))
    except BadRecord:
        return None


def _span(path: Path, contract: StreamContract, store: LandingStore) -> Window:
    """The days that a file covers: of its first to its last row; for a roster the day of the import."""
    if contract.window == "snapshot":
        return Window.of_day(today(store.clock))
    typer = Typer(contract)
    days: dict[date, int] = {}
    for number, record in _records(path):
        day = _day_of(contract, typer, record)
        if day is not None:
            days.setdefault(day, number)
    if not days:
        raise ImportRefused(f"{path.name}: no row has a date in {contract.day_field!r}; expected YYYY-MM-DD, for example 2026-07-31")
    first, last = min(days), max(days)
    if (last - first).days > MAX_DAYS:
        raise ImportRefused(
            f"{path.name}: rows {days[first]} and {days[last]}, column {contract.day_field!r}: {first} and {last} are more than "
            f"{MAX_DAYS} days apart; one of them is wrong"
        )
    return Window(first, last + timedelta(days=1))


def _windows(path: Path, contract: StreamContract, span: Window) -> Iterator[tuple[Window, Iterable[bytes]]]:
    """An export of a period is one window. A file of day reports says nothing of days that it lacks, so each of its days is a window."""
    if contract.window != "day":
        yield span, (record for _, record in _records(path))
        return
    typer = Typer(contract)
    by_day: dict[date, list[bytes]] = defaultdict(list)
    for _, record in _records(path):
        by_day[_day_of(contract, typer, record) or span.start].append(record)
    for day, records in sorted(by_day.items()):
        yield Window.of_day(day), records


def _land(
    contract: StreamContract,
    account: str,
    window: Window,
    records: Iterable[bytes],
    digest: str,
    store: LandingStore,
    raw: RawStore,
    result: Imported,
) -> None:
    with store.generation(contract, account, window) as sink:
        for record in records:
            sink(record)
        landing = sink.commit(complete=True, params={"file": digest[:12]}, detail="imported from a file", origin="file")
    result.records += landing.manifest.records
    if landing.new:
        result.new = True
    else:
        at = store.clock.now().astimezone(UTC).replace(microsecond=0)
        known = store.attempts(contract.vendor, contract.stream, account)
        # A run that was killed before it moved the file away takes it again: one import of one instant is one attempt.
        if not any(a.window == window and a.attempted_at == at and a.outcome in ANSWERED for a in known):
            detail = "imported from a file"
            store.log(Attempt(contract.vendor, contract.stream, account, window.start, window.end, at, "unchanged", detail))
    raw.bring_up_to_date(contract, account, store)
    report = raw.reports(contract.vendor, contract.stream, account)[report_name(landing.manifest)]
    result.quarantined += len(report.quarantine)


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _set_aside(inbox: Path, path: Path) -> None:
    folder = inbox / _LANDED
    target = folder / f"{_file_hash(path)[:12]}.{path.name}"
    with full_disk_is_clear(folder):
        make_folder(folder)
        point("inbox.before_move")
        path.replace(target)
        point("inbox.after_move")
        sync_folder(folder)
