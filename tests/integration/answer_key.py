"""Compares every cell of the marts with the sandbox's truth, and every mark with what the server withholds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from spend_assets.sandbox.truth import Money, Month, Withheld
from tests.integration.lab import Lab, morning

ZERO = Decimal(0)
CENT_PER_CREDIT = Decimal("0.01")
AGENTS = ("copilot-swe-agent", "copilot-pull-request-reviewer")
DATED = ("user_days", "user_teams", "ai_credit_usage", "ai_credit_report", "billing_report")
Key = tuple[Any, ...]


@dataclass
class View:
    """One way of adding up: cells by key. `stream` is where the numbers come from; the key's place of the day or month, and of the user."""

    name: str
    stream: str
    expected: Mapping[Key, Decimal]
    found: Mapping[Key, Decimal]
    by_month: bool = False
    user_at: int | None = None


@dataclass
class Tally:
    compared: int = 0
    withheld: int = 0
    """Cells that differ, are on the server's answer key as withheld, and lie on a day that data_health marks."""
    marked: set[tuple[str, date]] = field(default_factory=set)
    false_marks: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    by_view: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.compared} cells compared, {self.withheld} withheld and marked (on {len(self.marked)} marked stream-days), "
            f"{len(self.false_marks)} false marks, {len(self.unmarked)} unmarked differences"
        )


def compare(lab: Lab, *, ledger: str) -> Tally:
    """Every view of the account's ledger (`ai_credit_report`, `ai_credit_usage` or `user_days`), of the metrics, seats and marks."""
    tally, lost = Tally(), {cell.day: cell for cell in lab.sandbox.truth.withheld()}
    tally.marked = _marked(lab)
    tally.false_marks = [f"{stream} {day}" for stream, day in sorted(tally.marked) if not (stream == "user_days" and day in lost)]
    tally.unmarked = [f"withheld but not marked: {day}" for day in sorted(lost) if ("user_days", day) not in tally.marked]
    tally.compared = len(DATED)
    views = {"ai_credit_report": _enterprise, "ai_credit_usage": _organisation, "user_days": _metrics_only}[ledger]
    for view in [*views(lab), *_metrics(lab), *_seats(lab)]:
        _count(view, tally, lost)
    return tally


def _marked(lab: Lab) -> set[tuple[str, date]]:
    """Days of the history that are anything but complete. Snapshots are judged by the seats view, as they have no past."""
    rows = lab.query(
        f"select stream, day from marts.data_health where data_status <> 'complete' and day between '{lab.sandbox.config.start}' "
        f"and '{lab.last_day()}' and stream in {DATED}"
    )
    return set(rows)


def _count(view: View, tally: Tally, lost: dict[date, Withheld]) -> None:
    cells = view.expected.keys() | view.found.keys()
    tally.compared += len(cells)
    tally.by_view[view.name] = tally.by_view.get(view.name, 0) + len(cells)
    for key in sorted(cells, key=str):
        expected, found = view.expected.get(key, ZERO), view.found.get(key, ZERO)
        if expected == found:
            continue
        days = [day for day in lost if (day.replace(day=1) if view.by_month else day) == key[0]]
        user = None if view.user_at is None else key[view.user_at]
        withheld = [day for day in days if user is None or user in lost[day].user_ids]
        if view.stream == "user_days" and any(("user_days", day) in tally.marked for day in withheld):
            tally.withheld += 1
        else:
            tally.unmarked.append(f"{view.name} {key}: truth {expected}, marts {found}")


def _sums(lab: Lab, keys: str, amount: str, source: str) -> dict[Key, Decimal]:
    """`amount` added up by `keys`, over the days of the history."""
    rows = lab.query(
        f"select {keys}, sum({amount}) from {source} where day between '{lab.sandbox.config.start}' and '{lab.last_day()}' "
        f"group by all having sum({amount}) is not null"
    )
    return {row[:-1]: row[-1] for row in rows}


SPEND_DAILY = "(select * from marts.spend_daily where vendor = 'github_copilot')"
INT_SPEND = "(select * from intermediate.int_spend where vendor = 'github_copilot')"
_PEOPLE = f"""(
    select spend.*, coalesce(people.github_id, case when spend.principal_key = 'github-actions[bot]' then 41898282 end) as github_id
    from {SPEND_DAILY} as spend
    left join (select distinct account, day, person_id, github_id from intermediate.int_github_copilot_person_days) as people
        on spend.account = people.account and spend.day = people.day and spend.principal_key = people.person_id
)"""


def _use(condition: str = "true") -> str:
    """AI use without seats, and without the minutes and sandboxes of agents."""
    return f"(select * from {SPEND_DAILY} where principal_key not like 'copilot-%' and series <> 'human_seat' and {condition})"


def _enterprise(lab: Lab) -> Iterator[View]:
    truth, stream = lab.sandbox.truth, "ai_credit_report"
    months, days = truth.monthly(), truth.daily()
    yield from _finance(
        lab,
        stream,
        {(m.month, "consumption"): m.consumption_usd + m.agent_actions_gross_usd + m.sandboxes_usd for m in months}
        | {(m.month, "billed"): m.billed_usd + m.agent_actions_usd + m.sandboxes_usd + m.seats_usd for m in months},
    )
    yield from _months(lab, stream, months)
    yield View("day", stream, {(d.day,): d.money.gross for d in days}, _sums(lab, "day", "consumption_usd", _use()))
    yield View("day billed", stream, {(d.day,): d.money.net for d in days}, _sums(lab, "day", "billed_usd", _use()))
    users = truth.users()
    people = f"(select * from {_PEOPLE} where principal_key not like 'copilot-%' and series <> 'human_seat' and principal_key <> '(pool)')"
    yield View(
        "user-day",
        stream,
        {(u.day, u.user_id): u.money.gross for u in users if u.money.gross},
        _sums(lab, "day, github_id", "consumption_usd", people),
        user_at=1,
    )
    yield from _months_by(lab, "org", "organization", [(m.month, m.by_org) for m in months], INT_SPEND, "principal")
    # The bill's own word: the marts put the owner's or the person's where it says none.
    yield from _months_by(lab, "cost centre", "cost_center", [(m.month, m.by_cost_center) for m in months], INT_SPEND, "principal")
    yield from _agents(lab)


def _finance(lab: Lab, stream: str, expected: dict[Key, Decimal]) -> Iterator[View]:
    """The table of finance itself; its months end with the history.

    Where Copilot's days of a month have too few people, they are told with other vendors', or not at all: what is told is held to
    the ledger by the check conserves_told_spend, and the ledger's own months to the truth by the views below.
    """
    found: dict[Key, Decimal] = {}
    last = lab.last_day().replace(day=1)
    merged = {
        month
        for (month,) in lab.query(
            "select distinct cast(date_trunc('month', day) as date) from intermediate.int_spend_told "
            "where vendor = 'github_copilot' and (told_on is null or published_vendor <> vendor)"
        )
    }
    for month, consumption, billed in lab.query(
        "select month, sum(consumption_usd), sum(billed_usd) from marts.finance_monthly where vendor = 'github_copilot' group by all"
    ):
        if month <= last and month not in merged:
            found |= {(month, "consumption"): consumption or ZERO, (month, "billed"): billed or ZERO}
    yield View("finance_monthly", stream, {key: amount for key, amount in expected.items() if key[0] not in merged}, found, True)


def _months(lab: Lab, stream: str, months: list[Month]) -> Iterator[View]:
    for amount in ("consumption_usd", "billed_usd", "credits", "requests"):
        expected = {(month.month,): getattr(month, amount) for month in months}
        yield View(f"month {amount}", stream, expected, _by_month(lab, amount, _use()), True)


def _by_month(lab: Lab, amount: str, source: str) -> dict[Key, Decimal]:
    return _sums(lab, "cast(date_trunc('month', day) as date)", amount, source)


def _months_by(lab: Lab, name: str, column: str, months: list[tuple[date, dict[str, Money]]], table: str, principal: str) -> Iterator[View]:
    source = f"(select * from {table} where {principal} not like 'copilot-%' and series <> 'human_seat')"
    for kind, amount in (("gross", "consumption_usd"), ("net", "billed_usd")):
        expected = {(month, key or "(none)"): getattr(money, kind) for month, by_key in months for key, money in by_key.items()}
        found = _sums(lab, f"cast(date_trunc('month', day) as date), {column}", amount, source)
        yield View(f"month and {name}, {amount}", "ai_credit_report", expected, found, True)


def _agents(lab: Lab) -> Iterator[View]:
    """Seats by the bill, Actions minutes and sandboxes of agents, day by day."""
    expected: dict[str, dict[Key, Decimal]] = defaultdict(dict)
    for day in lab.sandbox.config.history():
        (month,) = lab.sandbox.truth.monthly(day, day)
        for name, amount in (
            ("seats", month.seats_usd),
            ("seat-months", month.seat_months),
            ("Actions", month.agent_actions_usd),
            ("Actions gross", month.agent_actions_gross_usd),
            ("Actions minutes", month.agent_minutes),
            ("sandboxes", month.sandboxes_usd),
        ):
            expected[name][day,] = amount
    agents = f"(select * from {SPEND_DAILY} where principal_key in {AGENTS})"
    found = {
        "seats": _sums(lab, "day", "billed_usd", f"(select * from {SPEND_DAILY} where series = 'human_seat')"),
        "seat-months": _sums(lab, "day", "seat_months", INT_SPEND),
        "Actions": _sums(lab, "day", "billed_usd", agents),
        "Actions gross": _sums(lab, "day", "consumption_usd", agents),
        "Actions minutes": _sums(
            lab, "day", "quantity", "(select * from staging.stg_github_copilot__billing_report where workflow_path like 'dynamic/%')"
        ),
        "sandboxes": _sums(lab, "day", "billed_usd", f"(select * from {SPEND_DAILY} where principal_key = 'copilot-sandbox')"),
    }
    for name, cells in expected.items():
        yield View(name, "billing_report", cells, found[name])


def _organisation(lab: Lab) -> Iterator[View]:
    """An organisation that is billed itself: the summary names nobody, so money by month and day."""
    stream, months, days = "ai_credit_usage", lab.sandbox.truth.monthly(), lab.sandbox.truth.daily()
    consumed = {(m.month, "consumption"): m.consumption_usd for m in months}
    yield from _finance(lab, stream, consumed | {(m.month, "billed"): m.billed_usd for m in months})
    yield from _months(lab, stream, months)
    yield View("day", stream, {(d.day,): d.money.gross for d in days}, _sums(lab, "day", "consumption_usd", _use()))
    yield View("day billed", stream, {(d.day,): d.money.net for d in days}, _sums(lab, "day", "billed_usd", _use()))


def _metrics_only(lab: Lab) -> Iterator[View]:
    """Without a bill, credits of the user records at a cent each; nothing is known of what was charged."""
    stream, users = "user_days", lab.sandbox.truth.users()
    by_user, by_day, by_month = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
    for user in users:
        worth = (user.metric_credits or ZERO) * CENT_PER_CREDIT
        by_user[user.day, user.user_id] += worth
        by_day[user.day,] += worth
        by_month[user.day.replace(day=1), "consumption"] += worth
    yield from _finance(lab, stream, by_month)
    yield View("day", stream, by_day, _sums(lab, "day", "consumption_usd", SPEND_DAILY))
    yield View("user-day", stream, by_user, _sums(lab, "day, github_id", "consumption_usd", _PEOPLE), user_at=1)


def _metrics(lab: Lab) -> Iterator[View]:
    """What the metrics say of each person and day: that there is a record, and its credits."""
    users = [user for user in lab.sandbox.truth.users() if user.recorded]
    records = "staging.stg_github_copilot__user_days"
    credits = {(u.day, u.user_id): u.metric_credits for u in users if u.metric_credits is not None}
    yield View(
        "record", "user_days", {(u.day, u.user_id): Decimal(1) for u in users}, _sums(lab, "day, github_id", "1", records), user_at=1
    )
    yield View("metric credits", "user_days", credits, _sums(lab, "day, github_id", "credits", records), user_at=1)


def _seats(lab: Lab) -> Iterator[View]:
    """Grants and plans per person on every day on which a run looked."""
    looked = [day for (day,) in lab.query("select distinct day from marts.seats where vendor = 'github_copilot' order by day")]
    assert looked, "no run saw the seats"
    expected: dict[Key, Decimal] = defaultdict(Decimal)
    for day in looked:
        for seat in lab.sandbox.truth.seats(day):
            expected[day, seat.account.user_id] += seat.created <= morning(day)
    found = lab.query(
        "select seats.day, people.github_id, sum(seats.grants) from marts.seats as seats "
        "join (select distinct account, day, person_id, github_id from intermediate.int_github_copilot_person_days) as people "
        "on seats.account = people.account and seats.day = people.day and seats.person_key = people.person_id "
        "where seats.vendor = 'github_copilot' group by all"
    )
    yield View("seats seen", "seats", expected, {row[:-1]: Decimal(row[-1]) for row in found}, user_at=1)


def everything_is_final(lab: Lab) -> list[str]:
    """Months of Copilot's history that finance_monthly does not call settled; the metrics-only ledger may have marked ones."""
    rows = lab.query(
        "select month, series, close_status, data_status from marts.finance_monthly "
        f"where vendor = 'github_copilot' and close_status <> 'settled' and month <= '{lab.last_day().replace(day=1)}' "
        f"and month + interval 1 month <= date '{lab.last_day() + timedelta(days=1)}'"
    )
    return [f"{month} {series}: {close}, {status}" for month, series, close, status in rows]
