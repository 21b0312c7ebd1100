"""What `spend doctor` asks: one cheap request per stream, and whether the tokens may do more than they need."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec

from spend_assets.answers import VendorError
from spend_assets.settings import SettingsError
from spend_assets.vendors.github.billing import BILLED_ELSEWHERE, UsageSummary
from spend_assets.vendors.github.reports import NO_REPORT, Envelope
from spend_assets.vendors.github.routes import BILLING, LIST_EXPORTS, TEAM_MEMBERS, TEAMS, TOKEN
from spend_assets.vendors.github.scope import Scope
from spend_assets.vendors.github.snapshots import SeatPage, Team
from spend_assets.vendors.http import Answer
from spend_assets.vendors.probes import Probe

REPORT_AGE_DAYS = 4
"""A report of this age is final (GitHub: within three full UTC days), so that its absence means something."""


class _Anything(msgspec.Struct):
    """The list of exports: that it is answered at all is what counts."""


def probes(scope: Scope) -> Iterator[Probe]:
    """One Probe per configured stream, then one per token."""
    scopes: dict[str, str | None] = {}
    for stream in scope.streams:
        try:
            answer, message, works = _CALLS[stream](scope)
            scopes.setdefault(scope.route(stream).credential, answer.headers.get("x-oauth-scopes"))
        except (VendorError, SettingsError) as error:
            message, works = str(error), False
        yield Probe(stream, works, message)
    for credential, granted in scopes.items():
        yield _token(scope, credential, granted)


Result = tuple[Answer[Any], str, bool | None]


def _report(stream: str) -> Callable[[Scope], Result]:
    def call(scope: Scope) -> Result:
        day = scope.today - timedelta(days=REPORT_AGE_DAYS)
        params = {} if stream == "user_28_days" else {"day": day.isoformat()}
        answer = scope.client.ask(scope.route(stream), scope.values, Envelope, params=params, day=day, accept=NO_REPORT)
        if answer.status == 422:
            return answer, "not available: Copilot usage metrics are switched off (policy 'Copilot usage metrics')", None
        if answer.status == 404:
            missing = f"status 404 for {day}: no activity, a wrong name in spend.toml, or the token lacks {scope.route(stream).permission}"
            return answer, missing, False
        parts = len(answer.value.download_links) if answer.value else 0
        return answer, f"works: report of {day}, {parts} parts" if parts else f"works: no report for {day}", True

    return call


def _seats(scope: Scope) -> Result:
    answer = scope.client.ask(scope.route("seats"), scope.values, SeatPage, params={"per_page": "1"}, day=scope.today, accept=(422,))
    if answer.status == 422:
        return answer, "not available: Copilot is not enabled for this account", None
    return answer, f"works: {answer.value.total_seats if answer.value else 0} people with seats", True


def _usage_summary(scope: Scope) -> Result:
    day = scope.today - timedelta(days=REPORT_AGE_DAYS)
    params = {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
    accept = () if scope.source.enterprise else (404,)
    answer = scope.client.ask(scope.route("ai_credit_usage"), scope.values, UsageSummary, params=params, day=day, accept=accept)
    if answer.status == 404:
        return answer, f"not available: {BILLED_ELSEWHERE}", None
    return answer, f"works: {len(answer.value.usageItems) if answer.value else 0} lines for {day}", True


def _exports(scope: Scope) -> Result:
    # Listing needs the same permission as creating, and leaves GitHub's one export slot free.
    return scope.client.ask(LIST_EXPORTS, scope.values, _Anything, day=scope.today), "works: exports can be listed", True


def _teams(scope: Scope) -> Result:
    answers = [scope.client.ask(TEAMS, {"org": org}, list[Team], params={"per_page": "1"}, day=scope.today) for org in scope.team_orgs]
    return answers[0], f"works: {len(answers)} organisations", True


def _team_members(scope: Scope) -> Result:
    last: Answer[Any] | None = None
    for org in scope.team_orgs:
        last = scope.client.ask(TEAMS, {"org": org}, list[Team], params={"per_page": "1"}, day=scope.today)
        for team in last.value or ():
            values = {"org": org, "team_slug": team.slug}
            last = scope.client.ask(TEAM_MEMBERS, values, list[msgspec.Raw], params={"per_page": "1"}, day=scope.today)
    return last or Answer(0, {}), "works", True


_CALLS: dict[str, Callable[[Scope], Result]] = {
    "user_days": _report("user_days"),
    "user_28_days": _report("user_28_days"),
    "user_teams": _report("user_teams"),
    "seats": _seats,
    "ai_credit_usage": _usage_summary,
    "ai_credit_report": _exports,
    "billing_report": _exports,
    "teams": _teams,
    "team_members": _team_members,
}


def narrowest_scopes(scope: Scope, credential: str) -> frozenset[str]:
    """The smallest set of classic scopes that serves all streams of `credential` (sources: routes.py)."""
    if credential == BILLING:
        return frozenset({"manage_billing:enterprise" if scope.source.enterprise else "manage_billing:copilot"})
    wanted = {"read:enterprise"} if scope.source.enterprise else {"read:org"}
    return frozenset(wanted | ({"read:org"} if scope.team_orgs else set()))


def _token(scope: Scope, credential: str, granted: str | None) -> Probe:
    """Classic tokens tell their scopes in X-OAuth-Scopes; fine-grained ones and apps do not."""
    name = scope.client.credentials[credential].env_name
    title = "token" if credential == TOKEN else "billing token"
    wanted = narrowest_scopes(scope, credential)
    narrow = f"the narrowest classic token that does has {', '.join(sorted(wanted))}"
    if granted is None:
        return Probe(title, True, f"{name}: a fine-grained or app token, its permissions cannot be read; {narrow}")
    has = {item.strip() for item in granted.split(",") if item.strip()}
    broader = sorted(has - wanted)
    if broader:
        return Probe(title, None, f"warning: {name} may do more than is needed ({', '.join(broader)}); {narrow}")
    if wanted - has:
        return Probe(title, False, f"{name} lacks the scope {', '.join(sorted(wanted - has))}")
    return Probe(title, True, f"{name}: as narrow as can be ({', '.join(sorted(wanted))})")
