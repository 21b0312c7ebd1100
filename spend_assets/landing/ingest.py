"""Ask a vendor for what is due of one stream, land it, type it, and keep every attempt.

Killed at any instant, the next run does only what is left.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta

from spend_assets.answers import AccessDenied, Fetch, Outcome, VendorError, Window
from spend_assets.clock import Clock, today
from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.due import cut, due_windows
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import Attempt, AttemptOutcome, LandingStore

FAILURES_IN_A_ROW = 3
"""So many windows in a row that the vendor could not answer end the stream's run: it is down, and the next run asks again."""

PROGRESS_SECONDS = 2.0
"""Progress is said at most this often: enough for a person, and no flood in the run's log."""

Say = Callable[[str], None]


@dataclass
class StreamReport:
    """What one run did for one stream: counts of windows and records, and a message for every failure."""

    asked: int = 0
    landed: int = 0
    partial: int = 0
    unchanged: int = 0
    not_ready: int = 0
    not_available: int = 0
    records: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: "StreamReport") -> None:
        """Add the counts and failures of another account."""
        self.asked += other.asked
        self.landed += other.landed
        self.partial += other.partial
        self.unchanged += other.unchanged
        self.not_ready += other.not_ready
        self.not_available += other.not_available
        self.records += other.records
        self.failures.extend(other.failures)


def ingest_stream(
    contract: StreamContract,
    account: str,
    span: Window | None,
    fetch: Fetch,
    *,
    store: LandingStore,
    raw: RawStore,
    clock: Clock,
    refetch: bool = False,
    extra_days: Mapping[date, str] | None = None,
    say: Say = lambda _: None,
) -> StreamReport:
    """Ask `fetch` for the due windows of `span` and of `extra_days` (day -> reason, kept in the attempt's detail), oldest first.

    A denied access stops the stream at once, three unanswered windows in a row stop it as well; either way the windows left are recorded as
    failed. "Not available" stops it too, as the vendor does not expose the stream to this account, unless that is said of one window.
    Failures of the vendor are in the report; everything else (a full disk, say) is raised.
    """
    extra = dict(extra_days or {})
    raw.bring_up_to_date(contract, account, store)
    attempts = store.attempts(contract.vendor, contract.stream, account)
    windows = due_windows(contract, span, attempts, today(clock), now=clock.now(), refetch=refetch, extra_days=extra)
    run = _Run(contract, account, fetch, store, raw, clock, extra, say)
    said = time.monotonic()
    for position, window in enumerate(windows):
        if time.monotonic() - said >= PROGRESS_SECONDS:
            said = time.monotonic()
            say(f"{contract.stream} {account} [{window.start}, {window.end}): window {position + 1} of {len(windows)}")
        if (stop := run.ask(window)) is not None:
            run.leave(windows[position + 1 :], *stop)
            break
    return run.report


@dataclass
class _Run:
    contract: StreamContract
    account: str
    fetch: Fetch
    store: LandingStore
    raw: RawStore
    clock: Clock
    extra: Mapping[date, str]
    say: Say
    report: StreamReport = field(default_factory=StreamReport)
    failed_in_a_row: int = 0

    def ask(self, window: Window) -> tuple[AttemptOutcome, str] | None:
        """Ask for one window. Returns outcome and reason for the windows that are left, where asking on makes no sense."""
        self.report.asked += 1
        with self.store.generation(self.contract, self.account, window) as sink:
            try:
                outcome = self.fetch(self.contract.stream, window, sink)
            except VendorError as error:
                return self._failed(window, error)
            self.failed_in_a_row = 0
            reasons = sorted({self.extra[day] for day in window.days() if day in self.extra})
            detail = "; ".join(text for text in (outcome.detail, *reasons) if text)
            by_day = outcome.kind == "data" and not outcome.complete and self.contract.by_day_if_partial and len(list(window.days())) > 1
            if outcome.kind == "data" and not by_day:
                landing = sink.commit(complete=outcome.complete, params=outcome.params, detail=detail)
        if by_day:
            return self._ask_days(window, detail)
        if outcome.kind == "data":
            self._count(landing.manifest.records, outcome)
            if landing.new:
                self.report.landed += 1
                self.raw.bring_up_to_date(self.contract, self.account, self.store)
            else:
                self.report.unchanged += 1
                self._log(window, "unchanged" if outcome.complete else "partial", detail)
            return None
        self._log(window, outcome.kind, detail)
        if outcome.kind == "not_ready":
            self.report.not_ready += 1
            return None
        self.report.not_available += 1
        if outcome.of_window:
            return None
        self.say(f"{self.contract.stream} {self.account}: not available to this account. {outcome.detail}")
        return "not_available", detail

    def _ask_days(self, window: Window, detail: str) -> tuple[AttemptOutcome, str] | None:
        """Ask for the days of `window` one by one, so that only those are marked of which something is missing."""
        self.say(f"{self._where(window)}: {detail}; asking day by day")
        for day in window.days():
            if (stop := self.ask(Window.of_day(day))) is not None:
                if day + timedelta(days=1) < window.end:
                    self.leave([Window(day + timedelta(days=1), window.end)], *stop)
                return stop
        return None

    def leave(self, windows: Sequence[Window], outcome: AttemptOutcome, reason: str) -> None:
        """Record the windows that were due and are not asked for; consecutive ones as one attempt."""
        for window in cut(day for left in windows for day in left.days()):
            self._log(window, outcome, reason)
            if outcome == "failed":
                self.report.failures.append(f"{self._where(window)}: not asked. {reason}")

    def _count(self, records: int, outcome: Outcome) -> None:
        self.report.records += records
        if not outcome.complete:
            self.report.partial += 1

    def _failed(self, window: Window, error: VendorError) -> tuple[AttemptOutcome, str] | None:
        self._log(window, "failed", str(error))
        self.report.failures.append(f"{self._where(window)}: {error}")
        self.say(self.report.failures[-1])
        self.failed_in_a_row += 1
        if isinstance(error, AccessDenied):
            return "failed", str(error)
        if self.failed_in_a_row >= FAILURES_IN_A_ROW:
            return "failed", f"{FAILURES_IN_A_ROW} windows in a row failed, so this run asks no further; the next one does"
        return None

    def _log(self, window: Window, outcome: AttemptOutcome, detail: str) -> None:
        attempted_at = self.clock.now().astimezone(UTC).replace(microsecond=0)
        self.store.log(
            Attempt(self.contract.vendor, self.contract.stream, self.account, window.start, window.end, attempted_at, outcome, detail)
        )

    def _where(self, window: Window) -> str:
        return f"{self.contract.vendor} {self.contract.stream} {self.account} [{window.start}, {window.end})"
