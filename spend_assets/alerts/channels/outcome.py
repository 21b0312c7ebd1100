"""What came of one attempt to hand a message over, in words that hold no address and no secret."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """sent: the receiver took it. again: it did not, and another attempt may. refused: no attempt will. unknown: nobody can tell."""

    state: Literal["sent", "again", "refused", "unknown"]
    reason: str = ""
    after_seconds: float | None = None
    """What the receiver asked us to wait."""


SENT = Outcome("sent")
