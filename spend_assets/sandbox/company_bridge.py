"""The truth of an invoice: which difference was put into it, and what each makes, to the last digit.

Kinds that are always there because the ledgers have them: included_pool, not_charged, seats, proration, unmetered, discount of a ledger,
rounding. Kinds that are injected are named in `SandboxConfig.bills`.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=60)
CENT = Decimal("0.01")
INJECTED = (
    *("discount", "tax", "fx", "reseller_fee", "refund", "credit_memo", "minimum", "prepaid", "cutoff", "second_invoice", "unlisted"),
)
"""What an invoice may have beside its ledger: `unlisted` is a line that nothing explains, and that no reader should explain."""
USUAL = frozenset({"discount", "tax", "fx", "reseller_fee", "refund"})
UNLISTED = "unexplained"


@dataclass
class Bridge:
    """invoiced = consumption + terms. `rate`: USD for one of the invoice's currency when it was written."""

    rate: Decimal = Decimal(1)
    consumption_usd: Decimal = Decimal(0)
    terms: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def use(self, consumption: Decimal | None, billed: Decimal, why: str = "discount") -> None:
        """Use of the period: what it was worth and what the ledger bills; `why` they differ."""
        if consumption is None:
            self.add("unmetered", billed)
            return
        self.consumption_usd = EXACT.add(self.consumption_usd, consumption)
        self.add(why, EXACT.subtract(billed, consumption))

    def add(self, term: str, usd: Decimal) -> None:
        self.terms[term] = EXACT.add(self.terms[term], usd)

    def written(self, usd: Decimal) -> Decimal:
        """An amount as the invoice has it, in cents half even; what that takes is rounding."""
        amount = cents(EXACT.divide(usd, self.rate))
        self.add("rounding", EXACT.subtract(EXACT.multiply(amount, self.rate), usd))
        return amount

    def known(self) -> dict[str, Decimal]:
        """Terms that are not nothing."""
        return {term: usd for term, usd in sorted(self.terms.items()) if usd}


def cents(amount: Decimal) -> Decimal:
    """Rounded half even, as the vendors' invoices are."""
    return amount.quantize(CENT, ROUND_HALF_EVEN, EXACT)


def share(amount: Decimal, percent: Decimal) -> Decimal:
    return EXACT.multiply(amount, percent.scaleb(-2))
