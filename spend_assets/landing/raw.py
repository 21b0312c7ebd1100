"""Raw: typed Parquet per (stream, account, day), one file per generation that changed the day; settled months in one file.

    raw/<vendor>/<stream>/<account>/<YYYY-MM>/<YYYY-MM-DD>.<generation>.parquet
    raw/<vendor>/<stream>/<account>/<YYYY-MM>/<YYYY-MM>.<hash>.parquet      a settled month, all its generations
    raw/<vendor>/<stream>/<account>/typing/<window>.<generation>.json       what typing found; written last, so it says "typed"
    raw/<vendor>/<stream>/_none/<contract>.parquet                          no rows, the full schema: a glob is never empty

Every Parquet file carries the generations it holds in its key-value metadata, so the files are the index.
"""

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from spend_assets.answers import Window
from spend_assets.landing.contracts import Contracts, StreamContract
from spend_assets.landing.crash import point
from spend_assets.landing.files import TEMPORARY, remove_temporaries, sync_folder, write_durably
from spend_assets.landing.store import LandingStore, Manifest, Origin
from spend_assets.landing.typed import Quarantined, TypedDay, TypedGeneration, type_generation
from spend_assets.settings_words import check_account

_METADATA_KEY = "generations"
_INSERT_ROWS = 2000
_MEMORY = "512MB"
Stream = tuple[str, str, str]
"""(vendor, stream, account)"""


@dataclass(frozen=True)
class DayGeneration:
    """One raw generation of one day. `residual`: per decimal column, exact minus kept after rounding to 12 places, as decimal text."""

    day: date
    generation: str
    fetched_at: datetime
    complete: bool
    rows: int
    quarantined: int
    row_hash: str
    origin: Origin
    duplicates: int = 0
    conflicts: int = 0
    residual: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TypingReport:
    """What typing one landed generation found. `contract` identifies the schema it was typed with."""

    start: date
    end: date
    generation: str
    contract: str
    quarantine: list[Quarantined]
    drift: dict[str, dict[date, int]]
    source: str = ""
    """SHA-256 of the landed file that was typed; "" is any that was never rewritten."""


_generations = msgspec.json.Decoder(list[DayGeneration])
_report = msgspec.json.Decoder(TypingReport)


class RawStore:
    """Reads and writes SPEND_HOME/raw. One process at a time writes; its caller holds the lock of the home."""

    def __init__(self, home: Path, contracts: Contracts, *, clean: bool = True):
        """`clean`: remove what a killed run left; once in a process is enough."""
        self.root, self.contracts = home / "raw", contracts
        self._files: dict[Stream, dict[Path, list[DayGeneration]]] = {}
        self._reports: dict[Stream, dict[str, TypingReport]] = {}
        if clean:
            remove_temporaries(self.root, depth=4)
        for streams in contracts.values():
            for contract in streams.values():
                self._ensure_none(contract)

    @cached_property
    def _db(self) -> duckdb.DuckDBPyConnection:
        """Opened by the first day that is typed: most streams of a daily run have none.

        One thread and a fixed zone: the same rows give the same bytes. A large month is sorted on disk beside raw, not in memory.
        """
        spill = str(self.root / f"{TEMPORARY}spill")
        db = duckdb.connect(config={"threads": 1, "memory_limit": _MEMORY, "temp_directory": spill})
        db.execute("set timezone = 'UTC'")
        return db

    def folder(self, vendor: str, stream: str, account: str) -> Path:
        return self.root / vendor / stream / check_account(account)

    def accounts(self, vendor: str, stream: str) -> list[str]:
        """Accounts that have raw data of a stream, by name."""
        parent = self.root / vendor / stream
        return sorted(path.name for path in parent.iterdir() if path.is_dir() and not path.name.startswith("_")) if parent.is_dir() else []

    def files(self, vendor: str, stream: str, account: str) -> dict[Path, list[DayGeneration]]:
        """Every Parquet file of a stream and the generations in it. The first call finishes an interrupted compaction."""
        key = (vendor, stream, account)
        if key not in self._files:
            paths = sorted(self.folder(*key).glob("????-??/*.parquet"))
            self._files[key] = _finish_compaction(self._read_metadata(paths))
        return self._files[key]

    def days(self, vendor: str, stream: str, account: str) -> dict[date, list[DayGeneration]]:
        """All generations of every day of a stream, oldest fetch first."""
        by_day: dict[date, list[DayGeneration]] = defaultdict(list)
        for generations in self.files(vendor, stream, account).values():
            for generation in generations:
                by_day[generation.day].append(generation)
        for generations in by_day.values():
            generations.sort(key=_age)
        return dict(by_day)

    def current(self, vendor: str, stream: str, account: str) -> dict[date, DayGeneration]:
        """The generation that counts for each day: the newest complete one, else the newest partial one."""
        return {day: counting(generations) for day, generations in self.days(vendor, stream, account).items()}

    def paths(self, vendor: str, stream: str, account: str, generations: Mapping[date, str]) -> list[str]:
        """The files that hold these generations of these days, and the empty file that has every column."""
        wanted = set(generations.items())
        held = self.files(vendor, stream, account).items()
        none = self._none(self.contracts[vendor][stream])
        return [str(none), *sorted(str(path) for path, holds in held if any((g.day, g.generation) in wanted for g in holds))]

    def query(self, sql: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        """Rows of a query over raw files. Only values that the query names are passed."""
        return self._db.execute(sql, {name: value for name, value in values.items() if f"${name}" in sql}).fetchall()

    def reports(self, vendor: str, stream: str, account: str) -> dict[str, TypingReport]:
        """What typing found, by landed generation and window (`<start>_<end>.<generation>`)."""
        key = (vendor, stream, account)
        if key not in self._reports:
            paths = sorted((self.folder(*key) / "typing").glob("[0-9]*.json"))
            self._reports[key] = {path.stem: _report.decode(path.read_bytes()) for path in paths}
        return self._reports[key]

    def bring_up_to_date(self, contract: StreamContract, account: str, landing: LandingStore) -> int:
        """Type every landed generation that is not typed yet, oldest first. Returns how many were typed.

        Where the contract changed since, the generation that counts for each window is typed again. Where a landed file was rewritten
        since, all of the stream is, into new files. This is also how a run goes on that was killed between landing and raw.
        """
        key = (contract.vendor, contract.stream, account)
        manifests = landing.manifests(*key)
        if any(_of_other_bytes(self.reports(*key).get(report_name(manifest)), manifest) for manifest in manifests):
            self.forget(*key)
        reports = self.reports(*key)
        newest: dict[Window, Manifest] = {}
        for manifest in manifests:
            held = newest.get(manifest.window)
            if held is None or manifest.complete or not held.complete:
                newest[manifest.window] = manifest
        typed = 0
        for manifest in manifests:
            report = reports.get(report_name(manifest))
            outdated = report is not None and report.contract != contract.digest and newest[manifest.window] == manifest
            if report is None or outdated:
                again = self._again(contract, manifest) if outdated else ""
                self._write(contract, manifest, type_generation(contract, manifest, landing.records(manifest)), again)
                typed += 1
        return typed

    def _again(self, contract: StreamContract, manifest: Manifest) -> str:
        """What a generation that is typed again is told apart by. Counted, so that of several contracts the last one's sorts last.

        The same number again where a killed run has begun with this contract.
        """
        before = f"{manifest.generation}-r"
        days = self.days(contract.vendor, contract.stream, manifest.account)
        known = {held.generation for day in manifest.window.days() for held in days.get(day, ())}
        done = max((name for name in known if name.startswith(before)), default="")
        number, _, digest = done.removeprefix(before).partition("-")
        if digest == contract.digest[:6]:
            return done.removeprefix(manifest.generation)
        return f"-r{int(number or 0) + 1:03d}-{contract.digest[:6]}"

    def forget(self, vendor: str, stream: str, account: str) -> None:
        """Delete all that is typed of a stream; it is typed again from landing. A kill in between leaves nothing that counts."""
        key = (vendor, stream, account)
        folder = self.folder(*key)
        if folder.exists():
            doomed = folder.with_name(f"{TEMPORARY}{folder.name}")
            shutil.rmtree(doomed, ignore_errors=True)
            folder.rename(doomed)
            point("raw.forget.after_rename")
            shutil.rmtree(doomed)
        self._files.pop(key, None)
        self._reports.pop(key, None)

    def forget_before(self, vendor: str, stream: str, account: str, until: date) -> int:
        """Delete the months before `until`, the first day of one, and what typing found in them. Returns how many days that were."""
        key = (vendor, stream, account)
        gone = len([day for day in self.days(*key) if day < until])
        for folder in sorted(self.folder(*key).glob("????-??")):
            if f"{folder.name}-01" < until.isoformat():
                shutil.rmtree(folder)
        for path in sorted((self.folder(*key) / "typing").glob("[0-9]*.json")):
            if path.name[:10] < until.isoformat():
                path.unlink()
        self._files.pop(key, None)
        self._reports.pop(key, None)
        return gone

    def _write(self, contract: StreamContract, manifest: Manifest, typed: TypedGeneration, again: str) -> None:
        key = (contract.vendor, contract.stream, manifest.account)
        by_day = self.days(*key)
        for day, typed_day in typed.days.items():
            generation = DayGeneration(
                day=day,
                generation=manifest.generation + again,
                fetched_at=manifest.fetched_at,
                complete=manifest.complete,
                rows=len(typed_day.lines),
                quarantined=typed_day.quarantined,
                row_hash=typed_day.row_hash,
                origin=manifest.origin,
                duplicates=typed_day.duplicates,
                conflicts=typed_day.conflicts,
                residual={path: format(rest, "f") for path, rest in sorted(typed_day.residual.items())},
            )
            before = [known for known in by_day.get(day, []) if known.fetched_at <= manifest.fetched_at]
            if not before or _says_more(generation, counting(before)):
                self._write_day(contract, manifest.account, generation, typed_day)
        found = (typed.quarantine, typed.drift)
        report = TypingReport(manifest.start, manifest.end, manifest.generation, contract.digest, *found, manifest.sha256)
        name = report_name(manifest)
        packed = msgspec.json.encode(report)
        write_durably(self.folder(*key) / "typing" / f"{name}.json", lambda path: _write_bytes(path, packed), "raw.report")
        self.reports(*key)[name] = report

    def _write_day(self, contract: StreamContract, account: str, generation: DayGeneration, day: TypedDay) -> None:
        key = (contract.vendor, contract.stream, account)
        path = self.folder(*key) / f"{generation.day:%Y-%m}" / f"{generation.day}.{generation.generation}.parquet"
        self._load(day.lines)
        structure = {"_record": "BIGINT", **{kept.name: kept.json_structure for kept in contract.kept}}
        fields = ", ".join(f'r."{kept.name}"' for kept in contract.kept)
        select = (
            f"select $account::varchar as _account, $day::date as _day, $generation::varchar as _generation, r._record, {fields} "
            "from (select from_json(line, $structure) as r from typed_lines) order by r._record"
        )
        values = {
            "account": account,
            "day": generation.day,
            "generation": generation.generation,
            "structure": msgspec.json.encode(structure).decode(),
        }
        write_durably(path, lambda target: self._copy(select, values, target, [generation]), "raw.day")
        self.files(*key)[path] = [generation]

    def _load(self, lines: Sequence[bytes]) -> None:
        self._db.execute("create or replace temp table typed_lines (line varchar)")
        for start in range(0, len(lines), _INSERT_ROWS):
            chunk = [line.decode() for line in lines[start : start + _INSERT_ROWS]]
            self._db.execute("insert into typed_lines select unnest($1::varchar[])", [chunk])

    def copy_lines(self, lines: Sequence[bytes], columns: Mapping[str, str], target: Path) -> None:
        """Write JSON lines as Parquet with these columns, in the order of the lines."""
        self._load(lines)
        fields = ", ".join(f'r."{name}"' for name in columns)
        self._copy(
            f"select {fields} from (select from_json(line, $structure) as r from typed_lines)",
            {"structure": msgspec.json.encode(columns).decode()},
            target,
            [],
        )

    def _copy(self, select: str, values: dict[str, object], target: Path, generations: Sequence[DayGeneration]) -> None:
        metadata = msgspec.json.encode(generations).decode()
        self._db.execute(
            f"copy ({select}) to $target (format parquet, compression zstd, kv_metadata {{{_METADATA_KEY}: $metadata}})",
            {**values, "target": str(target), "metadata": metadata},
        )

    def _none(self, contract: StreamContract) -> Path:
        """Where the empty file of a stream lies. It is named by the contract, so that its name says whether its columns are right."""
        return self.root / contract.vendor / contract.stream / "_none" / f"{contract.digest}.parquet"

    def _ensure_none(self, contract: StreamContract) -> None:
        path = self._none(contract)
        if path.is_file():
            return
        columns = ", ".join(f'null::{kind} as "{name}"' for name, kind in contract.columns.items())
        write_durably(path, lambda target: self._copy(f"select {columns} where false", {}, target, []), "raw.none")
        for other in path.parent.glob("*.parquet"):
            if other != path:
                other.unlink()

    def compact(self, contract: StreamContract, account: str, today: date, say: Callable[[str], None] = lambda _: None) -> int:
        """Put each settled month of a stream into one file. Returns how many months were rewritten.

        Kill-safe: the month's file is whole before the old ones go, and `files` drops what a killed compaction left.
        """
        key = (contract.vendor, contract.stream, account)
        files = self.files(*key)
        by_month: dict[str, list[Path]] = defaultdict(list)
        for path in files:
            by_month[path.parent.name].append(path)
        done = 0
        for month, paths in sorted(by_month.items()):
            last_day = _last_day(month)
            if len(paths) > 1 and last_day + timedelta(days=max(contract.settle_days, contract.refetch_days) + 1) < today:
                self._compact_month(contract, key, month, sorted(paths))
                done += 1
        if done:
            say(f"{contract.vendor} {contract.stream} {account}: {done} settled month(s) compacted")
        return done

    def _compact_month(self, contract: StreamContract, key: Stream, month: str, paths: list[Path]) -> None:
        files = self.files(*key)
        generations = sorted((g for path in paths for g in files[path]), key=lambda g: (g.day, *_age(g)))
        digest = hashlib.sha256(msgspec.json.encode(generations)).hexdigest()[:12]
        target = paths[0].parent / f"{month}.{digest}.parquet"
        none = self._none(contract)
        columns = ", ".join(f'"{name}"' for name in contract.columns)
        select = f"select {columns} from read_parquet($paths, union_by_name = true) order by _day, _generation, _record"
        values: dict[str, object] = {"paths": [str(none), *map(str, paths)]}
        write_durably(target, lambda path: self._copy(select, values, path, generations), "raw.month")
        for path in paths:
            path.unlink()
            point("raw.month.after_delete")
            del files[path]
        files[target] = generations
        sync_folder(target.parent)

    def _read_metadata(self, paths: list[Path]) -> dict[Path, list[DayGeneration]]:
        if not paths:
            return {}
        rows = self._db.execute(
            "select file_name, value from parquet_kv_metadata($1) where decode(key) = $2", [[str(path) for path in paths], _METADATA_KEY]
        ).fetchall()
        return {Path(name): _generations.decode(value) for name, value in rows}


def counting(generations: Iterable[DayGeneration]) -> DayGeneration:
    """Of one day's generations the one that counts: the newest complete one, else the newest partial one."""
    return max(generations, key=lambda generation: (generation.complete, *_age(generation)))


def _says_more(new: DayGeneration, old: DayGeneration) -> bool:
    # A partial answer never supersedes a complete one; its attempt is in the fetch log.
    if old.complete and not new.complete:
        return False
    return (new.complete, new.row_hash, new.quarantined) != (old.complete, old.row_hash, old.quarantined)


def _finish_compaction(files: dict[Path, list[DayGeneration]]) -> dict[Path, list[DayGeneration]]:
    """Remove files whose generations a month's file holds too: a compaction was killed while deleting them."""
    held = {path: {(g.day, g.generation) for g in generations} for path, generations in files.items()}
    months = [path for path in files if path.name.startswith(f"{path.parent.name}.")]
    kept = dict(files)
    for path, generations in held.items():
        if any(path != month and month in kept and path.parent == month.parent and generations <= held[month] for month in months):
            path.unlink()
            del kept[path]
    return kept


def _age(generation: DayGeneration) -> tuple[datetime, str]:
    return generation.fetched_at, generation.generation


def _of_other_bytes(report: TypingReport | None, manifest: Manifest) -> bool:
    """Whether a report is of the landed file as it was before, or after, an erasure rewrote it; a restored backup may hold either."""
    if report is None or not (report.source or manifest.replaced_sha256):
        return False
    return report.source != manifest.sha256


def report_name(manifest: Manifest) -> str:
    """Identifies one landed generation among a stream's typing reports."""
    return f"{manifest.start}_{manifest.end}.{manifest.generation}"


def _last_day(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
