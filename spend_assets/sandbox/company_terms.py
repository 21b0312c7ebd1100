"""What the company agreed with its vendors, which of its entities pays, and what its currencies are worth."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from spend_assets.sandbox import names
from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_usage import DISCOUNT_PERCENT
from spend_assets.sandbox.company_bridge import EXACT
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.ledger import ALLOWANCE, PROMOTION, PROMOTION_END, SEAT_USD

LONG_AGO = date(2025, 1, 1)
COPILOT, CURSOR, CLAUDE, API, OPENAI = (
    ("github_copilot", "acme"),
    ("cursor", "team"),
    ("anthropic", ENTERPRISE),
    ("anthropic", CONSOLE),
    ("openai", "platform"),
)
"""(vendor, account) of every bill."""
COPILOT_DISCOUNT = Decimal(10)
"""Percent off AI credits beyond the pool, negotiated; no report of the vendor knows it."""
CURSOR_SEAT, CURSOR_PREMIUM_SEAT, CURSOR_INCLUDED, CURSOR_FEE = Decimal(40), Decimal(120), Decimal(20), Decimal("0.25")
CLAUDE_SEAT = Decimal(20)
"""Per month, billed as a twelfth of the year; the vendor publishes no price [assumed]."""
RESELLER_FEE = Decimal(3)
MINIMUM_PER_PERSON, PREPAID_PER_PERSON = Decimal(400), Decimal(90)
"""A minimum that a month of OpenAI does not reach, and credits that last the API for some weeks; per person of the company."""

_RATES = {"EUR": (10_840, 4), "INR": (11_870, 6)}
"""Currency -> about what it is worth in USD, in units of so many decimal places."""


@dataclass(frozen=True)
class Entity:
    """A legal entity that pays invoices in its own currency. `tax` in percent."""

    name: str
    currency: str
    tax: Decimal


US, GERMANY, INDIA = (
    Entity(name, currency, Decimal(tax))
    for name, currency, tax in zip(names.ENTITIES, ("USD", "EUR", "INR"), ("8.875", "19", "18"), strict=True)
)
PAYER = {COPILOT: US, CURSOR: GERMANY, CLAUDE: INDIA, API: US, OPENAI: US}
BILLED_VIA = {CLAUDE: "aws_marketplace"}
CONTRACT = {COPILOT: "GH-2025-118", CURSOR: "CUR-77310", CLAUDE: "AWSMP-40921", API: "ANT-API-2203", OPENAI: "OAI-5567"}


@dataclass(frozen=True)
class Term:
    """One row of the contracts file; `valid_to` None while it lasts."""

    bill: tuple[str, str]
    item: str
    amount: Decimal
    unit: str
    plan: str = ""
    sku: str = ""
    valid_from: date = LONG_AGO
    valid_to: date | None = None


def payer(bill: tuple[str, str], kinds: Collection[str]) -> Entity:
    """Who pays; without foreign money in USD, without taxes at 0 percent."""
    entity = PAYER[bill]
    if "fx" not in kinds:
        entity = replace(entity, currency="USD")
    return entity if "tax" in kinds else replace(entity, tax=Decimal(0))


def terms(kinds: Collection[str], people: int) -> Iterator[Term]:
    """Every agreed item, the taxes of the paying entities among them."""
    for plan, dollars in SEAT_USD.items():
        yield Term(COPILOT, "seat", Decimal(dollars), "per_seat_month", plan)
        yield Term(COPILOT, "allowance", Decimal(PROMOTION[plan]), "credits_per_seat_month", plan, valid_to=PROMOTION_END)
        yield Term(COPILOT, "allowance", Decimal(ALLOWANCE[plan]), "credits_per_seat_month", plan, valid_from=PROMOTION_END)
    if "discount" in kinds:
        yield Term(COPILOT, "discount", COPILOT_DISCOUNT, "percent", sku="ai_credits")
    for plan, price in (("standard", CURSOR_SEAT), ("premium", CURSOR_PREMIUM_SEAT)):
        yield Term(CURSOR, "seat", price, "per_seat_month", plan)
    yield Term(CURSOR, "allowance", CURSOR_INCLUDED, "usd_per_seat_cycle", "standard")
    yield Term(CURSOR, "fee", CURSOR_FEE, "per_million_tokens", sku="token_rate")
    yield Term(CLAUDE, "seat", CLAUDE_SEAT * 12, "per_seat_year", "enterprise")
    if "reseller_fee" in kinds:
        yield Term(CLAUDE, "fee", RESELLER_FEE, "percent", sku="reseller")
    if "minimum" in kinds:
        yield Term(OPENAI, "minimum", MINIMUM_PER_PERSON * people, "per_month")
    yield Term(API, "discount", Decimal(DISCOUNT_PERCENT[CONSOLE]), "percent")
    for bill in PAYER:
        yield Term(bill, "tax", payer(bill, kinds).tax, "percent")


class Rates:
    """What a currency is worth in USD: as fixed on working days, and as the average of a month."""

    def __init__(self, dice: Dice):
        self._dice = dice

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(_RATES)

    def of_day(self, currency: str, day: date) -> Decimal:
        """The rate that was fixed last on or before `day`."""
        if currency == "USD":
            return Decimal(1)
        while not self.is_fixed(day):
            day -= timedelta(days=1)
        middle, places = _RATES[currency]
        # A mean of neighbouring throws moves slowly, as rates do.
        throws = [self._dice.between(-240, 240, "fx", currency, day.toordinal() - back) for back in range(8)]
        return Decimal(middle + sum(throws) // len(throws)).scaleb(-places)

    def of_month(self, currency: str, month: date) -> Decimal:
        if currency == "USD":
            return Decimal(1)
        days = [day for day in (month + timedelta(days=n) for n in range(31)) if day.month == month.month and self.is_fixed(day)]
        total = sum((self.of_day(currency, day) for day in days), Decimal(0))
        return EXACT.divide(total, Decimal(len(days))).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)

    @staticmethod
    def is_fixed(day: date) -> bool:
        return day.weekday() < 5


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
