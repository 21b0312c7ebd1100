"""The do-not-ingest list applied to what is there already: landing rewritten, input files deleted, raw typed again, the rest deleted.

The same step serves an erasure, a run that was killed in one, and a backup that brought erased people back. What is known to be clean
under this list is not read again.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
import msgspec

from spend_assets.clock import Clock
from spend_assets.landing.contracts import Contracts, Field, StreamContract
from spend_assets.landing.crash import point
from spend_assets.landing.files import write_durably
from spend_assets.landing.raw import RawStore
from spend_assets.landing.records import TOMBSTONE
from spend_assets.landing.rewrite import rewrite
from spend_assets.landing.screen import EMAIL, HR, LOGIN, Screen, id_space
from spend_assets.landing.store import LandingStore, Manifest
from spend_assets.publish.memory import memory_path

_CELL = str.maketrans(dict.fromkeys("\"'\n\r\t,;{}[]", "\0"))


@dataclass
class Applied:
    """What was found and taken away: counts."""

    generations: int = 0
    records: int = 0
    input_files: int = 0
    streams: int = 0
    memories: int = 0
    databases: int = 0

    @property
    def anything(self) -> bool:
        return any((self.generations, self.input_files, self.streams, self.memories, self.databases))


@dataclass(frozen=True)
class _Clean:
    """Landed files, by path below landing/, that name nobody on the list `digest`, with their hash."""

    digest: str = ""
    files: dict[str, str] = field(default_factory=dict)


class Forgetting:
    """Over one home, whose lock the caller holds."""

    def __init__(self, home: Path, clock: Clock, contracts: Contracts, screen: Screen):
        self.home, self.clock, self.contracts, self.screen = home, clock, contracts, screen
        self.index = home / "people" / "clean.json"
        marks = repr([(c.vendor, c.stream, _marks(c.fields)) for c in self._contracts()])
        self.digest = hashlib.sha256(f"{screen.digest}|{marks}".encode()).hexdigest()

    def _contracts(self) -> Iterator[StreamContract]:
        for streams in self.contracts.values():
            yield from streams.values()

    def apply(self) -> Applied:
        """Take everybody on the list out of the home. Killed at any instant, the next call does what is left."""
        applied = Applied()
        clean = self._read_index()
        files = clean.files if clean.digest == self.digest else {}
        now = {}
        store = LandingStore(self.home, self.clock, self.screen)
        for contract, manifest in _landed(store, self._contracts()):
            name = str(store.records_path(manifest).relative_to(store.root))
            if files.get(name) == manifest.sha256:
                now[name] = manifest.sha256
                continue
            erased, fresh = rewrite(store, manifest, partial(self.screen.of, contract, manifest.start))
            applied.records += erased
            applied.generations += fresh.sha256 != manifest.sha256
            now[name] = fresh.sha256
        point("forget.landing")
        applied.input_files = self._input_files()
        point("forget.inputs")
        applied.streams = self.type_again()
        point("forget.raw")
        applied.memories = self._memory()
        point("forget.memory")
        applied.databases = self.databases(applied.generations + applied.streams > 0)
        point("forget.databases")
        fresh_index = _Clean(self.digest, now)
        if fresh_index != clean:
            body = msgspec.json.encode(fresh_index)
            write_durably(self.index, lambda path: _put(path, body), "people.clean")
        return applied

    def _read_index(self) -> _Clean:
        try:
            return msgspec.json.decode(self.index.read_bytes(), type=_Clean)
        except (FileNotFoundError, msgspec.MsgspecError):
            return _Clean()

    def _input_files(self) -> int:
        """Imported files that name somebody go: landing has what they said, without that person. Waiting ones are screened as they land."""
        gone = 0
        for path in sorted((self.home / "inbox" / "_landed").glob("*")):
            if path.is_file() and (self.screen.mentions(path.stem) or self._file_names_somebody(path)):
                path.unlink()
                gone += 1
        return gone

    def _file_names_somebody(self, path: Path) -> bool:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                cells = {cell.strip() for cell in line.translate(_CELL).split("\0")}
                if any(cell and self.screen.mentions(cell) for cell in cells):
                    return True
        return False

    def type_again(self) -> int:
        """Raw of every stream whose landed files are others than those it was typed from."""
        store, raw = LandingStore(self.home, self.clock, self.screen), RawStore(self.home, self.contracts)
        streams = 0
        for contract in self._contracts():
            for account in store.accounts(contract.vendor, contract.stream):
                streams += raw.bring_up_to_date(contract, account, store) > 0
        return streams

    def _memory(self) -> int:
        """What was told of team weeks, person by person (publish/memory.py): the share stays, under the name that erased people share."""
        path = memory_path(self.home)
        if not path.exists():
            return 0
        with duckdb.connect(config={"threads": 1}) as connection:
            told = connection.execute("select distinct contributor from read_parquet($1)", [str(path)]).fetchall()
            named = [contributor for (contributor,) in told if contributor and self._is_of(contributor)]
            if not named:
                return 0
            whose = "case when list_contains($named::varchar[], contributor) then $erased else contributor end"
            query = f"select * replace ({whose} as contributor) from read_parquet($path) order by all"
            values = {"named": named, "erased": f"hr:{TOMBSTONE}", "path": str(path)}

            def write(target: Path) -> None:
                connection.execute(f"copy ({query}) to $target (format parquet, compression zstd)", {**values, "target": str(target)})

            write_durably(path, write, "people.memory")
        return 1

    def _is_of(self, person: str) -> bool:
        """Whether a person id of the warehouse, such as hr:E1 or login:ada, is of somebody on the list."""
        kind, _, value = person.partition(":")
        space = {"hr": HR, "mail": EMAIL, "login": LOGIN}.get(kind) or id_space(kind)
        return self.screen.names(space, value) or self.screen.any_space(person)

    def databases(self, changed: bool) -> int:
        """The warehouse and the rebuilds of past days, where raw changed or where they name somebody. A build makes new files."""
        gone = 0
        for path in [self.home / "warehouse.duckdb", *sorted((self.home / "as-of").glob("*.duckdb"))]:
            if path.exists() and (changed or self._names_somebody(path)):
                for part in (path, path.with_name(f"{path.name}.wal")):
                    part.unlink(missing_ok=True)
                gone += 1
        return gone

    def _names_somebody(self, database: Path) -> bool:
        try:
            with duckdb.connect(str(database), read_only=True) as connection:
                rows = connection.execute("select identifier from intermediate.int_known_identifiers").fetchall()
        except duckdb.Error:
            return True  # it cannot be looked into, and can be made again
        return any(self.screen.any_space(str(value)) for (value,) in rows if value is not None)


def _landed(store: LandingStore, contracts: Iterator[StreamContract]) -> Iterator[tuple[StreamContract, Manifest]]:
    for contract in contracts:
        for account in store.accounts(contract.vendor, contract.stream):
            for manifest in list(store.manifests(contract.vendor, contract.stream, account)):
                yield contract, manifest


def landed_hashes(home: Path, clock: Clock, contracts: Contracts) -> dict[str, str]:
    """SHA-256 of every landed file, by its path below landing/."""
    store = LandingStore(home, clock)
    every = (contract for streams in contracts.values() for contract in streams.values())
    return {str(store.records_path(m).relative_to(store.root)): m.sha256 for _, m in _landed(store, every)}


def _marks(fields: tuple[Field, ...]) -> list[object]:
    return [(f.name, f.person, f.person_of, _marks(f.fields)) for f in fields]


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
