"""The answer key: exact totals of the ledger, final or as of an instant. Money is Decimal in USD, never rounded."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.faults import Fault
from spend_assets.sandbox.identities import Seat
from spend_assets.sandbox.ledger import Charge
from spend_assets.sandbox.roster import RosterRow, roster_rows
from spend_assets.sandbox.schedule import CREDITS_IN_METRICS, FINAL
from spend_assets.sandbox.world import World


@dataclass
class Money:
    """AI usage in USD: gross is consumption, net is what is charged beyond pool and included requests."""

    gross: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    net: Decimal = Decimal(0)

    def add(self, charge: Charge) -> None:
        self.gross += exact(charge.gross, 8)
        self.discount += exact(charge.discount, 8)
        self.net += exact(charge.net, 8)


@dataclass
class Month:
    """One calendar month, as far as it lies inside the range that was asked for."""

    month: date
    consumption_usd: Decimal = Decimal(0)
    billed_usd: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    requests: Decimal = Decimal(0)
    seats_usd: Decimal = Decimal(0)
    seat_months: Decimal = Decimal(0)
    agent_minutes: Decimal = Decimal(0)
    agent_actions_usd: Decimal = Decimal(0)
    """Net of agents' Actions minutes; gross in agent_actions_gross_usd."""
    agent_actions_gross_usd: Decimal = Decimal(0)
    sandboxes_usd: Decimal = Decimal(0)
    ci_actions_usd: Decimal = Decimal(0)
    """Net of ordinary CI: in the billing file, but no AI spend."""
    by_org: dict[str, Money] = field(default_factory=dict)
    by_cost_center: dict[str, Money] = field(default_factory=dict)


@dataclass
class Day:
    day: date
    money: Money
    credits: Decimal
    metric_credits: Decimal
    """Sum of ai_credits_used over the user records; 0 before the field existed."""
    recorded_users: int


@dataclass
class UserDay:
    """`user_id` None: billed to nobody. `recorded`: the user report has a record, whose ai_credits_used is `metric_credits`
    (None without a record, and before the field existed)."""

    day: date
    user_id: int | None
    login: str
    credits: Decimal
    money: Money
    metric_credits: Decimal | None = None
    recorded: bool = False


@dataclass
class Withheld:
    """A cell that no request will ever deliver: these users' part of the day in this stream."""

    stream: str
    day: date
    user_ids: list[int]
    whole_day: bool


class Truth:
    def __init__(self, world: World):
        self._world = world

    def monthly(self, start: date | None = None, end: date | None = None, as_of: datetime = FINAL) -> list[Month]:
        """Per month, over [start, end] (both included; default: the whole history), as billed at `as_of`."""
        world = self._world
        months: dict[date, Month] = {}
        for day in self._days(start, end):
            month = months.setdefault(day.replace(day=1), Month(day.replace(day=1)))
            for charge in world.ledger.day(day, as_of):
                usage = charge.usage
                premium = usage.sku == "copilot_premium_request"
                month.consumption_usd += exact(charge.gross, 8)
                month.billed_usd += exact(charge.net, 8)
                month.credits += Decimal(0) if premium else exact(usage.credits, 6)
                month.requests += exact(usage.requests, 6) if premium else Decimal(0)
                month.by_org.setdefault(usage.organization, Money()).add(charge)
                month.by_cost_center.setdefault(usage.cost_center, Money()).add(charge)
            if as_of < world.schedule.ready(day, "billing"):
                continue
            for seat in world.ledger.seat_days(day):
                month.seats_usd += exact(seat.gross, 12)
                month.seat_months += exact(seat.quantity, 12)
            for row in world.metered.day(day, as_of):
                net = exact(row.gross - row.discount, 12)
                if row.product == "copilot":
                    month.sandboxes_usd += net
                elif row.workflow_path.startswith("dynamic/"):
                    month.agent_minutes += exact(row.quantity, 6)
                    month.agent_actions_usd += net
                    month.agent_actions_gross_usd += exact(row.gross, 12)
                else:
                    month.ci_actions_usd += net
        return list(months.values())

    def daily(self, start: date | None = None, end: date | None = None, as_of: datetime = FINAL) -> list[Day]:
        days = []
        for day in self._days(start, end):
            users = self.users(day, day, as_of)
            total = Day(day, Money(), Decimal(0), Decimal(0), 0)
            for user in users:
                total.credits += user.credits
                total.money.gross += user.money.gross
                total.money.discount += user.money.discount
                total.money.net += user.money.net
                total.metric_credits += user.metric_credits or 0
                total.recorded_users += user.recorded
            days.append(total)
        return days

    def users(self, start: date | None = None, end: date | None = None, as_of: datetime = FINAL) -> list[UserDay]:
        """Per day and numeric id: credits and money of the bill, and the credits of the user record, at `as_of`."""
        world = self._world
        accounts = world.identities.accounts
        result: list[UserDay] = []
        for day in self._days(start, end):
            rows: dict[int | None, UserDay] = {}
            for charge in world.ledger.day(day, as_of):
                account = None if charge.usage.payer is None else accounts[charge.usage.payer]
                user_id, login = (account.user_id, account.login_on(day)) if account else (None, "")
                row = rows.setdefault(user_id, UserDay(day, user_id, login, Decimal(0), Money()))
                row.credits += exact(charge.usage.credits, 6)
                row.money.add(charge)
            for number, credits in self._recorded(day, as_of).items():
                account = accounts[number]
                row = rows.setdefault(account.user_id, UserDay(day, account.user_id, account.login_on(day), Decimal(0), Money()))
                row.recorded = True
                row.metric_credits = exact(credits, 6) if day >= CREDITS_IN_METRICS else None
            result += sorted(rows.values(), key=lambda row: row.user_id or 0)
        return result

    def seats(self, day: date) -> list[Seat]:
        """The grants that exist on `day`, pending cancellations included."""
        return [seat for seat in self._world.identities.seats if seat.billed_on(day)]

    def teams(self, known_on: date | None = None) -> list[RosterRow]:
        """HR's history."""
        return roster_rows(self._world.organisation, known_on or self._world.clock.now().date())

    def people(self) -> dict[str, int]:
        """Employee id -> numeric GitHub id, of the account that the company gave or registered."""
        return {
            account.person.employee_id: account.user_id
            for account in self._world.identities.accounts
            if account.kind == "person" and account.person
        }

    def faults(self) -> list[Fault]:
        return self._world.faults.key()

    def withheld(self) -> list[Withheld]:
        reports = self._world.reports
        cells = []
        for day in self._days(None, None):
            accounts = reports.withheld_accounts(day)
            if accounts or day in reports.withheld_days:
                ids = sorted(account.user_id for account in accounts)
                cells.append(Withheld("user_days", day, ids, day in reports.withheld_days))
        return cells

    def _recorded(self, day: date, as_of: datetime) -> dict[int, int]:
        """Account number -> millionths of credits of its user record, for every account that has one."""
        world = self._world
        if as_of < world.schedule.ready(day, "metrics"):
            return {}
        change = world.schedule.restatement(day, as_of)
        gone = change.deleted if change else None
        recorded = {
            account.number: 0
            for account in world.identities.accounts
            if account.kind != "bot"
            and account.number != gone
            and world.usage.is_active(account, day)
            and world.schedule.visible_from(day, account.number, "metrics") <= as_of
        }
        for row in world.usage.day(day, "metrics", as_of):
            if row.account in recorded:
                recorded[row.account] += row.credits
        return recorded

    def _days(self, start: date | None, end: date | None) -> list[date]:
        config = self._world.config
        return [day for day in config.history() if (start or config.start) <= day <= (end or config.end)]
