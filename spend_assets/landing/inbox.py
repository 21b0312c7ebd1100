"""The inbox: files dropped under SPEND_HOME/inbox/<vendor>/<account>/<stream>/ become generations of origin `file` (docs/inbox.md).

A landed file moves to inbox/_landed; a refused one stays where it is, and the error says what to mend.
"""

import hashlib
import re
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
from spend_assets.landing.handmade import Statement, key_of, read_hand_made
from spend_assets.landing.notation import UNTOLD, WRITTEN, Told, Written, stem_without_options, told_by_name
from spend_assets.landing.raw import RawStore, report_name
from spend_assets.landing.records import BadRecord, Typer, decode_line
from spend_assets.landing.store import ANSWERED, Attempt, LandingStore, Manifest
from spend_assets.settings_words import check_account

MAX_BYTES = 512 * 2**20
MAX_DAYS = 1100
"""A file that spans more days has a wrong date somewhere: GitHub keeps 24 months of billing."""

_LANDED = "_landed"
_NAMED_DAY = re.compile(r"(?:^|.*\D)(\d{4}-\d{2}-\d{2})", re.ASCII)


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


def import_file(
    path: Path, account: str, stream: str | None = None, *, store: LandingStore, raw: RawStore, told: Told = UNTOLD
) -> Imported:
    """Land and type one file. `stream` is recognised by the columns unless named (`user_days` or `github_copilot/user_days`).

    Of a vendor's export, rows that do not fit the contract are quarantined; a file that people make is taken whole or not at all. `told`
    says how dates and numbers are written, before what the file's name says of it. Raises ImportRefused.
    """
    _check_regular(path)
    try:
        check_account(account)
    except ValueError as error:
        raise ImportRefused(f"{path.name}: account {account!r}: {error}") from None
    contract = _contract(path, stream, raw)
    if not is_json(path):
        require_columns(path, contract)
    if not (contract.importable if is_json(path) else contract.from_csv):
        raise ImportRefused(f"{path.name}: {contract.title} is imported from a {'CSV' if is_json(path) else 'JSON'} file")
    told = told.or_else(told_by_name(path))
    if is_json(path) and told != UNTOLD:
        raise ImportRefused(f"{path.name}: JSON has one way to write dates and numbers; the options are for CSV files")
    digest = _file_hash(path)
    if contract.hand_made:
        now = Window.of_day(today(store.clock))
        result = Imported(path.name, contract.vendor, contract.stream, account, now, 0, 0, new=False)
        for statement in read_hand_made(path, contract, raw.contracts[contract.vendor], told):
            _land(statement.contract, account, now, _whole_book(statement, account, store), digest, store, raw, result)
            result.records += len(statement.records)
        return result
    export = _Export(path, contract, _front(path, contract, told, store))
    result = Imported(path.name, contract.vendor, contract.stream, account, export.span(store), 0, 0, new=False)
    for window, records in export.windows(result.window):
        result.records += _land(contract, account, window, records, digest, store, raw, result)
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
    importable = [contract for contract in every if contract.from_csv or contract.importable]
    if len(named) != 1 or named[0] not in importable:
        names = ", ".join(f"{contract.vendor}/{contract.stream}" for contract in importable)
        raise ImportRefused(f"{path.name}: {stream!r} is no stream that files are imported for; those are {names}")
    return named[0]


def _front(path: Path, contract: StreamContract, told: Told, store: LandingStore) -> dict[str, str]:
    """What every row of a vendor's CSV export is given: the day of the file's name, and how the file is written where that is told."""
    front: dict[str, str] = {}
    if mark := Written(told.dates or "iso", told.decimals or "plain").mark:
        front[WRITTEN] = mark
    if contract.day_from:
        match = _NAMED_DAY.fullmatch(stem_without_options(path))
        try:
            day = date.fromisoformat(match[1]) if match else None
        except ValueError:
            day = None
        if day is None or day > today(store.clock):
            raise ImportRefused(
                f"{path.name}: {contract.title} has no dates in it, so its name ends in the one day that it holds, as in "
                f"{contract.stream}-2026-10-31.csv; a day that lies ahead is none"
            )
        front[contract.day_field or ""] = day.isoformat()
    return front


@dataclass(frozen=True)
class _Export:
    """A file that a vendor wrote, read twice: for its days, and for its records."""

    path: Path
    contract: StreamContract
    front: dict[str, str]

    def records(self) -> Iterator[tuple[int, bytes]]:
        return json_records(self.path, self.contract.wrapped_in) if is_json(self.path) else csv_records(self.path, self.front)

    def span(self, store: LandingStore) -> Window:
        """The days that the file covers: of its first to its last row; of a file without dates the one of its name or of the import."""
        if self.contract.window == "snapshot":
            return Window.of_day(today(store.clock))
        if self.contract.day_from:
            return Window.of_day(date.fromisoformat(self.front[self.contract.day_field or ""]))
        typer = Typer(self.contract)
        days: dict[date, int] = {}
        for number, record in self.records():
            day = self._day_of(typer, record)
            if day is not None:
                days.setdefault(day, number)
        name, place = self.path.name, self.contract.day_field
        if not days:
            raise ImportRefused(f"{name}: no row has a date in {place!r}; expected YYYY-MM-DD, for example 2026-07-31")
        first, last = min(days), max(days)
        if (last - first).days > MAX_DAYS:
            raise ImportRefused(
                f"{name}: rows {days[first]} and {days[last]}, column {place!r}: {first} and {last} are more than {MAX_DAYS} days apart; "
                "one of them is wrong"
            )
        return Window(first, last + timedelta(days=1))

    def windows(self, span: Window) -> Iterator[tuple[Window, Iterable[bytes]]]:
        """A file of a period is one window. A file of day reports says nothing of days that it lacks, so each of its days is a window."""
        if self.contract.window != "day" or self.contract.day_from:
            yield span, (record for _, record in self.records())
            return
        typer = Typer(self.contract)
        by_day: dict[date, list[bytes]] = defaultdict(list)
        for _, record in self.records():
            by_day[self._day_of(typer, record) or span.start].append(record)
        for day, records in sorted(by_day.items()):
            yield Window.of_day(day), records

    def _day_of(self, typer: Typer, record: bytes) -> date | None:
        """The record's day, also of a record with another fault; None where there is none."""
        try:
            return date.fromisoformat(typer.value(decode_line(record), self.contract.day_field or "")[:10])
        except BadRecord:
            return None


def _whole_book(statement: Statement, account: str, store: LandingStore) -> Iterator[bytes]:
    """What the stream says from now on: a stream that accumulates keeps what the file does not speak of, as it was sent."""
    contract = statement.contract
    if contract.accumulates and (book := _newest_file(contract, account, store)):
        typer = Typer(contract)
        yield from (record for record in store.records(book) if key_of(typer, contract.accumulates, record) not in statement.said)
    yield from statement.records


def _newest_file(contract: StreamContract, account: str, store: LandingStore, window: Window | None = None) -> Manifest | None:
    """The newest generation that came from a file, of those that share a day with `window`."""
    manifests = [m for m in store.manifests(contract.vendor, contract.stream, account) if m.origin == "file" and m.complete]
    shared = [m for m in manifests if window is None or (m.start < window.end and window.start < m.end)]
    return shared[-1] if shared else None


def _land(
    contract: StreamContract,
    account: str,
    window: Window,
    records: Iterable[bytes],
    digest: str,
    store: LandingStore,
    raw: RawStore,
    result: Imported,
) -> int:
    """Returns the records that the window holds now."""
    with store.generation(contract, account, window) as sink:
        # Of two files that come in at one instant the second one is the newer.
        before = _newest_file(contract, account, store, window)
        if before is not None:
            sink.fetched_at = max(sink.fetched_at, before.fetched_at + timedelta(seconds=1))
        for record in records:
            sink(record)
        landing = sink.commit(complete=True, params={"file": digest[:12]}, detail="imported from a file", origin="file")
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
    return landing.manifest.records


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
