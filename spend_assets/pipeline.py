"""One home, its settings and clock, and the steps of a run. Dagster's assets and the command line call these, and nothing else does."""

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from spend_assets.alerts.store import export_events
from spend_assets.answers import AccessDenied, Fetch, Outcome, Sink, Window
from spend_assets.clock import Clock, today
from spend_assets.close.close import Close, close_month
from spend_assets.dbt_build import build_id, dbt_vars, ensure_manifest, require_results, run_dbt
from spend_assets.home import exclusive, prepare_home
from spend_assets.landing import inbox, otlp
from spend_assets.landing.changes import changed_days
from spend_assets.landing.contracts import StreamContract, declared_ledger, load_contracts
from spend_assets.landing.crash import STEPS, point
from spend_assets.landing.cycles import cycle_days
from spend_assets.landing.findings import accounts_of, findings, open_failures
from spend_assets.landing.ingest import StreamReport, ingest_stream
from spend_assets.landing.notation import UNTOLD, Told
from spend_assets.landing.platform import AccountRow, write_platform_tables
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.people.do_not_ingest import load_screen, read_list
from spend_assets.publish.generations import archived
from spend_assets.publish.kept import kept_until
from spend_assets.publish.pseudonyms import load_pseudonyms
from spend_assets.publish.publish import Publication, publish
from spend_assets.publish.verdict import Verdict, read_verdict, require_passed, verdict_from_artifacts, write_verdict
from spend_assets.settings import Settings, SettingsError
from spend_assets.vendors.configured import Configured, configured
from spend_assets.warehouse import Warehouse

Say = Callable[[str], None]

POINTS = ["pipeline.dbt.before", "pipeline.dbt.after", *(f"verdict.{step}" for step in STEPS), "pipeline.verdict.after"]
"""The instants of a build at which a test may kill it (see landing/crash.py)."""


@dataclass(frozen=True)
class Stores:
    """Landing and raw, open for writing: only while the home's lock is held."""

    landing: LandingStore
    raw: RawStore


@dataclass(frozen=True)
class Build:
    """One dbt build: what it is built from, and where."""

    build_id: str
    as_of: date
    warehouse: Path
    target: Path
    home: Path

    def finish(self) -> Verdict:
        """Store what the checks said. Raises PublicationRefused where an integrity check failed, StorageFull where the disk was full."""
        point("pipeline.dbt.after")
        require_results(self.target, self.warehouse)
        verdict = verdict_from_artifacts(self.target, self.build_id, self.as_of)
        write_verdict(self.home, verdict)
        point("pipeline.verdict.after")
        verdict.require_passed()
        return verdict


class Pipeline:
    """`sleep` is how vendors' waits are spent; tests scale it."""

    def __init__(self, settings: Settings, clock: Clock, *, sleep: Callable[[float], None] = time.sleep):
        self.settings, self.clock, self.sleep = settings, clock, sleep
        self.home = prepare_home(settings)
        self.contracts = load_contracts()
        self.warehouse = Warehouse(self.home / "warehouse.duckdb")
        self._is_clean = False
        self._configured = list(configured(settings, now=clock.now, env=os.environ, sleep=sleep))

    # --- ingest ---

    @contextlib.contextmanager
    def opened(self, purpose: str, say: Say) -> Iterator[Stores]:
        """Hold the home and open its stores. Fresh each time: another process may have written in between."""
        with exclusive(self.home, purpose, say):
            screen = load_screen(self.settings, say)
            clean, self._is_clean = not self._is_clean, True
            landing = LandingStore(self.home, self.clock, screen, clean=clean)
            yield Stores(landing, RawStore(self.home, self.contracts, clean=clean))

    def ingest(self, vendor: str, stream: str, span: Window | None, *, refetch: bool, say: Say) -> StreamReport:
        """Fetch, land and type what is due of one stream, for every account. `span` is None for snapshots of the present."""
        with self.opened(f"{vendor}/{stream}", say) as stores:
            return self._ingest(stores, self.contracts[vendor][stream], span, refetch, say)

    def ingest_all(self, span: Window, say: Say) -> Iterator[StreamReport]:
        """Every stream in the order of the contract files, those that come after others of their vendor last."""
        with self.opened("all streams", say) as stores:
            streams = [contract for vendor in self.contracts.values() for contract in vendor.values()]
            for contract in sorted(streams, key=lambda contract: bool(contract.after)):
                yield self._ingest(stores, contract, span, False, say)

    def _ingest(self, stores: Stores, contract: StreamContract, span: Window | None, refetch: bool, say: Say) -> StreamReport:
        if contract.vendor == otlp.VENDOR:
            return self._collect(stores, contract, say)
        dropped = inbox.import_inbox(self.home / "inbox", contract, store=stores.landing, raw=stores.raw, say=say)
        total = StreamReport(
            landed=sum(file.new for file in dropped.imported),
            unchanged=sum(not file.new for file in dropped.imported),
            records=sum(file.records for file in dropped.imported),
            failures=list(dropped.refused),
        )
        for source in self.accounts(contract.vendor):
            account, client = source.account, source.client
            if contract.stream not in client.streams:
                continue
            extra: Mapping[date, str] = {}
            if (contract.vendor, contract.stream) == ("github_copilot", "user_days"):
                extra = changed_days(stores.landing, stores.raw, account, today(self.clock))
            elif (contract.vendor, contract.stream) == ("cursor", "usage_events"):
                extra = cycle_days(stores.landing, stores.raw, account, today(self.clock))
            report = ingest_stream(
                contract,
                account,
                span,
                _naming_settings(client.fetch, account),
                store=stores.landing,
                raw=stores.raw,
                clock=self.clock,
                refetch=refetch,
                extra_days=extra,
                say=say,
            )
            total.add(report)
            stores.raw.compact(contract, account, today(self.clock), say)
        return total

    def _collect(self, stores: Stores, contract: StreamContract, say: Say) -> StreamReport:
        """Telemetry that collectors wrote into folders."""
        total = StreamReport()
        if not self.settings.sources.otlp:
            return total
        hasher = otlp.Hasher(load_pseudonyms(self.settings, say).key_for("prompts and paths"))
        for source in self.settings.sources.otlp:
            report = otlp.collect(
                contract,
                source.account,
                self.home / source.path,
                limits=self.settings.limits,
                hasher=hasher,
                store=stores.landing,
                raw=stores.raw,
                say=say,
            )
            total.add(report)
        return total

    def all_accounts(self) -> list[Configured]:
        """Every configured account of every vendor."""
        return list(self._configured)

    def accounts(self, vendor: str) -> list[Configured]:
        """The configured accounts of a vendor. One client for the life of this object: it may keep what streams share."""
        return [source for source in self._configured if source.vendor == vendor]

    def import_file(self, path: Path, account: str, stream: str | None, say: Say, told: Told = UNTOLD) -> inbox.Imported:
        """Bring one file in; `told` says how it is written. Raises ImportRefused that names file, row, column and what is expected."""
        with self.opened(f"import of {path.name}", say) as stores:
            return inbox.import_file(path, account, stream, store=stores.landing, raw=stores.raw, told=told)

    def findings(self, vendor: str, stream: str, say: Say) -> tuple[int, list[str]]:
        """How many records of the stream's current data are quarantined, and which fields no contract knows."""
        with self.opened(f"findings of {vendor}/{stream}", say) as stores:
            return findings(stores.landing, stores.raw, self.contracts[vendor][stream])

    # --- build ---

    def write_platform_tables(self, say: Say) -> dict[str, int]:
        """Rows by table. dbt reads these beside the vendors' raw data."""
        with self.opened("platform tables", say) as stores:
            return write_platform_tables(stores.landing, stores.raw, self._accounts(stores))

    def _accounts(self, stores: Stores) -> list[AccountRow]:
        rows = {
            (source.vendor, source.account): AccountRow(source.vendor, source.account, source.scope, source.ledger, True)
            for source in self._configured
        }
        rows |= {(otlp.VENDOR, s.account): AccountRow(otlp.VENDOR, s.account, "collector", None, True) for s in self.settings.sources.otlp}
        rows |= {
            (s.vendor, s.account): AccountRow(s.vendor, s.account, "file", declared_ledger(s, self.contracts).stream, False)
            for s in self.settings.sources.files
        }
        # Accounts known from files alone: the first stream that can carry money and is there, else the last that could.
        for vendor, streams in self.contracts.items():
            ledgers = sorted((c for c in streams.values() if c.file_ledger), key=lambda c: c.file_ledger)
            for contract in [*ledgers, *streams.values()] if ledgers else []:
                ledger = contract if contract in ledgers else ledgers[-1]
                for account in accounts_of(stores.landing, stores.raw, contract):
                    rows.setdefault((vendor, account), AccountRow(vendor, account, "file", ledger.stream, False))
            for contract in streams.values():
                for account in accounts_of(stores.landing, stores.raw, contract) if contract.estimates else ():
                    rows.setdefault((vendor, account), AccountRow(vendor, account, "file", None, False))
        return [rows[key] for key in sorted(rows)]

    @contextlib.contextmanager
    def building(self, say: Say) -> Iterator[Build]:
        """Hold the home for one dbt build; the body runs dbt and calls `finish`."""
        with exclusive(self.home, "dbt build", say):
            as_of = today(self.clock)
            target = self.home / "builds" / "dbt"
            shutil.rmtree(target, ignore_errors=True)
            export_events(self.home)
            point("pipeline.dbt.before")
            yield Build(build_id(self.settings, as_of, self._fingerprint()), as_of, self.warehouse.path, target, self.home)

    def _fingerprint(self) -> str:
        """Of the platform tables: they name every generation with its hash, every attempt and every account."""
        digest = hashlib.sha256()
        for path in sorted((self.home / "raw" / "platform").glob("*.parquet")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def build(self, say: Say) -> Verdict:
        """What the Dagster assets `platform` and `marts_build` do, without Dagster."""
        self.write_platform_tables(say)
        with self.building(say) as build:
            run_dbt(["build", *self.dbt_arguments(build)], build.warehouse, build.target, tests_may_fail=True)
            return build.finish()

    def dbt_arguments(self, build: Build) -> list[str]:
        # Unit tests are about the code and not about the data: `make test` runs them.
        return ["--exclude-resource-type", "unit_test", "--vars", dbt_vars(self.settings, build.as_of, build.build_id)]

    def build_as_of(self, day: date, say: Say) -> Path:
        """What was known on `day`, with today's code, in SPEND_HOME/as-of/<day>.duckdb."""
        if day > today(self.clock):
            raise SettingsError(f"{day} is not over yet; nothing is known about it")
        self._require_persons_of(day, say)
        with self.opened(f"as-of {day}", say) as stores:
            folder = self.home / "as-of"
            folder.mkdir(mode=0o700, exist_ok=True)
            fresh, target = folder / f".tmp-{day}.duckdb", folder / f".dbt-{day}"
            fresh.unlink(missing_ok=True)
            accounts = self._accounts(stores)
            write_platform_tables(stores.landing, stores.raw, accounts, day)
            try:
                build = Build(build_id(self.settings, day, self._fingerprint()), day, fresh, target, self.home)
                say(f"building what was known on {day}")
                if (erased := read_list(self.settings)) is not None:
                    say(f"{len(erased.erasures)} erased person(s) are in it as (erased), whatever was known on that day")
                run_dbt(["build", *self.dbt_arguments(build)], fresh, target, tests_may_fail=True)
            finally:
                # Nobody else may find the findings of the past here; a killed run leaves them to the next build, which writes them anew.
                write_platform_tables(stores.landing, stores.raw, accounts)
            shutil.rmtree(target, ignore_errors=True)
            fresh.replace(folder / f"{day}.duckdb")
            return folder / f"{day}.duckdb"

    def _require_persons_of(self, day: date, say: Say) -> None:
        """A rebuild holds within retention; beyond it the archived publications answer (security-privacy 26). Raises SettingsError."""
        until = kept_until(self.home)
        if until is None:
            return
        if day >= until:
            say(f"days before {until} hold no persons any more ([retention] person_days): of those days only totals are as they were known")
            return
        archive = archived(self.home / "published", day)
        instead = f"published/generations/{archive.name} is the last publication that is kept from before" if archive else "none is kept"
        raise SettingsError(
            f"what was known on {day} cannot be rebuilt: persons are kept from {until} on ([retention] person_days). "
            f"The archived aggregate and finance publications answer: {instead}"
        )

    # --- publish ---

    def publish(self, say: Say) -> Publication:
        """Publish the build that the warehouse holds. Raises PublicationRefused for a verdict that is absent, stale or failed."""
        with exclusive(self.home, "publication", say):
            try:
                with self.warehouse.connect() as connection:
                    held = connection.execute("select build_id, as_of from ops.build").fetchone()
            except duckdb.CatalogException:
                held = None  # no build ever began
            if held is None:
                if (verdict := read_verdict(self.home)) is not None:
                    verdict.require_passed()  # names the check that stopped the build
                raise SettingsError("the warehouse holds no finished build; `spend run` makes one")
            return publish(self.home, self.warehouse.path, ensure_manifest(), held[0], held[1], self.settings, say)

    def close(self, month: date, say: Say, *, final: bool) -> Close:
        """Close a month from the build that the warehouse holds. Raises CloseRefused with what is missing, and what `publish` does."""
        with exclusive(self.home, f"close of {month:%Y-%m}", say), self.warehouse.connect() as connection:
            try:
                held = connection.execute("select build_id, as_of from ops.build").fetchone()
            except duckdb.CatalogException:
                held = None
            if held is None:
                raise SettingsError("the warehouse holds no finished build; `spend run` makes one")
            require_passed(read_verdict(self.home), held[0])
            return close_month(self.home, connection, month, final, held[1], held[0], say)

    def open_failures(self, say: Say) -> list[str]:
        """What is not answered although it was asked for: days whose newest attempt failed, files that were not taken."""
        with self.opened("open failures", say) as stores:
            contracts = [contract for streams in self.contracts.values() for contract in streams.values()]
            lines = [line for contract in contracts for line in open_failures(stores.landing, stores.raw, contract)]
        left = [
            f"{path} was not imported: its folder is no known stream, or the message of its stream says why" for path in self._left_files()
        ]
        return lines + left

    def _left_files(self) -> list[Path]:
        """Files that still lie in the inbox, relative to the home."""
        files = (path for path in (self.home / "inbox").rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self.home) for path in files if path.relative_to(self.home).parts[1] != "_landed")


def _naming_settings(ask: Fetch, account: str) -> Fetch:
    """A token variable that is empty is a denied access: the stream's days are marked and the rest goes on."""

    def fetch(stream: str, window: Window, sink: Sink) -> Outcome:
        try:
            return ask(stream, window, sink)
        except SettingsError as error:
            raise AccessDenied(str(error), account=account, route=stream, day=window.start) from None

    return fetch
