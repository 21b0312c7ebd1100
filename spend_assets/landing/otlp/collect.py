"""A folder of collector files into landing: every file adds its records to the days that they belong to, and goes once they are landed.

At-least-once delivery is safe: a day's new generation is what was known of it and what is new, each record once, in one order. A run that
was killed finds the file again, lands the same, and removes it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, timedelta
from pathlib import Path

import msgspec

from spend_assets.answers import Window
from spend_assets.clock import today
from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.crash import point
from spend_assets.landing.due import cut
from spend_assets.landing.files import sync_folder
from spend_assets.landing.ingest import StreamReport
from spend_assets.landing.otlp.commands import Hasher
from spend_assets.landing.otlp.files import FileRefused, Line, collector_files, lines, state
from spend_assets.landing.otlp.messages import NotOtlp
from spend_assets.landing.otlp.read import Reader
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import ANSWERED, Attempt, LandingStore
from spend_assets.settings import Limits

VENDOR, READS, UNREAD = "otlp", "model_calls", "unread_lines"
"""One file holds records of every stream, so one stream reads the folder for all of them."""
BATCH_BYTES = 256 * 2**20
"""So many bytes of records are held at most before they are landed, one file more or less: a day is written once for many files."""
AHEAD = timedelta(days=1)
OLDEST = timedelta(days=1100)
"""A record whose clock is further off is quarantined on the day of its arrival."""

Records = dict[tuple[str, date], dict[bytes, None]]
Say = Callable[[str], None]


def collect(
    contract: StreamContract,
    account: str,
    folder: Path,
    *,
    limits: Limits,
    hasher: Hasher,
    store: LandingStore,
    raw: RawStore,
    say: Say = lambda _: None,
) -> StreamReport:
    """Bring one stream of one account up to date. `model_calls` reads the folder, and lands what it finds for all streams.

    Files that cannot be read are failures of the report and stay where they are; every other one is removed once its records are landed.
    """
    report = StreamReport()
    if contract.stream == READS:
        if not folder.is_dir():
            report.failures.append(f"otlp {account}: the folder {folder} that sources.otlp names does not exist; create it or mend `path`")
            return report
        _Collector(account, limits, hasher, store, raw, report, say).read(folder)
    raw.bring_up_to_date(contract, account, store)
    _confirm(contract, account, store)
    raw.compact(contract, account, today(store.clock), say)
    return report


class _Collector:
    def __init__(self, account: str, limits: Limits, hasher: Hasher, store: LandingStore, raw: RawStore, report: StreamReport, say: Say):
        self.account, self.limits, self.hasher = account, limits, hasher
        self.store, self.raw, self.report, self.say = store, raw, report, say
        self.today = today(store.clock)

    def read(self, folder: Path) -> None:
        batch: Records = defaultdict(dict)
        taken: dict[Path, tuple[int, int, int]] = {}
        held = 0
        for path in collector_files(folder):
            try:
                before = state(path)
                found = self._file(path)
            except FileRefused as refused:
                self._failed(str(refused))
                continue
            except OSError as error:
                self._failed(f"{path.name} cannot be read ({error.strerror}); give it to the user that the pipeline runs as")
                continue
            for key, records in found.items():
                batch[key].update(records)
                held += sum(map(len, records))
            taken[path] = before
            if held >= BATCH_BYTES:
                self._land(batch, taken)
                batch, taken, held = defaultdict(dict), {}, 0
        self._land(batch, taken)

    def _file(self, path: Path) -> Records:
        """The records of one file. Raises FileRefused, and then nothing of it counts."""
        found: Records = defaultdict(dict)

        def put(stream: str, day: str | None, record: bytes) -> None:
            found[stream, self._day(day)][record] = None

        reader = Reader(put, self.hasher)
        for line in lines(path, self.limits):
            try:
                if line.body is None:
                    raise NotOtlp("longer than the bound")
                reader.line(line.body)
            except NotOtlp:
                found[UNREAD, self.today][_unread(line)] = None
        return found

    def _day(self, day: str | None) -> date:
        """The record's day; the day of arrival where it has none, or one that its clock invented."""
        if day is None:
            return self.today
        own = date.fromisoformat(day)
        return own if self.today - OLDEST <= own <= self.today + AHEAD else self.today

    def _failed(self, message: str) -> None:
        self.report.failures.append(f"otlp {self.account}: {message}")
        self.say(self.report.failures[-1])

    def _land(self, batch: Records, files: dict[Path, tuple[int, int, int]]) -> None:
        contracts = self.raw.contracts[VENDOR]
        for (stream, day), records in sorted(batch.items()):
            contract, window = contracts[stream], Window.of_day(day)
            before = self.store.newest(contract, self.account, window)
            if before is not None:
                records.update(dict.fromkeys(self.store.records(before)))
            with self.store.generation(contract, self.account, window) as sink:
                if before is not None:
                    sink.fetched_at = max(sink.fetched_at, before.fetched_at + timedelta(seconds=1))
                # One order whatever came first; by session and time, which also packs best.
                for record in sorted(records):
                    sink(record)
                landing = sink.commit(complete=True, params={}, detail="collector files", origin="file")
            if landing.new:
                self.report.landed += 1
                self.raw.bring_up_to_date(contract, self.account, self.store)
            else:
                self.report.unchanged += 1
            self.report.records += len(records)
        for path, as_read in files.items():
            point("otlp.before_remove")
            try:
                if state(path) != as_read:
                    self._failed(f"{path.name} was written to while it was read, and stays; move files here only once they are finished")
                    continue
                path.unlink()
                sync_folder(path.parent)
            except OSError as error:
                self._failed(f"{path.name} is landed and cannot be removed ({error.strerror}); it still holds what people said")
        if files:
            self.say(f"{len(files)} collector files of {self.account}: {len(batch)} stream days, {self.report.landed} of them new")


def _unread(line: Line) -> bytes:
    digest = hashlib.sha256(line.body or b"").hexdigest() if line.body is not None else "longer than the bound"
    return msgspec.json.encode({"sha256": digest, "bytes": line.length, "line": line.number, "message": "none"})


def _confirm(contract: StreamContract, account: str, store: LandingStore) -> None:
    """Note that the folder said nothing more of a young day: so it settles, as a vendor's day does that is asked for again."""
    now = store.clock.now().astimezone(UTC).replace(microsecond=0)
    confirmed: dict[date, date] = {}
    for attempt in store.attempts(contract.vendor, contract.stream, account):
        if attempt.outcome in ANSWERED:
            for day in attempt.window.days():
                confirmed[day] = max(confirmed.get(day, date.min), attempt.attempted_at.date())
    young = [day for day, on in confirmed.items() if on < now.date() and (on - day).days < contract.settle_days]
    for window in cut(young):
        store.log(Attempt(contract.vendor, contract.stream, account, window.start, window.end, now, "unchanged", "nothing more arrived"))
