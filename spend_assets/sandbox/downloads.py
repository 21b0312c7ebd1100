"""Signed links and the files behind them: report parts and billing exports. The token must not be sent to a link."""

import gzip
import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from spend_assets.sandbox.clock import VirtualClock
from spend_assets.sandbox.faults import Faults
from spend_assets.sandbox.http_server import Request, Response

PREFIX = "/_downloads/"
_KEPT_ISSUES = 512


@dataclass
class _Issue:
    """The files behind the links of one answer. `key` names report and window, the same whenever they are asked for."""

    key: str
    content: Callable[[int], bytes]
    content_type: str
    lost: frozenset[int]


class Downloads:
    def __init__(self, clock: VirtualClock, faults: Faults, secret: str):
        self._clock, self._faults, self._secret = clock, faults, secret.encode()
        self._lock = threading.Lock()
        self._issues: dict[str, _Issue] = {}
        self._count = 0

    def issue(
        self, base_url: str, key: str, parts: int, content: Callable[[int], bytes], *, seconds: int, suffix: str, lost: frozenset[int]
    ) -> list[str]:
        """Links to `parts` files, good for `seconds` of the virtual clock. Parts in `lost` answer 404."""
        content_type = "text/csv" if suffix == "csv" else "application/x-ndjson"
        with self._lock:
            self._count += 1
            name = f"{self._count:06d}"
            self._issues[name] = _Issue(key, content, content_type, lost)
            if len(self._issues) > _KEPT_ISSUES:
                del self._issues[next(iter(self._issues))]
        expires = int(self._clock.now().timestamp()) + seconds
        links = []
        for part in range(parts):
            path = f"{PREFIX}{name}/part-{part:05d}.{suffix}"
            links.append(f"{base_url}{path}?{urlencode({'se': expires, 'sp': 'r', 'sig': self._sign(path, expires)})}")
        return links

    def answer(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return _storage_problem(400, "InvalidAuthenticationInfo", "A signed link takes no Authorization header.")
        expires = request.query.get("se", "")
        if not expires.isdigit() or not hmac.compare_digest(self._sign(request.path, int(expires)), request.query.get("sig", "")):
            return _storage_problem(403, "AuthenticationFailed", "The signature did not match.")
        if self._clock.now() >= datetime.fromtimestamp(int(expires), UTC):
            return _storage_problem(403, "AuthenticationFailed", "The link has expired.")
        name, _, file = request.path.removeprefix(PREFIX).partition("/")
        issue = self._issues.get(name)
        part = int(file.removeprefix("part-").partition(".")[0])
        if issue is None or part in issue.lost:
            return _storage_problem(404, "BlobNotFound", "The specified blob does not exist.")
        return self._send(request, issue, part)

    def _send(self, request: Request, issue: _Issue, part: int) -> Response:
        packed = request.accepts_gzip()
        kinds = ["expired_link", "server_error", "slow_body", "reset_body", *(["truncated_gzip"] if packed else [])]
        fault = self._faults.for_request(f"download {issue.key} part {part}", tuple(kinds))
        kind = fault[0] if fault else ""
        if kind == "expired_link":
            return _storage_problem(403, "AuthenticationFailed", "The link has expired.")
        if kind == "server_error":
            return _storage_problem(503, "ServerBusy", "The server is currently unable to receive requests.")
        body = issue.content(part)
        headers = {"Content-Type": issue.content_type}
        if packed:
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
            if kind == "truncated_gzip":
                body = body[: len(body) * 3 // 5]
        response = Response(200, body, headers)
        if kind == "slow_body":
            response.damage = "slow"
        elif kind == "reset_body":
            response.damage = "reset"
        return response

    def _sign(self, path: str, expires: int) -> str:
        return hmac.new(self._secret, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _storage_problem(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(status, body.encode(), {"Content-Type": "application/xml"})
