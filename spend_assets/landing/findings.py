"""What typing found in the data that counts now: quarantined records and unknown fields. Superseded generations are history."""

from datetime import UTC, date

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.raw import RawStore, TypingReport, report_name
from spend_assets.landing.store import Attempt, LandingStore


def accounts_of(store: LandingStore, raw: RawStore, contract: StreamContract) -> list[str]:
    """Every account that landed, logged or typed anything of a stream."""
    logged = {account for vendor, stream, account in store.logged_streams() if (vendor, stream) == (contract.vendor, contract.stream)}
    return sorted({*logged, *store.accounts(contract.vendor, contract.stream), *raw.accounts(contract.vendor, contract.stream)})


def counting_reports(
    store: LandingStore, raw: RawStore, contract: StreamContract, account: str, as_of: date = date.max
) -> list[TypingReport]:
    """The typing reports of the landed generations that hold some day's newest answer; of snapshots the newest observation only.

    What was fetched after the UTC day `as_of` is not known yet.
    """
    key = (contract.vendor, contract.stream, account)
    newest = {}
    known = [manifest for manifest in store.manifests(*key) if manifest.fetched_at.astimezone(UTC).date() <= as_of]
    for manifest in sorted(known, key=lambda m: (m.complete, m.fetched_at, m.generation)):
        for day in manifest.window.days():
            newest[day] = manifest
    if contract.window == "snapshot" and newest:
        newest = {max(newest): newest[max(newest)]}
    reports = raw.reports(*key)
    names = dict.fromkeys(report_name(newest[day]) for day in sorted(newest))
    return [reports[name] for name in names if name in reports]


def findings(store: LandingStore, raw: RawStore, contract: StreamContract) -> tuple[int, list[str]]:
    """How many records of a stream's data are quarantined, and the paths of its unknown fields, over all accounts."""
    reports = [report for account in accounts_of(store, raw, contract) for report in counting_reports(store, raw, contract, account)]
    return sum(len(report.quarantine) for report in reports), sorted({path for report in reports for path in report.drift})


def open_failures(store: LandingStore, raw: RawStore, contract: StreamContract) -> list[str]:
    """Per account and reason the days whose newest attempt failed; of snapshots the newest day only, as no earlier one can be had again."""
    lines = []
    for account in accounts_of(store, raw, contract):
        newest: dict[date, Attempt] = {}
        for attempt in store.attempts(contract.vendor, contract.stream, account):
            newest.update(dict.fromkeys(attempt.window.days(), attempt))
        if contract.window == "snapshot" and newest:
            newest = {max(newest): newest[max(newest)]}
        by_reason: dict[str, list[date]] = {}
        for day, attempt in sorted(newest.items()):
            if attempt.outcome == "failed":
                by_reason.setdefault(attempt.detail, []).append(day)
        where = f"{contract.vendor}/{contract.stream} {account}"
        lines += [f"{where}: {len(days)} day(s), {days[0]} to {days[-1]}, failed: {reason}" for reason, days in by_reason.items()]
    return lines
