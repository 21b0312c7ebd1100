"""The truth of one vendor in the shape that all vendors share, so that one comparison serves them all."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Cell:
    """What one principal used of one model on one UTC day, in the vendor's final ledger view. Money in USD, never rounded.

    None where the vendor says nothing of it: OpenAI has no list value, a cost row without a model has no tokens.
    `kind`: person, machine, pool or unattributed. `employee_id`: who it was, where it was a person that HR knows.
    """

    vendor: str
    account: str
    day: date
    principal: str
    kind: str
    employee_id: str | None
    model: str
    consumption_usd: Decimal | None
    billed_usd: Decimal | None
    uncached_input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True)
class WithheldCell:
    """A day of a stream that no request will ever deliver whole."""

    vendor: str
    account: str
    stream: str
    day: date
