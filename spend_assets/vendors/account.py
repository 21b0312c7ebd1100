"""What every vendor's account is: one table of streams, and the same guard around each of them."""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.settings import Limits, read_secret
from spend_assets.sources import VendorSource
from spend_assets.vendors.bodies import BoundBroken
from spend_assets.vendors.http import Credential, HttpClient, Route
from spend_assets.vendors.probes import Probe
from spend_assets.vendors.waits import SECONDARY_SECONDS

SourceT = TypeVar("SourceT", bound=VendorSource)


@dataclass(frozen=True)
class AccountScope(ABC, Generic[SourceT]):
    """One configured account: its HTTP client, which streams it has, and which requests serve them."""

    source: SourceT
    client: HttpClient
    limits: Limits
    now: Callable[[], datetime]

    @property
    @abstractmethod
    def streams(self) -> tuple[str, ...]:
        """The streams that this account is configured for, in the order of the contracts."""

    @abstractmethod
    def route(self, stream: str) -> Route:
        """The request that stands for `stream` in messages (and, for most streams, the only one)."""

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.now().astimezone(UTC).date()

    def http(self, stream: str) -> HttpClient:
        """The client that `stream` is asked with."""
        return self.client

    def close(self) -> None:
        self.client.close()


ScopeT = TypeVar("ScopeT", bound=AccountScope[Any])
Fetcher = Callable[[ScopeT, Window, Sink], Outcome]


class VendorAccount(ABC, Generic[SourceT, ScopeT]):
    """One configured account. `fetch` is the answers.Fetch of its `streams`; secrets are read from `env` at request time."""

    fetchers: ClassVar[Mapping[str, Fetcher[Any]]]

    def __init__(
        self,
        source: SourceT,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        env: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._source, self._limits, self._now, self._env, self._sleep = source, limits, now, env, sleep
        self._scope = self._connect(limits)

    @abstractmethod
    def _connect(self, limits: Limits) -> ScopeT: ...

    @abstractmethod
    def _probes(self, scope: ScopeT) -> Iterator[Probe]:
        """One cheap request per stream, then remarks on the secrets."""

    @property
    def streams(self) -> tuple[str, ...]:
        return self._scope.streams

    def fetch(self, stream: str, window: Window, sink: Sink) -> Outcome:
        """Ask `stream` for `window`; for snapshots it is only the day of observation.

        Raises ValueError for a stream or window that this account cannot be asked for, AccessDenied, VendorUnavailable
        and UnexpectedAnswer as answers.py has them, and SettingsError when a secret's variable is empty.
        """
        scope = self._scope
        if stream not in scope.streams:
            has = ", ".join(scope.streams) or "none"
            raise ValueError(f"account {scope.source.account} is not configured for the stream {stream!r}; it has {has}")
        problem = ""
        try:
            return self.fetchers[stream](scope, window, sink)
        except BoundBroken as broken:
            problem = str(broken)
        except msgspec.ValidationError as invalid:
            problem = f"a record has another shape than documented: {invalid}"
        raise scope.http(stream).error(UnexpectedAnswer, scope.route(stream), problem, day=window.start)

    def probe(self) -> Iterator[Probe]:
        """For `spend doctor`. A person waits for the answer: a limit that lasts is an answer too."""
        scope = self._connect(self._limits.model_copy(update={"attempts": min(self._limits.attempts, 3), "retry_after_seconds": 10}))
        try:
            yield from self._probes(scope)
        finally:
            scope.close()

    def close(self) -> None:
        self._scope.close()

    def _http(
        self,
        limits: Limits,
        routes: Collection[Route],
        credentials: Mapping[str, Credential],
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        download_patterns: Collection[str] = (),
        unnamed_limit_seconds: float = SECONDARY_SECONDS,
    ) -> HttpClient:
        return HttpClient(
            account=self._source.account,
            base_url=base_url or self._source.base_url,
            routes=routes,
            credentials=credentials,
            limits=limits,
            now=self._now,
            headers=headers or {},
            download_patterns=download_patterns,
            unnamed_limit_seconds=unnamed_limit_seconds,
            sleep=self._sleep,
        )

    def _bearer(self, name: str) -> Credential:
        return Credential(name, lambda: {"Authorization": f"Bearer {read_secret(name, self._env)}"})


def one_day(stream: str, window: Window) -> date:
    """The day of a stream that is asked day by day. Raises ValueError for a longer window."""
    if window != Window.of_day(window.start):
        raise ValueError(f"{stream} is asked day by day, got [{window.start}, {window.end})")
    return window.start
