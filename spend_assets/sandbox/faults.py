"""Which faults are served, where and how often; every one is in the answer key with an id.

Two sorts. *Request faults* hit a request and are gone when it is sent again. *Data faults* are facts of the history: late,
restated or withheld cells, decided by seed and day, so that every request sees the same.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.dice import Dice

REQUEST_FAULTS = (
    "rate_limit_primary",
    "secondary_limit_seconds",
    "secondary_limit_date",
    "secondary_limit_bare",
    "server_error",
    "slow_body",
    "reset_body",
    "wrong_content_type",
    "truncated_gzip",
    "expired_link",
    "missing_part",
    "shifted_page",
    "expired_cursor",
)
"""Share of requests. truncated_gzip needs a gzip answer; expired_link and missing_part concern downloads, shifted_page lists of Cursor,
expired_cursor pages of Anthropic."""
DAY_FAULTS = ("not_ready", "late_day", "restated_day", "straggler")
"""not_ready: share of days ready one to three days later. late_day: share of days of which part comes later. restated_day: share of
days changed once within 28 days. straggler: share of user-days that come a day later."""
COUNT_FAULTS = ("schema_growth", "broken_line", "negative_credits", "withheld_day", "missing_part_forever", "outage")
"""How many in the whole history. schema_growth: 1 switches it on; outage: 1 gives every vendor one of 40 minutes a month."""
SHARE_FAULTS = ("duplicate_seats", "renamed_login")
"""Share of the accounts."""
KINDS = REQUEST_FAULTS + DAY_FAULTS + COUNT_FAULTS + SHARE_FAULTS

DEFAULT = {
    "rate_limit_primary": 0.002,
    "secondary_limit_seconds": 0.004,
    "secondary_limit_date": 0.003,
    "secondary_limit_bare": 0,  # a client must wait a minute of its own accord, whatever wait_scale says
    "server_error": 0.005,
    "slow_body": 0.003,
    "reset_body": 0.003,
    "wrong_content_type": 0.001,
    "truncated_gzip": 0.002,
    "expired_link": 0.02,
    "missing_part": 0.005,
    "shifted_page": 0.01,
    "expired_cursor": 0.05,
    "not_ready": 0.04,
    "late_day": 1 / 30,
    "restated_day": 0.03,
    "straggler": 0.004,
    "schema_growth": 1,
    "broken_line": 1,
    "negative_credits": 1,
    "outage": 1,
    "withheld_day": 0,
    "missing_part_forever": 0,
    "duplicate_seats": 0.04,
    "renamed_login": 0.015,
}
HEAVY = {
    **dict.fromkeys(REQUEST_FAULTS, 0.04),
    "expired_link": 0.10,
    "missing_part": 0.05,
    "expired_cursor": 0.3,
    "not_ready": 0.15,
    "late_day": 0.10,
    "restated_day": 0.12,
    "straggler": 0.02,
    "schema_growth": 1,
    "broken_line": 3,
    "negative_credits": 3,
    "outage": 1,
    "withheld_day": 2,
    "missing_part_forever": 2,
    "duplicate_seats": 0.10,
    "renamed_login": 0.04,
}
BASE = {"duplicate_seats": 0.03, "renamed_login": 0.015}
"""Facts of every company, also without faults; a mapping of rates may set them to 0."""


@dataclass(frozen=True)
class Fault:
    """One entry of the answer key. `withheld`: data that no request will ever get."""

    id: str
    kind: str
    stream: str
    day: date | None
    detail: str
    withheld: bool = False


class Faults:
    """The decisions, and the answer key of what was decided or served so far."""

    def __init__(self, config: SandboxConfig, dice: Dice):
        self.dice = dice
        self._rates = _rates(config.faults)
        self._key: dict[str, Fault] = {}
        self._requests: dict[str, int] = {}
        self._lock = threading.Lock()

    def rate(self, kind: str) -> float:
        return self._rates.get(kind, 0.0)

    def note(self, kind: str, stream: str, day: date | None, detail: str, withheld: bool = False) -> str:
        """Put a fault on the answer key; returns its id, the same for the same fault."""
        fault_id = f"{kind}-{self.dice.token(10, kind, stream, day or 'always', detail)}"
        with self._lock:
            self._key[fault_id] = Fault(fault_id, kind, stream, day, detail, withheld)
        return fault_id

    def key(self) -> list[Fault]:
        """Everything on the answer key, in a fixed order. Request faults appear once they were served."""
        with self._lock:
            return sorted(self._key.values(), key=lambda fault: (fault.day or date.min, fault.id))

    def picked_days(self, kind: str, days: list[date]) -> list[date]:
        """The days on which a counted fault falls."""
        count = min(int(self.rate(kind)), len(days))
        return sorted(self.dice.random("picked", kind).sample(days, count))

    def for_request(self, key: str, kinds: tuple[str, ...]) -> tuple[str, str] | None:
        """(kind, fault id) for this request, or None. `key` names route and window without tokens and signatures.

        Decided by the n-th request for the key. Of three requests at most the first two fail, so a client that tries
        three times gets through.
        """
        with self._lock:
            turn = self._requests.get(key, 0)
            self._requests[key] = turn + 1
        block, place = divmod(turn, 3)
        if place > self.dice.number("how often", key, block) % 2:
            return None
        draw = self.dice.fraction("request", key, block)
        for kind in kinds:
            draw -= self.rate(kind)
            if draw < 0:
                return kind, self.note(kind, key, None, f"request {turn + 1}")
        return None


def _rates(setting: str | Mapping[str, float]) -> dict[str, float]:
    if isinstance(setting, str):
        named = {"none": {}, "default": DEFAULT, "heavy": HEAVY}
        if setting not in named:
            raise ValueError(f"faults={setting!r} is none of {sorted(named)}; a mapping of rates by name works too")
        return {**BASE, **named[setting]}
    unknown = sorted(set(setting) - set(KINDS))
    if unknown:
        raise ValueError(f"unknown fault {unknown[0]!r}; known are {', '.join(KINDS)}")
    return {**BASE, **setting}
