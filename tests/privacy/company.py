"""A small company whose every dollar is known here: 62 people in nine teams, four vendors, one of them with two accounts. No randomness."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

FIRST, LAST = date(2026, 8, 3), date(2026, 10, 4)
"""Monday to Sunday: nine ISO weeks, two ends of a month inside a week."""
TEAMS = {
    "payments": ("retail", 12),
    "search": ("retail", 11),
    "basket": ("retail", 4),
    "wishlist": ("retail", 3),
    "platform": ("engineering", 13),
    "tools": ("engineering", 9),
    "research": ("labs", 4),
    "design": ("office", 3),
    "legal": ("office", 3),
}
"""Division and size. Research is the only team of its division and too small."""
VENDORS = ("github_copilot", "anthropic", "cursor", "openai")
MODELS = {
    "github_copilot": ("GPT-5.4", "Claude Sonnet 4.6", "Grok 4"),
    "anthropic": ("claude-opus-5", "claude-sonnet-5"),
    "cursor": ("auto", "claude-sonnet-5"),
    "openai": ("gpt-5.4",),
}
SEAT = Decimal("0.61")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Person:
    number: int
    team: str
    division: str

    @property
    def key(self) -> str:
        return f"hr:E{self.number:04d}"

    @property
    def mail(self) -> str:
        return f"vera.number{self.number}@acme.example"


@dataclass(frozen=True)
class Line:
    """One row of the ledger with its person, as int_spend_people has it."""

    day: date
    vendor: str
    account: str
    series: str
    model: str
    person: str | None
    """The id of a person; None for the machine."""
    team: str
    consumption: Decimal | None
    billed: Decimal | None


def people() -> list[Person]:
    teams = [(team, division) for team, (division, size) in TEAMS.items() for _ in range(size)]
    return [Person(number, team, division) for number, (team, division) in enumerate(teams, start=1)]


def dice(*parts: object) -> int:
    return int.from_bytes(sha256("|".join(map(str, parts)).encode()).digest()[:6])


def days() -> list[date]:
    return [FIRST + timedelta(days=offset) for offset in range((LAST - FIRST).days + 1)]


def uses(person: Person, vendor: str) -> bool:
    share = {"github_copilot": 90, "anthropic": 55, "cursor": 50, "openai": 35}[vendor]
    return dice("uses", person.number, vendor) % 100 < share


def account_of(person: Person, vendor: str) -> str:
    """Anthropic has an account of its own for the labs and for the first people of engineering."""
    return "labs" if vendor == "anthropic" and (person.division == "labs" or person.number % 5 == 0) else "acme"


def is_active(person: Person, vendor: str, day: date) -> bool:
    return uses(person, vendor) and dice("active", person.number, vendor, day) % 100 < (75 if day.weekday() < 5 else 9)


def dollars(person: Person, vendor: str, day: date, model: str) -> Decimal:
    """Between a cent and about 20 dollars; people differ by a factor of ten."""
    return CENT * (1 + dice("amount", person.number, vendor, day, model) % (60 * (1 + dice("size", person.number) % 10)))


def lines() -> Iterator[Line]:
    """Everything that was used, and a seat of Copilot for everybody who uses it; a machine per vendor."""
    for day in days():
        for person in people():
            for vendor in VENDORS:
                account = account_of(person, vendor)
                if is_active(person, vendor, day):
                    for model in MODELS[vendor]:
                        if dice("model", person.number, model, day) % 3:
                            amount = dollars(person, vendor, day, model)
                            billed = amount if vendor != "github_copilot" else None
                            yield Line(day, vendor, account, "human_usage", model, person.key, person.team, amount, billed)
                if vendor == "github_copilot" and uses(person, vendor):
                    yield Line(day, vendor, account, "human_seat", "(not split)", person.key, person.team, None, SEAT)
        for vendor in VENDORS:
            amount = CENT * (100 + dice("machine", vendor, day) % 900)
            yield Line(day, vendor, "acme", "machine_usage", MODELS[vendor][0], None, "(machines)", amount, amount)


Change = Callable[[list[Line]], list[Line]]


def with_amount(line: Line, amount: Decimal) -> Line:
    return replace(line, consumption=amount, billed=None if line.billed is None else amount)
