"""Persons of days that are older than [retention] person_days, out of landing, raw and the warehouse (security-privacy 26 and 27).

What was published of those days is kept first (publish/kept.py): it cannot be judged again. Then their landed records are rewritten as
if everybody in them had been erased - one word for all, numbers and teams stay - raw is typed again, and the next build makes a new
warehouse. It goes by whole months, so that a home is rewritten once a month and not once a day.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from spend_assets.clock import Clock, today
from spend_assets.landing.contracts import Contracts, Field, StreamContract
from spend_assets.landing.crash import STEPS, point
from spend_assets.landing.files import write_durably
from spend_assets.landing.rewrite import rewrite
from spend_assets.landing.screen import EMAIL, Banned, RecordScreen, Screen, keyed_hash
from spend_assets.landing.store import LandingStore, Manifest
from spend_assets.people.forget import Forgetting
from spend_assets.publish.audiences import PublishedTable
from spend_assets.publish.kept import keep, kept_until
from spend_assets.publish.memory import forget_before
from spend_assets.publish.privacy import identifiers_of_warehouse
from spend_assets.publish.refusal import PublicationRefused

Say = Callable[[str], None]
POINTS = ["age.kept", "age.landing", "age.raw", "age.memory", "age.databases", *(f"people.aged.{step}" for step in STEPS)]
"""The instants at which a test may kill it (see landing/crash.py)."""
_MACHINES = {
    "type": ("bot", "service_account", "service_account_actor", "api_actor"),
    "principal_kind": ("machine",),
    "identifier_kind": ("key_id", "key_name"),
}
"""What a record says beside an identifier that is no person's. Machines are kept longer than persons."""
_WORD = "word"


@dataclass
class Aged:
    """What was done: counts."""

    generations: int = 0
    streams: int = 0


@dataclass(frozen=True)
class _Done:
    """Landed files without persons before a day, by path below landing/, with their hash. `digest`: of that day and the contracts."""

    digest: str = ""
    files: dict[str, str] = field(default_factory=dict)


def persons_from(now: date, person_days: int) -> date:
    """The first day whose persons may be kept: a month goes as a whole when its first day is too old."""
    oldest = now - timedelta(days=person_days)
    return (oldest.replace(day=1) + timedelta(days=31)).replace(day=1)


class Ageing:
    """Over one home, whose lock the caller holds."""

    def __init__(self, home: Path, clock: Clock, contracts: Contracts, tables: Callable[[], Sequence[PublishedTable]]):
        self.home, self.clock, self.contracts, self.tables = home, clock, contracts, tables
        self.index = home / "people" / "aged.json"

    def apply(self, person_days: int, say: Say) -> Aged:
        """Take the persons of old days out. Killed at any instant, the next call does what is left.

        Waits, and says so, until a publication has told those days when they were settled: what is told of them then stays.
        """
        until, aged = persons_from(today(self.clock), person_days), Aged()
        store = LandingStore(self.home, self.clock)
        old = [(contract, m, inside) for contract, m, inside in self._old(store, until)]
        if not old:
            return aged
        if not keep(self.home, self.tables(), until):
            say(f"persons of days before {until} are still kept: no publication told these days since they settled; the next run does it")
            until = kept_until(self.home) or date.min
        known = self._known() if until > date.min else None
        if known is None:
            return aged
        point("age.kept")
        digest = hashlib.sha256(repr((until, [_marks(c.fields) for c in self._contracts()])).encode()).hexdigest()
        done = self._read_index()
        files, now = done.files if done.digest == digest else {}, {}
        screen = _screen(known, until)
        for contract, manifest, inside in old:
            name = str(store.records_path(manifest).relative_to(store.root))
            if files.get(name) != manifest.sha256:
                _, fresh = rewrite(store, manifest, partial(_AgedRecords, screen, contract, manifest.start, until, inside))
                aged.generations += fresh.sha256 != manifest.sha256
                now[name] = fresh.sha256
            else:
                now[name] = manifest.sha256
        point("age.landing")
        if aged.generations or done.digest != digest:
            forgetting = Forgetting(self.home, self.clock, self.contracts, screen)
            aged.streams = forgetting.type_again()
            point("age.raw")
            forget_before(self.home, until)
            point("age.memory")
            forgetting.databases(changed=True)
            point("age.databases")
        if (fresh_index := _Done(digest, now)) != done:
            body = msgspec.json.encode(fresh_index)
            write_durably(self.index, lambda path: _put(path, body), "people.aged")
        return aged

    def _contracts(self) -> Iterator[StreamContract]:
        for streams in self.contracts.values():
            yield from (contract for contract in streams.values() if any(_names(f) for f in contract.fields))

    def _old(self, store: LandingStore, until: date) -> Iterator[tuple[StreamContract, Manifest, bool]]:
        """Generations with records of days before `until`; the last says whether their rows have to say so themselves.

        A directory or roster counts until the next one does, so the one that was in force on `until` stays, but for periods that ended.
        """
        for contract in self._contracts():
            for account in store.accounts(contract.vendor, contract.stream):
                manifests = store.manifests(contract.vendor, contract.stream, account)
                if contract.window != "snapshot":
                    yield from ((contract, manifest, False) for manifest in manifests if manifest.start < until)
                    continue
                in_force = max((m.start for m in manifests if m.complete and m.start <= until), default=date.min)
                for manifest in manifests:
                    if manifest.start < in_force:
                        yield contract, manifest, False
                    elif any(f.name == "valid_to" for f in contract.fields):
                        yield contract, manifest, True

    def _known(self) -> list[str] | None:
        """Every identifier of the last build, for free text; None without one: a name in a text would stay."""
        try:
            with duckdb.connect() as connection:
                connection.execute("ATTACH ? AS warehouse (READ_ONLY)", [str(self.home / "warehouse.duckdb")])
                return identifiers_of_warehouse(connection)
        except (duckdb.Error, PublicationRefused):
            return None

    def _read_index(self) -> _Done:
        try:
            return msgspec.json.decode(self.index.read_bytes(), type=_Done)
        except (FileNotFoundError, msgspec.MsgspecError):
            return _Done()


class _AgedRecords(RecordScreen):
    """Everybody in the records of one generation, where these are of days before `until`."""

    def __init__(self, screen: Screen, contract: StreamContract, day: date, until: date, by_period: bool):
        super().__init__(screen, contract, day)
        self.until, self.by_period = until, by_period

    def _day(self, record: Mapping[str, Any]) -> date:
        if not self.by_period:
            return super()._day(record)
        try:
            return date.fromisoformat(str(record.get("valid_to"))[:10]) - timedelta(days=1)
        except ValueError:
            return date.max

    def _hit(self, record: Mapping[str, Any], group: Sequence[Field], day: date) -> bool:
        if day >= self.until or any(str(record.get(name) or "").lower() in kinds for name, kinds in _MACHINES.items()):
            return False
        # Where a record may leave out what a principal is, an address is a person and everything else a key.
        unsaid = not record.get("principal_kind") and any(declared.name == "principal_kind" for declared in self.contract.fields)
        values = [str(record[f.name]) for f in group if not (unsaid and f.person == "any" and "@" not in str(record[f.name]))]
        return bool(values) and not any(value.lower().endswith("[bot]") for value in values)


def _screen(known: Sequence[str], until: date) -> Screen:
    """For free text of days before `until`: whoever the platform knew, under a key that nobody needs again."""
    key = secrets.token_bytes(32)
    spaces = [(EMAIL if "@" in value else _WORD, value) for value in known]
    banned = [Banned(space, keyed_hash(key, space, value), end=until) for space, value in spaces]
    return Screen(key, banned or [Banned(_WORD, "", end=until)])


def _names(declared: Field) -> bool:
    return bool(declared.person) or any(_names(inner) for inner in declared.fields)


def _marks(fields: Sequence[Field]) -> list[object]:
    return [(f.name, f.person, _marks(f.fields)) for f in fields]


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
