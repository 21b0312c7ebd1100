"""The checklist that a data engineer goes through before believing a simulated company."""

import csv
import itertools
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.sandbox.schedule import FINAL


@pytest.fixture(scope="module", params=[7, 21])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return Sandbox(SandboxConfig(people=200, days=90, seed=request.param))


def by_user(sandbox: Sandbox) -> Counter[int]:
    spent: Counter[int] = Counter()
    for day in sandbox.config.history():
        for row in sandbox.world.usage.all_of(day):
            spent[row.account] += row.credits
    return spent


def test_a_tenth_of_the_users_makes_half_of_the_spend(sandbox: Sandbox) -> None:
    spent = sorted(by_user(sandbox).values(), reverse=True)
    assert 0.45 <= sum(spent[: len(spent) // 10]) / sum(spent) <= 0.56


def test_weekends_are_quiet_but_not_silent(sandbox: Sandbox) -> None:
    active: dict[bool, list[int]] = {True: [], False: []}
    for day in sandbox.config.history():
        active[day.weekday() >= 5].append(len({row.account for row in sandbox.world.usage.all_of(day)}))
    mean = {weekend: sum(counts) / len(counts) for weekend, counts in active.items()}
    assert 0.08 <= mean[True] / mean[False] <= 0.16


def test_some_seats_are_never_used(sandbox: Sandbox) -> None:
    seated = {seat.account.number for seat in sandbox.truth.seats(sandbox.config.end)}
    used = {account for day in sandbox.config.history() for account in sandbox.world.usage.all_of(day) for account in [account.account]}
    assert 0.12 <= len(seated - used) / len(seated) <= 0.22


def test_no_total_is_round_and_no_id_is_sequential(sandbox: Sandbox) -> None:
    for month in sandbox.truth.monthly():
        assert month.consumption_usd % 1 and month.seats_usd % 1
    ids = [account.user_id for account in sandbox.world.identities.accounts]
    assert len(set(ids)) == len(ids)
    assert not any(later - earlier == 1 for earlier, later in itertools.pairwise(sorted(ids)))


def test_metrics_never_equal_the_bill_yet_the_gap_has_a_name(sandbox: Sandbox) -> None:
    rows = sandbox.truth.daily()
    billed, metric = sum(row.credits for row in rows), sum(row.metric_credits for row in rows)
    bots = sum((user.credits for user in sandbox.truth.users() if user.user_id == 41898282), Decimal(0))
    assert billed != metric and billed - metric == bots
    nobody = [user for user in sandbox.truth.users() if user.user_id is None]
    assert nobody and all(user.credits > 0 for user in nobody)


def test_the_pool_lasts_under_the_promotion_and_runs_out_after_it(sandbox: Sandbox) -> None:
    billed = {month.month.month: month.billed_usd for month in sandbox.truth.monthly()}
    assert billed[8] == 0 and billed[10] > 0


def test_people_move_leave_come_back_and_share_cost_centres(sandbox: Sandbox, tmp_path: Path) -> None:
    with sandbox.write_roster(tmp_path / "roster.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 200 and len({row["employee_id"] for row in rows}) > 190
    spans = Counter(row["employee_id"] for row in rows)
    assert max(spans.values()) >= 2
    assert any(row["valid_to"] for row in rows) and any(row["github_login"] == "" for row in rows)
    assert {row["employment"] for row in rows} == {"employee", "contractor"} and len({row["entity"] for row in rows}) == 3
    for row in rows:
        assert not row["valid_to"] or row["valid_from"] < row["valid_to"]
    assert len({row["segment"] for row in rows}) == 5


def test_no_two_rows_of_a_person_overlap_and_managers_form_no_circle(sandbox: Sandbox) -> None:
    rows = sandbox.truth.teams()
    for person in {row.person.employee_id for row in rows}:
        mine = sorted((row for row in rows if row.person.employee_id == person), key=lambda row: row.valid_from)
        for earlier, later in itertools.pairwise(mine):
            assert earlier.valid_to is not None and earlier.valid_to <= later.valid_from
    organisation, day = sandbox.world.organisation, sandbox.config.end
    manager = {p.employee_id: organisation.manager_of(p, p.spans[-1].team, day) for p in organisation.people}
    for start in manager:
        seen, person = set(), start
        while person:
            assert person not in seen
            seen.add(person)
            person = manager[person]


def test_the_strange_accounts_are_there(sandbox: Sandbox) -> None:
    kinds = Counter(account.kind for account in sandbox.world.identities.accounts)
    assert kinds["second"] >= 5 and kinds["shared"] == 3 and kinds["bot"] == 1
    assert any(len(seats) > 1 for seats in sandbox.world.identities.seats_of.values())
    known = set(sandbox.truth.people().values())
    outside = [user for user in sandbox.truth.users() if user.user_id not in known]
    share = sum(u.money.gross for u in outside) / sum(u.money.gross for u in sandbox.truth.users())
    assert Decimal("0.01") < share < Decimal("0.12")


def test_a_user_day_may_be_charged_to_two_cost_centres(sandbox: Sandbox) -> None:
    found = False
    for day in sandbox.config.history():
        charges: dict[int, set[str]] = {}
        for charge in sandbox.world.ledger.day(day, FINAL):
            charges.setdefault(charge.usage.account, set()).add(charge.usage.cost_center)
        found = found or any(len(centres) > 1 for centres in charges.values())
    assert found


def test_pending_seats_are_billed_to_the_end_of_their_month(sandbox: Sandbox) -> None:
    pending = [seat for seat in sandbox.world.identities.seats if seat.revoked and seat.revoked < sandbox.config.end]
    assert pending
    for seat in pending:
        until = seat.billed_until
        assert until is not None and until.day == 1 and until > (seat.revoked or until)
        assert seat.billed_on(until - timedelta(days=1)) and not seat.billed_on(until)


def test_identities_are_distinct_in_a_large_company() -> None:
    large = Sandbox(SandboxConfig(people=4000, days=30))
    organisation, accounts = large.world.organisation, large.world.identities.accounts
    assert len({account.user_id for account in accounts}) == len(accounts)
    current = [account.login_on(large.config.end) for account in accounts if account.start <= large.config.end]
    assert len(set(current)) == len(current) and all(login.isascii() for login in current)
    assert len({person.spans[0].email.lower() for person in organisation.people}) == len(organisation.people)
    assert (
        len({team.github_id for team in organisation.teams}) == len(organisation.teams) == len({team.slug for team in organisation.teams})
    )
