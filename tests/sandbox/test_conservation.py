"""What the servers show adds up to the truth, to the last decimal, in every view."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_assets.sandbox.amounts import exact, noisy, plain
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from tests.sandbox.reader import Reader, twelve

CONFIGS = [
    SandboxConfig(people=60, days=50, seed=3, faults="none"),
    SandboxConfig(people=45, days=62, seed=11, faults="heavy"),
    SandboxConfig(people=40, days=60, seed=5, end=date(2026, 7, 5), faults="default"),  # over the switch from premium requests
]


def settled(config: SandboxConfig) -> Sandbox:
    """A sandbox whose clock stands where nothing changes any more."""
    sandbox = Sandbox(config)
    sandbox.clock.set(datetime.combine(config.end + timedelta(days=45), time(6), UTC))
    return sandbox


def month_windows(config: SandboxConfig) -> list[tuple[date, date]]:
    starts = [config.start + timedelta(days=n) for n in range(0, config.days, 31)]
    return [(start, min(start + timedelta(days=30), config.end)) for start in starts]


@given(st.integers(min_value=1, max_value=10**14), st.sampled_from((6, 8)), st.booleans())
def test_the_noise_of_an_amount_vanishes_at_twelve_decimals(value: int, places: int, up: bool) -> None:
    text = noisy(value, places, up)
    assert twelve(text) == exact(value, places)
    assert "e" not in text.lower()
    assert float(plain(value, places)) == float(exact(value, places))


def test_noise_is_really_there() -> None:
    assert noisy(251685470, 6, False) not in ("251.68547", "251.685470")


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"seed{config.seed}")
def test_exports_equal_truth(config: SandboxConfig) -> None:
    with settled(config) as sandbox:
        reader = Reader(sandbox)
        rows = [row for window in month_windows(config) for row in reader.export("ai_credit", *window)]
        detailed = [row for window in month_windows(config) for row in reader.export("detailed", *window)]
        gross: dict[str, Decimal] = defaultdict(Decimal)
        net: dict[str, Decimal] = defaultdict(Decimal)
        keys = set()
        for row in rows:
            quantity, price = twelve(row["quantity"]), Decimal(row["applied_cost_per_quantity"])
            assert quantity * price == twelve(row["gross_amount"]) == twelve(row["discount_amount"]) + twelve(row["net_amount"])
            gross[row["date"][:7]] += twelve(row["gross_amount"])
            net[row["date"][:7]] += twelve(row["net_amount"])
            keys.add(tuple(row[name] for name in ("date", "username", "sku", "model", "organization", "repository", "cost_center_name")))
        assert len(keys) == len(rows)
        amounts = {"quantity", "gross_amount", "discount_amount", "net_amount"}
        assert len({tuple(row[name] for name in row if name not in amounts) for row in detailed}) == len(detailed)
        seats: dict[str, Decimal] = defaultdict(Decimal)
        agents: dict[str, Decimal] = defaultdict(Decimal)
        repeated: dict[str, Decimal] = defaultdict(Decimal)
        for row in detailed:
            money = twelve(row["net_amount"])
            assert twelve(row["quantity"]) * Decimal(row["applied_cost_per_quantity"]) == twelve(row["gross_amount"])
            if row["unit_type"] == "user-months":
                seats[row["date"][:7]] += money
            elif row["unit_type"] in ("ai-credits", "requests"):
                repeated[row["date"][:7]] += twelve(row["gross_amount"])
            elif row["sku"].startswith("sandbox_") or row["workflow_path"].startswith("dynamic/"):
                agents[row["date"][:7]] += money
        months = sandbox.truth.monthly()
        assert len(months) >= 2
        for month in months:
            name = f"{month.month:%Y-%m}"
            assert gross[name] == month.consumption_usd > 0
            assert net[name] == month.billed_usd
            assert repeated[name] == month.consumption_usd
            assert seats[name] == month.seats_usd > 0
            assert agents[name] == month.agent_actions_usd + month.sandboxes_usd
            assert sum(money.gross for money in month.by_org.values()) == month.consumption_usd
            assert sum(money.net for money in month.by_cost_center.values()) == month.billed_usd


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"seed{config.seed}")
def test_user_reports_equal_truth_except_what_is_withheld(config: SandboxConfig) -> None:
    with settled(config) as sandbox:
        reader = Reader(sandbox)
        truth: dict[date, dict[int, Decimal | None]] = defaultdict(dict)
        for row in sandbox.truth.users():
            if row.user_id is not None and row.recorded:
                truth[row.day][row.user_id] = row.metric_credits
        withheld = {cell.day: cell for cell in sandbox.truth.withheld()}
        different = []
        for day in config.history():
            served = reader.credits(day)
            users = served[0] if served else {}
            expected = dict(truth[day])
            for user_id in withheld[day].user_ids if day in withheld else ():
                different.append((day, user_id))
                assert expected.pop(user_id, 0) is not None or day < date(2026, 6, 19)
            assert users == expected, day
            assert (served is not None and served[1]) or day in withheld
        assert bool(different) == (config.faults != "none")


def test_a_seat_of_a_full_month_costs_its_price() -> None:
    config = SandboxConfig(people=60, days=61)
    with settled(config) as sandbox:
        full = [seat for seat in sandbox.truth.seats(date(2026, 9, 1)) if seat.billed_until is None]
        spent: dict[str, Decimal] = defaultdict(Decimal)
        for row in Reader(sandbox).export("detailed", date(2026, 9, 1), date(2026, 9, 30)):
            if row["unit_type"] == "user-months":
                spent[row["username"]] += twelve(row["net_amount"])
        single = [s for s in full if len(sandbox.world.identities.seats_of[s.account.number]) == 1 and len(s.account.logins) == 1]
        assert single
        for seat in single:
            assert spent[seat.account.login_on(date(2026, 9, 1))] == (39 if seat.plan == "enterprise" else 19)


def test_the_pool_covers_what_comes_first() -> None:
    config = SandboxConfig(people=60, days=60, mean_daily_credits=600)
    sandbox = settled(config)
    world = sandbox.world
    month = world.ledger.month(date(2026, 10, 1), sandbox.clock.now())
    covered = sum(charge.discount for charges in month.values() for charge in charges)
    assert covered == max(world.ledger.pool(day) for day in month)
    used = pool = 0
    for day, charges in month.items():
        pool = max(pool, world.ledger.pool(day))
        for charge in charges:
            used += charge.discount
            assert used <= pool and (charge.net == 0 or used == pool)
    promotion = world.ledger.pool(date(2026, 8, 31))
    assert promotion > world.ledger.pool(date(2026, 9, 1)) > 0


def test_the_summary_equals_the_export() -> None:
    config = SandboxConfig(people=60, days=40, seed=3)
    with settled(config) as sandbox:
        reader = Reader(sandbox)
        path = f"{reader.billing}/ai_credit/usage"
        for day in (date(2026, 10, 1), date(2026, 10, 30)):
            answer = reader.ask(path, "GITHUB_BILLING_TOKEN", params={"year": day.year, "month": day.month, "day": day.day})
            items = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)["usageItems"]
            truth = sandbox.truth.daily(day, day)[0]
            assert sum(twelve(item["grossAmount"]) for item in items) == truth.money.gross > 0
            assert sum(twelve(item["netAmount"]) for item in items) == truth.money.net
            assert sum(twelve(item["grossQuantity"]) for item in items) == truth.credits
