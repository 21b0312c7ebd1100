"""Exact amounts as integers, and the text in which the vendor sends them, its binary float noise included.

Units: credits and premium requests in millionths; dollars of usage in 1e-8 (so a credit of $0.01 has the same integer as its
price); everything of the detailed report in 1e-12 (pico). No float ever takes part in a sum.
"""

import math
from decimal import ROUND_HALF_EVEN, Decimal

PICO = 10**12
CREDIT = 10**6
_TWELVE = Decimal(1).scaleb(-12)
_SAFE_NOISE = Decimal("4e-13")


def exact(value: int, places: int) -> Decimal:
    """`value` units of 10^-places as a Decimal, without trailing zeros and without exponent."""
    return Decimal(plain(value, places))


def plain(value: int, places: int) -> str:
    """Positional text without exponent and without trailing zeros: plain(25168547, 6) is '25.168547'."""
    sign, digits = ("-", -value) if value < 0 else ("", value)
    whole, part = divmod(digits, 10**places)
    return f"{sign}{whole}.{part:0{places}d}".rstrip("0").rstrip(".") if part else f"{sign}{whole}"


def noisy(value: int, places: int, up: bool) -> str:
    """The text a vendor that computes in binary floats would send: the neighbouring double of the exact value.

    Only where the noise vanishes when the text is rounded to 12 decimals, with margin; otherwise the exact text.
    So a reader that keeps 12 decimals has the truth to the last unit, and a reader that compares texts or sums floats has not.
    """
    truth = exact(value, places)
    neighbour = math.nextafter(float(truth), math.inf if up else -math.inf)
    text = repr(neighbour)
    if "e" in text or abs(Decimal(text) - truth) > _SAFE_NOISE or Decimal(text).quantize(_TWELVE, ROUND_HALF_EVEN) != truth:
        return plain(value, places)
    return text
