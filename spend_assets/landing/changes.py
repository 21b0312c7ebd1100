"""Late change: settled user days that GitHub's 28-day report shows otherwise than the day's own report did, or that none showed in time."""

from collections.abc import Collection
from datetime import date, timedelta

from spend_assets.answers import Window
from spend_assets.landing.raw import DayGeneration, RawStore
from spend_assets.landing.store import ANSWERED, LandingStore

_VENDOR, _DAYS, _REPORT = "github_copilot", "user_days", "user_28_days"
_CHANGES_FOR = timedelta(days=28)
"""A day may be restated while the 28-day report holds it, and not later (field-notes)."""
_REPORT_REACHES = timedelta(days=30)
"""The age of the oldest day of a report: 28 days that end two full days before."""

_SOURCES = """
    with report as (
        select * from read_parquet($report::varchar[], union_by_name = true) where _day = $observed and _generation = $generation
    ),
    held as (
        select source.* from read_parquet($held::varchar[], union_by_name = true) as source
        join (select unnest($days::date[]) as day, unnest($generations::varchar[]) as generation) as counting
            on source._day = counting.day and source._generation = counting.generation
    )"""


def changed_days(store: LandingStore, raw: RawStore, account: str, today: date) -> dict[date, str]:
    """Days that are no longer fetched daily and whose records differ, in the fields that both reports fill, with the reason to fetch again.

    The reason names a hash of what the 28-day report shows. A (day, hash) that was already asked for is not named again, so that two
    reports which never agree cost one request and not one a day.
    """
    observed = [g for g in raw.current(_VENDOR, _REPORT, account).values() if g.complete]
    if not observed:
        return {}
    newest = max(observed, key=lambda generation: generation.day)
    contract = raw.contracts[_VENDOR][_DAYS]
    before = today - timedelta(days=max(contract.settle_days, contract.refetch_days))
    known = {day: g.generation for day, g in raw.current(_VENDOR, _DAYS, account).items() if day < before}
    asked = [a for a in store.attempts(_VENDOR, _DAYS, account) if a.outcome != "failed"]
    changed = _unwatched(store, account, today, known)
    # Only days that the report speaks of are read: a year of user days would fill the memory for nothing.
    first, last = _span(raw, account, newest)
    shown = {day: generation for day, generation in known.items() if first <= day <= last}
    for day, reported in _differing(raw, account, newest, shown).items():
        reason = f"changed in the 28-day report ({reported[:12]})"
        if not any(reason in a.detail and a.start <= day < a.end for a in asked):
            changed[day] = reason
    return changed


def _unwatched(store: LandingStore, account: str, today: date, known: Collection[date]) -> dict[date, str]:
    """Days that can change no more, and that nobody looked at since they could not: the platform stood still while they grew old."""
    looked = {
        day
        for attempt in store.attempts(_VENDOR, _DAYS, account)
        if attempt.outcome in ANSWERED
        for day in attempt.window.days()
        if attempt.attempted_at.date() - day >= _CHANGES_FOR
    }
    for attempt in store.attempts(_VENDOR, _REPORT, account):
        if attempt.outcome in ANSWERED:
            looked |= set(Window(attempt.start - _REPORT_REACHES, attempt.start - _CHANGES_FOR + timedelta(days=1)).days())
    reason = f"not looked at since it was younger than {_CHANGES_FOR.days} days"
    return {day: reason for day in sorted(known) if day < today - _REPORT_REACHES and day not in looked}


def _span(raw: RawStore, account: str, newest: DayGeneration) -> tuple[date, date]:
    """First and last day that the report says it covers; of an empty report a span without days."""
    rows = raw.query(
        """select min(coalesce(report_start_day, day)), max(coalesce(report_end_day, day))
        from read_parquet($report::varchar[], union_by_name = true) where _day = $observed and _generation = $generation""",
        _report_values(raw, account, newest),
    )
    first, last = rows[0]
    return (first, last) if first and last else (date.max, date.min)


def _report_values(raw: RawStore, account: str, newest: DayGeneration) -> dict[str, object]:
    return {
        "report": raw.paths(_VENDOR, _REPORT, account, {newest.day: newest.generation}),
        "observed": newest.day,
        "generation": newest.generation,
    }


def _differing(raw: RawStore, account: str, newest: DayGeneration, known: dict[date, str]) -> dict[date, str]:
    """Of the `known` days (with the generation that counts) those that differ, with a hash of what the report shows."""
    if not known:
        return {}
    values: dict[str, object] = {
        **_report_values(raw, account, newest),
        "held": raw.paths(_VENDOR, _DAYS, account, known),
        "days": list(known),
        "generations": list(known.values()),
    }
    contract = raw.contracts[_VENDOR][_DAYS]
    fields = [field.name for field in contract.kept if field.name != contract.day_field]
    filled = ", ".join(f'count("{name}")' for name in fields)
    in_report, in_days = (raw.query(f"{_SOURCES} select {filled} from {name}", values)[0] for name in ("report", "held"))
    both = ", ".join(f'"{name}"' for name, left, right in zip(fields, in_report, in_days, strict=True) if left and right)
    if not both:
        return {}
    rows = raw.query(
        f"""{_SOURCES},
        reported as (select day, md5(string_agg(line, chr(10) order by line)) as hash
            from (select day, row({both})::varchar as line from report) group by day),
        kept as (select day, md5(string_agg(line, chr(10) order by line)) as hash
            from (select day, row({both})::varchar as line from held) group by day)
        select known.day, coalesce(reported.hash, 'no record') as shown
        from (select unnest($days::date[]) as day) as known
        left join reported on reported.day = known.day
        left join kept on kept.day = known.day
        where reported.hash is distinct from kept.hash
        order by known.day""",
        values,
    )
    return dict(rows)
