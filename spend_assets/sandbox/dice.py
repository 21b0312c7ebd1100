"""Every random decision of the sandbox: a pure function of the seed and of what is decided, so that order never matters."""

import hashlib
import random
from datetime import date
from functools import lru_cache

_MASK = (1 << 64) - 1
Part = int | str | date


@lru_cache(maxsize=4096)
def _word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


class Dice:
    """`dice.fraction("late", day, user)` is the same number in every run with the same seed."""

    def __init__(self, seed: int):
        self.seed = seed

    def number(self, *parts: Part) -> int:
        """A 64-bit integer. Not cryptographic: splitmix64 rounds, because it is asked for every user and day."""
        state = (self.seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & _MASK
        for part in parts:
            if isinstance(part, str):
                part = _word(part)
            elif isinstance(part, date):
                part = part.toordinal()
            state = ((state ^ (part & _MASK)) * 0xBF58476D1CE4E5B9) & _MASK
            state ^= state >> 29
            state = (state * 0x94D049BB133111EB) & _MASK
            state ^= state >> 32
        return state

    def fraction(self, *parts: Part) -> float:
        """A number in [0, 1)."""
        return (self.number(*parts) >> 11) / (1 << 53)

    def between(self, low: int, high: int, *parts: Part) -> int:
        """An integer from `low` to `high`, both included."""
        return low + self.number(*parts) % (high - low + 1)

    def distinct(self, low: int, high: int, taken: set[int], *parts: Part) -> int:
        """An integer from `low` to `high` that is not in `taken`; it is added there."""
        number = self.between(low, high, *parts)
        while number in taken:
            number = low + (number + 1 - low) % (high - low + 1)
        taken.add(number)
        return number

    def random(self, *parts: Part) -> random.Random:
        """A generator of its own for a decision that needs many numbers."""
        return random.Random(self.number(*parts))  # noqa: S311  simulation, not security

    def token(self, length: int, *parts: Part) -> str:
        """A hexadecimal word of up to 64 characters."""
        text = repr((self.seed, *[part.isoformat() if isinstance(part, date) else part for part in parts]))
        return hashlib.sha256(text.encode()).hexdigest()[:length]
