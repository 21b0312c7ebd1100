"""One client for every vendor: an allow-list of routes, bounded retries, bounded bodies, and errors without URLs or secrets.

Nothing here knows a vendor; a vendor's package gives the routes, the headers and the credentials.
"""

import logging
import random
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import httpx
import msgspec

from spend_assets.answers import AccessDenied, UnexpectedAnswer, VendorError, VendorUnavailable
from spend_assets.settings import Limits, SettingsError
from spend_assets.settings_words import is_loopback
from spend_assets.vendors.bodies import Body, BoundBroken, BrokenBody
from spend_assets.vendors.hosts import RefusedLink, Resolve, check_download, check_same_origin, resolve
from spend_assets.vendors.records import EMPTY, decode_leniently
from spend_assets.vendors.waits import SECONDARY_SECONDS, backoff_seconds, is_rate_limit, limit_seconds, retry_after_seconds

# Both log whole URLs, signed links included, at INFO and DEBUG (security-privacy 2).
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

logger = logging.getLogger(__name__)
LONG_WAIT_SECONDS = 5.0
"""A wait that a person would wonder about is said."""

T = TypeVar("T")
Params = Mapping[str, str | Sequence[str]]
"""A query; a sequence of values repeats its name."""

USER_AGENT = "spend-assets"
"""GitHub refuses requests without one."""

RETRIED = frozenset({408, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3
GONE = frozenset({403, 404, 410})
"""Answers of a signed link that has expired or whose file is gone."""

BODY_DEADLINES = 20
"""A body may take this many times timeout_seconds as a whole, however steadily it trickles."""


@dataclass(frozen=True)
class Route:
    """One request that a client may send.

    `path` is a template ("/orgs/{org}/teams"), `permission` is what a refused request lacks, in words for a person,
    `credential` names the entry of the client's credentials that it is sent with.
    """

    method: str
    path: str
    permission: str
    credential: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


@dataclass(frozen=True)
class Credential:
    """A secret by the name of its environment variable; `headers` reads it at request time."""

    env_name: str
    headers: Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Answer(Generic[T]):
    """`value` is None where the body is empty, null or "", and for accepted statuses other than 2xx."""

    status: int
    headers: Mapping[str, str]
    value: T | None = None


class _Again(Exception):
    """This attempt failed and another may succeed; `limit` are the headers of an answer that was a rate limit."""

    def __init__(self, reason: str, *, status: int | None = None, limit: Mapping[str, str] | None = None, after: float | None = None):
        super().__init__(reason)
        self.reason, self.status, self.limit, self.after = reason, status, limit, after


class _Stop(Exception):
    """This attempt failed and so would all others: `kind` is what is raised."""

    def __init__(self, kind: type[VendorError], reason: str, status: int | None = None):
        super().__init__(reason)
        self.kind, self.reason, self.status = kind, reason, status


@dataclass
class HttpClient:
    """Speaks to one base URL for one account.

    `sleep`, `now`, `monotonic`, `jitter` and `look_up` are the outside world, replaceable in tests. Raises AccessDenied,
    VendorUnavailable or UnexpectedAnswer; each names route template, account, day and status, and nothing else of the request.
    """

    account: str
    base_url: str
    routes: Collection[Route]
    credentials: Mapping[str, Credential]
    limits: Limits
    now: Callable[[], datetime]
    headers: Mapping[str, str] = field(default_factory=dict)
    download_patterns: Collection[str] = ()
    unnamed_limit_seconds: float = SECONDARY_SECONDS
    """The first wait after a rate limit that names no time; doubled with each attempt."""
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    look_up: Resolve = resolve

    def __post_init__(self) -> None:
        host = urlsplit(self.base_url).hostname or ""
        self._client = httpx.Client(
            timeout=httpx.Timeout(self.limits.timeout_seconds),
            headers={"User-Agent": USER_AGENT},
            follow_redirects=False,
            # HTTP_PROXY must not catch requests to this machine; elsewhere the proxy and SSL_CERT_FILE are honoured.
            trust_env=not is_loopback(host),
        )

    def close(self) -> None:
        self._client.close()

    def ask(
        self,
        route: Route,
        values: Mapping[str, str],
        shape: type[T],
        *,
        params: Params | None = None,
        json: Mapping[str, Any] | None = None,
        day: date | None = None,
        accept: Collection[int] = (),
    ) -> Answer[T]:
        """Send `route` and decode its JSON answer as `shape`; statuses in `accept` come back without a value instead of as errors."""
        if route not in self.routes:
            raise ValueError(f"{route} is not among the routes of this client; a request outside the table is never sent")
        path = route.path.format_map({name: self._segment(route, value, day) for name, value in values.items()})

        def once() -> Answer[T]:
            return self._ask_once(route, self.base_url + path, shape, params, json, accept)

        return self._with_retries(once, route, day)

    def download(self, route: Route, link: str, *, day: date | None = None) -> Body | None:
        """The file behind a signed link, without any token; None when the link has expired or the file is gone.

        `route` is the request that gave the link: it stands for the link in messages.
        """
        return self._with_retries(lambda: self._download_once(link), route, day)

    def next_page(self, route: Route, headers: Mapping[str, str], seen: set[str], *, day: date | None = None) -> dict[str, str] | None:
        """The query of the page link rel="next", or None on the last page. Remembers it in `seen`.

        Only the query is taken: the next request goes to the same route again, so a link cannot widen the table of routes.
        Raises UnexpectedAnswer for a link to elsewhere and for one that was there before.
        """
        match = re.search(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?', headers.get("link", ""))
        if match is None:
            return None
        query, problem = "", ""
        try:
            query = check_same_origin(self.base_url, urljoin(self.base_url + "/", match[1])).query
        except (RefusedLink, ValueError) as refused:
            problem = str(refused) if isinstance(refused, RefusedLink) else "it is no URL"
        if problem:
            raise self.error(UnexpectedAnswer, route, f"page link refused: {problem}", day=day) from None
        if query in seen:
            raise self.error(UnexpectedAnswer, route, "the page link repeats; paging would never end", day=day) from None
        seen.add(query)
        return dict(parse_qsl(query))

    def error(self, kind: type[VendorError], route: Route, text: str, *, day: date | None = None, status: int | None = None) -> VendorError:
        """An error of `kind` in the words that all errors of this client share, to be raised `from None`."""
        of_day = f", day {day}" if day else ""
        answered = f", status {status}" if status else ""
        message = f"{route}, account {self.account}{of_day}{answered}: {text}"
        return kind(message, account=self.account, route=str(route), day=day, status=status)

    def _segment(self, route: Route, value: str, day: date | None) -> str:
        if value in ("", ".", ".."):
            raise self.error(UnexpectedAnswer, route, "a name that the vendor sent cannot stand in an address", day=day) from None
        return quote(value, safe="")

    def _with_retries(self, once: Callable[[], T], route: Route, day: date | None) -> T:
        last = _Again("")
        for attempt in range(1, self.limits.attempts + 1):
            stop: _Stop | None = None
            try:
                return once()
            except _Again as again:
                last = again
            except BrokenBody as error:
                last = _Again(str(error))
            except httpx.TransportError as error:
                last = _Again(f"the connection failed ({type(error).__name__})")
            except (BoundBroken, RefusedLink) as error:
                stop = _Stop(UnexpectedAnswer, str(error))
            except httpx.InvalidURL:
                stop = _Stop(UnexpectedAnswer, "the link is no URL")
            except _Stop as error:
                stop = error
            finally:
                self._client.cookies.clear()
            # Raised outside of the handlers, so that no URL hangs on to the error as its context.
            if stop:
                raise self.error(stop.kind, route, stop.reason, day=day, status=stop.status) from None
            if attempt < self.limits.attempts:
                self._pause(self._wait(last, attempt), last.reason, route)
        text = f"{last.reason}; gave up after {self.limits.attempts} attempts, the next run asks again"
        raise self.error(VendorUnavailable, route, text, day=day, status=last.status) from None

    def _pause(self, seconds: float, reason: str, route: Route) -> None:
        if seconds >= LONG_WAIT_SECONDS:
            logger.warning("%s, account %s: %s; waiting %.0f s before the next try", route, self.account, reason, seconds)
        self.sleep(seconds)

    def _wait(self, failure: _Again, attempt: int) -> float:
        cap = float(self.limits.retry_after_seconds)
        if failure.limit is not None:
            unnamed = self.unnamed_limit_seconds
            return limit_seconds(failure.limit, attempt=attempt, now=self.now(), cap=cap, jitter=self.jitter(), unnamed=unnamed)
        if failure.after is not None:
            return min(failure.after, cap)
        return backoff_seconds(attempt=attempt, jitter=self.jitter())

    def _ask_once(
        self,
        route: Route,
        url: str,
        shape: type[T],
        params: Params | None,
        json: Mapping[str, Any] | None,
        accept: Collection[int],
    ) -> Answer[T]:
        credential = self.credentials[route.credential]
        headers = {**self.headers, "Accept-Encoding": "gzip", **_checked(credential)}
        request = self._client.build_request(route.method, url, params=params, json=json, headers=headers)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            try:
                if response.status_code not in REDIRECTS:
                    return self._read_answer(route, response, shape, credential, accept)
                target = self._redirect(route, response)
            finally:
                response.close()
            request = self._client.build_request(route.method, target, headers=headers)
        raise _Stop(UnexpectedAnswer, "redirected in circles")

    def _redirect(self, route: Route, response: httpx.Response) -> str:
        """The address that a redirect leads to: same origin, and a route of the table (else the token would go astray)."""
        target = urljoin(str(response.request.url), str(response.headers.get("location", "")))
        parts = check_same_origin(self.base_url, target)
        path = parts.path.removeprefix(urlsplit(self.base_url).path)
        if route.method != "GET" or not any(known.matches("GET", path) for known in self.routes):
            reason = "redirected to an address that is not among the routes of this client; check the name in spend.toml"
            raise _Stop(UnexpectedAnswer, reason, response.status_code)
        return target

    def _read_answer(
        self, route: Route, response: httpx.Response, shape: type[T], credential: Credential, accept: Collection[int]
    ) -> Answer[T]:
        status, headers = response.status_code, response.headers
        with self._receive(response) as body:
            content = body.read().strip()
        if is_rate_limit(status, headers, content):
            raise _Again("the rate limit is used up", status=status, limit=headers)
        if status in accept:
            return Answer(status, headers)
        if 200 <= status < 300:
            return Answer(status, headers, None if content in EMPTY else _decode(content, shape, status))
        if status == 401:
            raise _Stop(AccessDenied, f"the token in {credential.env_name} is not accepted; it may be expired or mistyped", status)
        if status in (403, 404):
            also = " (or the name in spend.toml is wrong)" if status == 404 else ""
            raise _Stop(AccessDenied, f"the token in {credential.env_name} lacks {route.permission}{also}", status)
        if status in RETRIED or status >= 500:
            raise _Again("the server failed", status=status, after=retry_after_seconds(headers, self.now()))
        if status == 410:
            raise _Stop(UnexpectedAnswer, "this version of the API, or this endpoint, is no longer served", status)
        raise _Stop(UnexpectedAnswer, "the vendor's documentation has no such answer", status)

    def _download_once(self, link: str) -> Body | None:
        seen = link
        for _ in range(MAX_REDIRECTS + 1):
            check_download(self.base_url, link, patterns=self.download_patterns, look_up=self.look_up)
            check_same_origin(seen, link)
            response = self._client.send(self._client.build_request("GET", link, headers={"Accept-Encoding": "gzip"}), stream=True)
            try:
                status = response.status_code
                if status == 200:
                    return self._receive(response)
                if status in REDIRECTS:
                    link = urljoin(link, response.headers.get("location", ""))
                    continue
                if status in GONE and not is_rate_limit(status, response.headers, b""):
                    return None
                if is_rate_limit(status, response.headers, b""):
                    raise _Again("the download is limited", status=status, limit=response.headers)
                if status in RETRIED or status >= 500:
                    after = retry_after_seconds(response.headers, self.now())
                    raise _Again("the download server failed", status=status, after=after)
                raise _Stop(UnexpectedAnswer, "a download link gave no file", status)
            finally:
                response.close()
        raise _Stop(UnexpectedAnswer, "a download link is redirected in circles")

    def _receive(self, response: httpx.Response) -> Body:
        deadline = self.monotonic() + BODY_DEADLINES * self.limits.timeout_seconds

        def tick() -> None:
            if self.monotonic() > deadline:
                raise BrokenBody(f"the body took longer than {BODY_DEADLINES} times timeout_seconds")

        encoding = response.headers.get("content-encoding", "").strip().lower()
        return Body.receive(response.iter_raw(), encoding=encoding, limits=self.limits, tick=tick)


def _checked(credential: Credential) -> Mapping[str, str]:
    """The headers of `credential`, refused before httpx would repeat a strange character's surroundings in its error."""
    headers = credential.headers()
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise SettingsError(f"the token in {credential.env_name} has a character that no token has; set it again")
    return headers


def _decode(content: bytes, shape: type[T], status: int) -> T:
    try:
        return decode_leniently(content, shape)
    except msgspec.ValidationError as error:
        reason = f"the answer has another shape than documented: {error}"
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _Again("the answer is not valid JSON", status=status) from None
    except RecursionError:
        reason = "the answer nests too deep"
    raise _Stop(UnexpectedAnswer, reason, status)
