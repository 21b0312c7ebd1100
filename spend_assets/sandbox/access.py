"""Who may ask: tokens and their scopes, API versions, rate limits. Answers are those that GitHub gives."""

import threading
import time
from dataclasses import dataclass, field
from email.utils import format_datetime

import msgspec

from spend_assets.sandbox.clock import VirtualClock
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.http_server import Request, Response

DOCS = "https://docs.github.com/rest"
API_VERSIONS = ("2022-11-28", "2026-03-10")
TOKEN_SCOPES = {
    "GITHUB_TOKEN": ("manage_billing:copilot", "read:enterprise", "read:org"),
    "GITHUB_BILLING_TOKEN": ("manage_billing:enterprise",),
    "GITHUB_DELIVERY_TOKEN": ("repo",),
    "GITHUB_AGENT_TASKS_TOKEN": ("agent_tasks:read",),
}
_PRIMARY = "API rate limit exceeded for user ID 1. If you reach out to GitHub Support for help, please include the request ID."
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(value)
    return Response(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def problem(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """GitHub's BasicError."""
    return json_response({"message": message, "documentation_url": DOCS, "status": str(status)}, status, headers)


@dataclass
class _Budget:
    ends: float
    used: int = 0
    refused_at: float | None = None
    ordered: float = 0.0


@dataclass
class Access:
    config: SandboxConfig
    clock: VirtualClock
    dice: Dice
    scopes: dict[str, frozenset[str]] = field(default_factory=dict)
    """By token."""
    tokens: dict[str, str] = field(default_factory=dict)
    """By the name of the environment variable."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._budgets: dict[str, _Budget] = {}
        for name, scopes in TOKEN_SCOPES.items():
            self.tokens[name] = self.issue(*scopes)

    def issue(self, *scopes: str) -> str:
        """A new token with these scopes, the same in every run."""
        token = f"sandbox_{self.dice.token(36, 'token', len(self.scopes), *scopes)}"
        self.scopes[token] = frozenset(scopes)
        return token

    def token_of(self, request: Request) -> str | None:
        """The valid token of the request, or None."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        return token if scheme.lower() in ("bearer", "token") and token in self.scopes else None

    def version_problem(self, request: Request) -> Response | None:
        version = request.headers.get("x-github-api-version", API_VERSIONS[0])
        if version in API_VERSIONS:
            return None
        parts = version.split("-")
        if len(parts) == 3 and all(part.isdigit() for part in parts):
            return problem(410, f"The API version {version} is not supported. Supported: {', '.join(API_VERSIONS)}.")
        return problem(400, "The API version header must be a date, YYYY-MM-DD.")

    def scope_problem(self, token: str, needed: frozenset[str]) -> Response | None:
        if not needed or self.scopes[token] & needed:
            return None
        headers = {"X-Accepted-OAuth-Scopes": ", ".join(sorted(needed))}
        return problem(403, "Resource not accessible by this token: one of the accepted scopes is required.", headers)

    def spend(self, token: str) -> tuple[dict[str, str], Response | None]:
        """Count one request. (rate headers, refusal or None). The budget of a virtual hour is `config.hourly_limit`.

        The clock may stand still, so the hour also ends once a refused client has waited as long as it was told to.
        """
        now = self.clock.now().timestamp()
        with self._lock:
            budget = self._budgets.get(token)
            waited = budget and budget.refused_at is not None and time.monotonic() - budget.refused_at >= budget.ordered
            if budget is None or waited or not now < budget.ends <= now + 3600:
                budget = self._budgets[token] = _Budget(ends=now + 3600)
            budget.used += 1
            limit = self.config.hourly_limit
            if budget.used <= limit:
                return self._headers(limit, budget.used, budget.ends), None
            if budget.refused_at is None:
                budget.refused_at = time.monotonic()
                budget.ordered = (budget.ends - now) * self.config.wait_scale
            return self._headers(limit, limit, now + budget.ordered), problem(403, _PRIMARY)

    def limit_fault(self, kind: str, wait: float, forbidden: bool, headers: dict[str, str]) -> Response:
        """The refusal of a rate-limit fault: primary, or secondary with a wait in seconds, as a date, or without any."""
        status = 403 if forbidden else 429
        now = self.clock.now()
        if kind == "rate_limit_primary":
            extra = self._headers(self.config.hourly_limit, self.config.hourly_limit, now.timestamp() + wait)
            return problem(status, _PRIMARY, {**headers, **extra})
        extra = {}
        if kind == "secondary_limit_seconds":
            extra["Retry-After"] = str(round(wait))
        elif kind == "secondary_limit_date":
            extra["Retry-After"] = format_datetime(now.fromtimestamp(now.timestamp() + round(wait), now.tzinfo), usegmt=True)
        return problem(status, _SECONDARY, {**headers, **extra})

    @staticmethod
    def _headers(limit: int, used: int, reset: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Remaining": str(limit - used),
            "X-RateLimit-Reset": str(round(reset)),
            "X-RateLimit-Resource": "core",
        }
