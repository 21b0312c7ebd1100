"""The words that `vendors` and `landing` share: a request window, and what a vendor answered to it.

Neither side knows the other: a vendor client writes records into a sink and returns an `Outcome`;
landing owns the sink and decides what the outcome means for the days of the window.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, Protocol

Sink = Callable[[bytes], None]
"""Takes one record as the vendor sent it: the bytes of one JSON value, without a line break."""

OutcomeKind = Literal["data", "not_ready", "not_available"]
"""data: the vendor answered (zero records included). not_ready: nothing for this window yet.
not_available: this vendor does not expose the stream to this account (plan, policy)."""


@dataclass(frozen=True, order=True)
class Window:
    """UTC days, half-open: `start` is in, `end` is not."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a window needs at least one day, got [{self.start}, {self.end})")

    @classmethod
    def of_day(cls, day: date) -> "Window":
        return cls(day, day + timedelta(days=1))

    def days(self) -> Iterator[date]:
        day = self.start
        while day < self.end:
            yield day
            day += timedelta(days=1)


@dataclass(frozen=True)
class Outcome:
    """What a vendor answered to one window.

    `complete` is False where a part of the answer could not be had (a missing download part, a page lost):
    such a generation is landed, marked partial and asked for again. `params` are the allow-listed request
    parameters for manifest and fetch_log: never a URL, a header or a link. `of_window`: what is not available is this window alone,
    and the windows after it are to be asked for.
    """

    kind: OutcomeKind
    complete: bool = True
    detail: str = ""
    params: dict[str, str] = field(default_factory=dict)
    of_window: bool = False


class Fetch(Protocol):
    """Ask one stream of one account for one window; records go to `sink` in the order sent."""

    def __call__(self, stream: str, window: Window, sink: Sink) -> Outcome: ...


class VendorError(Exception):
    """A request that failed for good. Names route template, account, day and status; never a URL or a secret."""

    def __init__(self, message: str, *, account: str, route: str, day: date | None = None, status: int | None = None):
        super().__init__(message)
        self.account, self.route, self.day, self.status = account, route, day, status


class AccessDenied(VendorError):
    """401, or 403 that is no rate limit: the message names the missing permission. Not retried."""


class VendorUnavailable(VendorError):
    """Retries are used up (429, 5xx, timeouts, broken bodies). The next run asks again."""


class UnexpectedAnswer(VendorError):
    """An answer that contradicts the vendor's documentation, or breaks a bound of `[limits]`."""
