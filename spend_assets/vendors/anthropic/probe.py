"""What `spend doctor` asks: one cheap request per stream."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from spend_assets.answers import VendorError
from spend_assets.settings import SettingsError
from spend_assets.vendors.anthropic.scope import Scope
from spend_assets.vendors.http import Params
from spend_assets.vendors.probes import Probe

AGE_DAYS = 4
"""A day of this age is there for every stream, so that its absence means something."""


class _Anything(msgspec.Struct):
    """That a stream is answered at all, by an object, is what counts."""

    data: list[msgspec.Raw] = []
    summaries: list[msgspec.Raw] = []


def probes(scope: Scope) -> Iterator[Probe]:
    """One Probe per configured stream. What a plan or key may lack without harm is a remark and no failure."""
    for stream in scope.streams:
        works: bool | None = True
        try:
            accept = scope.accepted(stream)
            answer = scope.client.ask(scope.route(stream), {}, _Anything, params=_query(scope, stream), accept=accept)
            message = _found(scope, stream, answer.value)
            if answer.status in accept:
                works = None
                message = (
                    f"not available (status {answer.status}): the plan does not have it, or the key lacks {scope.route(stream).permission}"
                )
        except (VendorError, SettingsError) as error:
            message, works = str(error), False
        yield Probe(stream, works, message)


def _found(scope: Scope, stream: str, value: _Anything | None) -> str:
    found = len(value.data) + len(value.summaries) if value else 0
    if stream in ("users", "workspaces", "api_keys", "spend_limits"):
        return "works: entries are listed" if found else "works: nothing is listed"
    day = scope.today - timedelta(days=AGE_DAYS)
    return f"works: there is data of {day}" if found else f"works: no data of {day}"


def _query(scope: Scope, stream: str) -> Params:
    day = scope.today - timedelta(days=AGE_DAYS)
    following = day + timedelta(days=1)
    window = {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{following}T00:00:00Z"}
    # The older reports answer with buckets that end before `ending_at`.
    buckets = {"starting_at": window["starting_at"], "ending_at": f"{following + timedelta(days=1)}T00:00:00Z", "limit": "1"}
    queries: dict[str, Params] = {
        "analytics_cost": {**window, "time_bucket_width": "1d", "limit": "1"},
        "analytics_usage": {**window, "time_bucket_width": "1d", "limit": "1"},
        "cost_report": buckets,
        "usage_messages": buckets,
        "claude_code": {"starting_at": day.isoformat(), "limit": "1"},
        "analytics_users": {"date": day.isoformat(), "limit": "1"},
        "analytics_summaries": {"starting_date": day.isoformat(), "ending_date": following.isoformat()},
    }
    return queries.get(stream, {"limit": "1"})
