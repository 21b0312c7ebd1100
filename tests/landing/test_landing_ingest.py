"""From an answer of the vendor to typed days: restatement, partial and missing answers, failures, late change."""

import gzip
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.answers import AccessDenied, Outcome, VendorUnavailable, Window
from spend_assets.landing.changes import changed_days
from spend_assets.landing.contracts import Field, load_contracts
from spend_assets.landing.findings import findings
from spend_assets.landing.platform import AccountRow, write_platform_tables
from spend_assets.landing.raw import counting
from tests.landing.conftest import Home

SPAN = Window(date(2026, 9, 1), date(2026, 9, 4))
FIRST = SPAN.start
KEY = ("github_copilot", "user_days", "acme")


def user(day: date, user_id: int, credits: str = "1.5", **fields: object) -> bytes:
    other = "".join(f', "{name}": {json.dumps(value)}' for name, value in fields.items())
    return f'{{"day": "{day}", "user_id": {user_id}, "user_login": "u{user_id}", "ai_credits_used": {credits}{other}}}'.encode()


def full(window: Window) -> tuple[Outcome, list[bytes]]:
    return Outcome("data", params={"day": str(window.start)}), [user(window.start, 1), user(window.start, 2, "0.1")]


def outcomes(home: Home, stream: str = "user_days") -> list[str]:
    return [attempt.outcome for attempt in home.store.attempts("github_copilot", stream, "acme")]


def tree(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def test_answers_become_typed_days_and_a_second_run_asks_nothing(home: Home) -> None:
    report, asked = home.ingest("user_days", full, SPAN)
    assert (report.asked, report.landed, report.records, report.failures) == (3, 3, 6, [])
    assert home.rows("user_days", "_account, _day, _record, user_id, ai_credits_used, used_chat")[:2] == [
        ("acme", FIRST, 0, 1, Decimal("1.5"), None),
        ("acme", FIRST, 1, 2, Decimal("0.1"), None),
    ]
    before = tree(home.path)
    home.reopen()
    assert home.ingest("user_days", full, SPAN)[1] == []
    home.at(date(2026, 12, 1))
    assert home.ingest("user_days", full, SPAN)[1] == []
    assert tree(home.path) == before
    assert [window.start for window in asked] == list(SPAN.days())


def test_an_unchanged_answer_is_only_logged_and_a_changed_one_is_a_generation(home: Home) -> None:
    home.at(date(2026, 9, 3))
    home.ingest("user_days", full, Window.of_day(FIRST))
    home.at(date(2026, 9, 4))
    reordered = lambda window: (Outcome("data"), [user(FIRST, 2, "0.1"), user(FIRST, 1)])  # noqa: E731
    assert home.ingest("user_days", reordered, Window.of_day(FIRST))[0].unchanged == 1
    assert len(home.raw.days(*KEY)[FIRST]) == 1
    home.at(date(2026, 9, 5))
    home.reopen()
    assert home.ingest("user_days", lambda w: (Outcome("data"), []), Window.of_day(FIRST))[0].landed == 1
    assert outcomes(home) == ["landed", "unchanged", "landed"]
    generations = home.raw.days(*KEY)[FIRST]
    assert [g.rows for g in generations] == [2, 0], "a day that the vendor withdrew is an empty generation"
    assert counting(generations).rows == 0


def test_a_partial_answer_is_asked_again_and_never_supersedes_a_complete_one(home: Home) -> None:
    part = lambda window: (Outcome("data", complete=False), [user(FIRST, 1)])  # noqa: E731
    assert home.ingest("user_days", part, Window.of_day(FIRST))[0].partial == 1
    assert not home.raw.current(*KEY)[FIRST].complete
    home.ingest("user_days", part, Window.of_day(FIRST))
    # The same instant, the same records, but now complete.
    whole = lambda window: (Outcome("data"), [user(FIRST, 1)])  # noqa: E731
    home.ingest("user_days", whole, Window.of_day(FIRST))
    assert home.raw.current(*KEY)[FIRST].complete
    home.at(date(2026, 10, 11))
    home.ingest("user_days", lambda w: (Outcome("data", complete=False), [user(FIRST, 9)]), Window.of_day(FIRST), refetch=True)
    assert home.raw.current(*KEY)[FIRST].complete
    assert home.rows("user_days", "user_id")[-1] == (1,)
    home.reopen()
    assert home.ingest("user_days", whole, Window.of_day(FIRST))[0].unchanged == 1
    assert sorted(outcomes(home)) == ["landed", "partial", "partial", "partial", "unchanged"]


def test_not_ready_is_no_zero(home: Home) -> None:
    report, _ = home.ingest("user_days", lambda w: (Outcome("not_ready", detail="204"), []), SPAN)
    assert (report.not_ready, report.failures, home.raw.current(*KEY)) == (3, [], {})
    assert home.ingest("user_days", full, SPAN)[1] == [], "at the same instant the vendor would say the same"
    home.at(home.clock.instant.date(), hour=7)
    assert len(home.ingest("user_days", full, SPAN)[1]) == 3


def test_an_empty_answer_for_a_day_that_cannot_be_there_yet_is_no_zero(home: Home) -> None:
    span = Window(date(2026, 10, 1), date(2026, 10, 10))
    home.ingest("ai_credit_report", lambda w: (Outcome("data"), []), span)
    assert sorted(home.raw.current("github_copilot", "ai_credit_report", "acme")) == list(Window(span.start, date(2026, 10, 8)).days())


def test_denied_access_stops_the_stream_and_marks_what_was_due(home: Home) -> None:
    def denied(window: Window) -> tuple[Outcome, list[bytes]]:
        raise AccessDenied("needs read:enterprise", account="acme", route="GET /x", day=window.start, status=403)

    report, asked = home.ingest("user_days", denied, SPAN)
    assert len(asked) == 1
    assert all("read:enterprise" in failure for failure in report.failures)
    failed = {day for a in home.store.attempts(*KEY) if a.outcome == "failed" for day in a.window.days()}
    assert failed == set(SPAN.days())
    assert len(home.ingest("user_days", full, SPAN)[1]) == 3


def test_an_outage_of_three_windows_stops_the_stream_and_shorter_ones_do_not(home: Home) -> None:
    def down(window: Window) -> tuple[Outcome, list[bytes]]:
        raise VendorUnavailable("503", account="acme", route="GET /x", day=window.start, status=503)

    span = Window(date(2026, 9, 1), date(2026, 9, 11))
    assert len(home.ingest("user_days", down, span)[1]) == 3
    assert home.store.attempts(*KEY)[-1].window == Window(date(2026, 9, 4), date(2026, 9, 11))
    flaky = lambda window: down(window) if window.start.day % 3 else full(window)  # noqa: E731
    report, asked = home.ingest("user_days", flaky, span)
    assert (len(asked), report.landed, len(report.failures)) == (10, 3, 7)
    assert home.ingest("user_days", full, span)[0].landed == 7


def test_what_the_vendor_does_not_expose_is_asked_for_once_a_run(home: Home) -> None:
    before = lambda w: (Outcome("not_available", of_window=True), []) if w.start == FIRST else full(w)  # noqa: E731
    report, asked = home.ingest("user_days", before, SPAN)
    assert (len(asked), report.not_available, report.landed) == (3, 1, 2), "the days after one that the vendor never had are asked for"
    home.at(date(2026, 10, 11))
    home.reopen()
    assert home.ingest("user_days", before, SPAN)[0].not_available == 1
    assert outcomes(home)[-1] == "not_available"


def test_a_stream_that_an_account_lacks_is_asked_for_once(home: Home) -> None:
    report, asked = home.ingest("user_days", lambda w: (Outcome("not_available", detail="billed elsewhere"), []), SPAN)
    assert (len(asked), report.not_available, report.failures) == (1, 1, [])
    assert set(outcomes(home)) == {"not_available"}


def test_a_broken_record_costs_only_itself_and_a_duplicate_counts_once(home: Home) -> None:
    lines = [
        user(FIRST, 1),
        b'{"day": "2026-09-01", "user_',
        user(FIRST, 2, "-3"),
        user(FIRST, 1),
        user(FIRST, 1, "2"),
        user(SPAN.end, 5),
        user(FIRST, 3, new="x"),
    ]
    home.ingest("user_days", lambda w: (Outcome("data"), lines), Window.of_day(FIRST))
    current = home.raw.current(*KEY)[FIRST]
    assert (current.rows, current.quarantined, current.duplicates, current.conflicts) == (3, 3, 1, 1)
    assert findings(home.store, home.raw, home.contract("user_days")) == (3, ["new"])
    assert list(home.store.records(home.store.manifests(*KEY)[0])) == lines, "landing keeps what was sent"
    rows = write_platform_tables(
        home.store, home.raw, [AccountRow("github_copilot", "acme", "enterprise", "ai_credit_report", configured=True)]
    )
    streams = sum(map(len, load_contracts().values()))
    assert rows == {"generations": 1, "fetch_log": 1, "quarantine": 3, "drift": 1, "accounts": 1, "streams": streams}
    path = {"path": str(home.path / "raw/platform/quarantine.parquet")}
    assert home.raw.query("select record, field, reason from read_parquet($path) order by record", path)[1][:2] == (2, "ai_credits_used")
    home.at(date(2026, 10, 11))
    home.ingest("user_days", lambda w: (Outcome("data"), lines[:1]), Window.of_day(FIRST), refetch=True)
    assert findings(home.store, home.raw, home.contract("user_days")) == (0, []), "a corrected day has no finding"


def test_overlapping_exports_write_only_the_days_that_changed(home: Home) -> None:
    def export(amount: str, window: Window) -> tuple[Outcome, list[bytes]]:
        rows = []
        for day in window.days():
            net = amount if day == FIRST else "0.5"
            row = {"date": str(day), "username": "u", "product": "copilot", "sku": "s", "quantity": "1", "unit_type": "ai-credits"}
            row |= {"applied_cost_per_quantity": "0.01", "gross_amount": net, "discount_amount": "0", "net_amount": net}
            rows.append(json.dumps(row).encode())
        return Outcome("data"), rows

    span = Window(date(2026, 8, 1), date(2026, 9, 30))
    _, asked = home.ingest("ai_credit_report", lambda w: export("0.1", w), span)
    assert [(w.end - w.start).days for w in asked] == [31, 29]
    home.at(date(2026, 10, 11))
    home.ingest("ai_credit_report", lambda w: export("0.2", w), Window(FIRST, span.end), refetch=True)
    days = home.raw.days("github_copilot", "ai_credit_report", "acme")
    assert {day for day, generations in days.items() if len(generations) == 2} == {FIRST}
    assert counting(days[FIRST]).generation == days[FIRST][-1].generation


def test_settled_months_are_compacted_without_changing_a_row(home: Home) -> None:
    home.ingest("user_days", full, SPAN)
    home.at(date(2026, 10, 11))
    home.ingest("user_days", lambda w: (Outcome("data"), [user(w.start, 1, "7")]), Window.of_day(FIRST), refetch=True)
    rows, days = home.rows("user_days"), home.raw.days(*KEY)
    contract = home.contract("user_days")
    assert home.raw.compact(contract, "acme", date(2026, 10, 4)) == 0
    assert home.raw.compact(contract, "acme", date(2026, 10, 11)) == 1
    assert len(home.raw.files(*KEY)) == 1
    home.reopen()
    assert (home.rows("user_days"), home.raw.days(*KEY)) == (rows, days)
    assert home.raw.compact(contract, "acme", date(2026, 10, 11)) == 0


def test_a_settled_day_that_the_28_day_report_shows_otherwise_is_fetched_once(home: Home) -> None:
    span = Window(date(2026, 9, 20), date(2026, 10, 10))
    home.ingest("user_days", full, span)
    changed = date(2026, 9, 25)

    def report(window: Window) -> tuple[Outcome, list[bytes]]:
        bounds = {"report_start_day": "2026-09-20", "report_end_day": "2026-10-09"}
        rows = [
            user(day, n, "9" if day == changed and n == 1 else "1.5" if n == 1 else "0.1", **bounds) for day in span.days() for n in (1, 2)
        ]
        return Outcome("data"), rows

    home.ingest("user_28_days", report)
    today = date(2026, 10, 10)
    found = changed_days(home.store, home.raw, "acme", today)
    assert list(found) == [changed]
    stale, asked = home.ingest("user_days", full, span, extra_days=found)
    assert (asked, stale.unchanged) == ([Window.of_day(changed)], 1)
    assert changed_days(home.store, home.raw, "acme", today) == {}, "asked once for what this report shows"
    home.reopen()
    home.at(today + timedelta(days=1))
    home.ingest("user_28_days", lambda w: (Outcome("data"), [line for line in report(w)[1] if b'"2026-09-22"' not in line.split(b",")[0]]))
    assert list(changed_days(home.store, home.raw, "acme", today)) == [date(2026, 9, 22)]


def test_days_that_grew_old_while_nobody_looked_are_fetched_once_more(home: Home) -> None:
    home.at(FIRST + timedelta(days=10))
    home.ingest("user_days", full, SPAN)
    late = FIRST + timedelta(days=60)
    assert list(changed_days(home.store, home.raw, "acme", FIRST + timedelta(days=29))) == [], "the 28-day report still watches them"
    home.at(FIRST + timedelta(days=29))
    home.ingest("user_28_days", lambda window: (Outcome("data"), []))
    found = changed_days(home.store, home.raw, "acme", late)
    assert list(found) == [FIRST + timedelta(days=2)], "the report of that day reached the first two while they were 28 days old"
    home.at(late)
    assert home.ingest("user_days", full, SPAN, extra_days=found)[1] == [Window.of_day(day) for day in found]
    assert changed_days(home.store, home.raw, "acme", late) == {}


def test_a_contract_that_learns_a_field_types_landed_records_again(home: Home) -> None:
    home.ingest("user_days", lambda w: (Outcome("data"), [user(FIRST, 1, new="x")]), Window.of_day(FIRST))
    known = home.contract("user_days")
    learned = replace(known, fields=(*known.fields, Field("new", "string")))
    home.contracts = {"github_copilot": {"user_days": learned}}
    home.reopen()
    assert home.raw.bring_up_to_date(learned, "acme", home.store) == 1
    assert home.rows("user_days", "new") == [(None,), ("x",)]
    assert findings(home.store, home.raw, learned) == (0, [])


def test_the_last_of_several_contracts_counts(home: Home) -> None:
    """Digests sort at random: by them the oldest reading would count half of the time."""
    home.ingest("user_days", lambda w: (Outcome("data"), [user(FIRST, 1, a="1", b="2", c="3", d="4")]), Window.of_day(FIRST))
    known = home.contract("user_days")
    for count in range(1, 5):
        learned = replace(known, fields=(*known.fields, *(Field(name, "string") for name in "abcd"[:count])))
        home.contracts = {"github_copilot": {"user_days": learned}}
        home.reopen()
        home.raw.bring_up_to_date(learned, "acme", home.store)
        assert home.raw.bring_up_to_date(learned, "acme", home.store) == 0
        counts = home.raw.current(*KEY)[FIRST].generation
        told = [row[1:] for row in home.rows("user_days", "_generation, " + ", ".join("abcd"[:count])) if row[0] == counts]
        assert told == [tuple("1234"[:count])], counts


def test_the_answer_that_counts_is_typed_again_also_after_a_partial_one(home: Home) -> None:
    """The partial answer came later and does not count: reading only that one anew would leave the new field unknown."""
    home.ingest("user_days", lambda w: (Outcome("data"), [user(FIRST, 1, new="x"), user(FIRST, 2)]), Window.of_day(FIRST))
    home.at(date(2026, 10, 11))
    home.ingest("user_days", lambda w: (Outcome("data", complete=False), [user(FIRST, 2)]), Window.of_day(FIRST), refetch=True)
    learned = replace(home.contract("user_days"), fields=(*home.contract("user_days").fields, Field("new", "string")))
    home.contracts = {"github_copilot": {"user_days": learned}}
    home.reopen()
    home.raw.bring_up_to_date(learned, "acme", home.store)
    counts = home.raw.current("github_copilot", "user_days", "acme")[FIRST].generation
    assert [new for generation, new in home.rows("user_days", "_generation, new") if generation == counts] == ["x", None]


def test_files_are_private_and_the_same_records_give_the_same_bytes(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other", home.clock, home.contracts)
    for each in (home, other):
        each.ingest("user_days", full, SPAN)
        write_platform_tables(each.store, each.raw, [])
    assert tree(home.path) == tree(other.path)
    assert {oct(path.stat().st_mode & 0o777) for path in home.path.rglob("*")} == {"0o700", "0o600"}
    first = next(manifest for manifest in home.store.manifests(*KEY) if manifest.start == FIRST)
    with gzip.open(home.store.records_path(first)) as file:
        assert file.read().splitlines() == full(Window.of_day(FIRST))[1]


def test_an_error_of_ours_leaves_nothing_behind(home: Home) -> None:
    def broken(window: Window) -> tuple[Outcome, list[bytes]]:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        home.ingest("user_days", broken, SPAN)
    assert [path for path in (home.path / "landing").rglob("*") if path.is_file()] == []
    assert outcomes(home) == []


def test_keys_made_of_data_do_not_grow_the_findings_without_bound(home: Home) -> None:
    lines = [user(FIRST, n, **{f"key{n}_{i}": 1 for i in range(60)}) for n in range(10)]
    home.ingest("user_days", lambda w: (Outcome("data"), lines), Window.of_day(FIRST))
    paths = findings(home.store, home.raw, home.contract("user_days"))[1]
    assert (len(paths), "(more unknown keys)" in paths) == (501, True)


def test_an_empty_day_that_came_too_early_is_empty_once_the_answer_is_repeated_in_time(home: Home) -> None:
    nothing = lambda window: (Outcome("data"), [])  # noqa: E731
    home.at(FIRST + timedelta(days=3))
    assert home.ingest("user_days", nothing, Window.of_day(FIRST))[0].landed == 1
    assert FIRST not in home.raw.days(*KEY), "as young as it is, nothing may mean not yet"
    home.at(FIRST + timedelta(days=4))
    assert home.ingest("user_days", nothing, Window.of_day(FIRST))[0].landed == 1
    assert [g.rows for g in home.raw.days(*KEY)[FIRST]] == [0]
    home.at(FIRST + timedelta(days=5))
    assert home.ingest("user_days", nothing, Window.of_day(FIRST))[0].unchanged == 1
    assert outcomes(home) == ["landed", "landed", "unchanged"]
