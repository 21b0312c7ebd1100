"""Paged lists of what exists now: seats, teams, members."""

from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from spend_assets.sandbox.access import json_response, problem
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.identities import Account, Seat
from spend_assets.sandbox.names import DIVISIONS
from spend_assets.sandbox.organisation import Team
from spend_assets.sandbox.reports import org_id
from spend_assets.sandbox.world import World

_EDITORS = ("vscode/1.118.0/copilot-chat/0.54.1", "JetBrains-IU/262.5/copilot/1.9.3", "copilot_pr_review", "vscode/1.117.2/copilot/1.412.0")
Item = TypeVar("Item")
_OFFSETS = (("Z", 0), ("-06:00", -6), ("+03:00", 3))


class Directory:
    def __init__(self, world: World):
        self._world = world
        self._identities, self._organisation, self._dice = world.identities, world.organisation, world.dice

    def seats(self, request: Request, at: dict[str, str]) -> Response:
        """One object per grant; total_seats counts a person once."""
        now = self._world.clock.now()
        org = at.get("org")
        seats = [s for s in self._identities.seats if s.created <= now and s.billed_on(now.date()) and (org is None or s.org == org)]
        page = page_of(request, seats, self._base())
        if isinstance(page, Response):
            return page
        shown, headers = page
        total = len({seat.account.number for seat in seats})
        return json_response({"total_seats": total, "seats": [self._seat(seat, now) for seat in shown]}, headers=headers)

    def teams(self, request: Request, at: dict[str, str]) -> Response:
        page = page_of(request, self._teams_of(at["org"]), self._base())
        if isinstance(page, Response):
            return page
        shown, headers = page
        return json_response(shown, headers=headers)

    def members(self, request: Request, at: dict[str, str]) -> Response:
        """Members of a team, those of its child teams included."""
        day = self._world.clock.now().date()
        org, slug = at["org"], at["slug"]
        children = [team for team in self._organisation.teams if team.org == org and (slug in (team.slug, self._parent_slug(team, day)))]
        if not children:
            return problem(404, "Not Found")
        members = [
            {**_user(account, day), "role": self._role(account, team), "inherited": team.slug != slug}
            for team in children
            for account in self._identities.team_members(team, day)
        ]
        page = page_of(request, members, self._base())
        if isinstance(page, Response):
            return page
        shown, headers = page
        return json_response(shown, headers=headers)

    def _base(self) -> str:
        return self._world.base_url

    def _role(self, account: Account, team: Team) -> str:
        return "maintainer" if account.person and self._organisation.leads.get(team.slug) == account.person.employee_id else "member"

    def _parent_slug(self, team: Team, day: date) -> str:
        return f"division-{team.division_on(day, self._organisation.reorg).lower().replace(' ', '-')}"

    def _parent(self, team: Team, day: date) -> dict[str, Any]:
        division = team.division_on(day, self._organisation.reorg)
        place = self._organisation.orgs.index(team.org) * len(DIVISIONS) + DIVISIONS.index(division)
        number = 5_000_000 + place * 41_039 + self._dice.between(0, 41_038, "parent team", place)
        return _team(number, f"Division {division}", self._parent_slug(team, day), team.org, None)

    def _teams_of(self, org: str) -> list[dict[str, Any]]:
        day = self._world.clock.now().date()
        teams = [team for team in self._organisation.teams if team.org == org]
        parents = {self._parent_slug(team, day): self._parent(team, day) for team in teams}
        return [*parents.values(), *[_team(team.github_id, team.name, team.slug, org, self._parent(team, day)) for team in teams]]

    def _seat(self, seat: Seat, now: datetime) -> dict[str, Any]:
        pending = seat.billed_until if seat.revoked and seat.revoked <= now.date() else None
        last = self._last_activity(seat.account, now)
        return {
            "created_at": _stamp(seat.created, self._dice.number("offset", seat.account.number)),
            "updated_at": _stamp(seat.created, 0),
            "pending_cancellation_date": pending.isoformat() if pending else None,
            "last_activity_at": _stamp(last, 0) if last else None,
            "last_activity_editor": _EDITORS[seat.account.number % len(_EDITORS)] if last else None,
            "last_authenticated_at": _stamp(last or seat.created, 0),
            "plan_type": seat.plan,
            "assignee": _user(seat.account, now.date()),
            "organization": {"login": seat.org, "id": int(org_id(self._organisation.orgs, seat.org)), "node_id": f"O_{seat.org}"},
            "assigning_team": _team(seat.team.github_id, seat.team.name, seat.team.slug, seat.org, None) if seat.team else None,
        }

    def _last_activity(self, account: Account, now: datetime) -> datetime | None:
        """Null after ninety days without activity; lags up to a day."""
        if account.idle:
            return None
        for back in range(1, 91):
            day = now.date() - timedelta(days=back)
            if self._world.usage.is_active(account, day):
                minutes = self._dice.between(6 * 60, 19 * 60, "last active", account.number, day)
                return datetime.combine(day, time(minutes // 60, minutes % 60), now.tzinfo)
        return None


def page_of(request: Request, items: list[Item], base_url: str) -> tuple[list[Item], dict[str, str]] | Response:
    """The page that was asked for, and its Link header."""
    try:
        number, size = int(request.query.get("page", 1)), int(request.query.get("per_page", 50 if "seats" in request.path else 30))
    except ValueError:
        return problem(422, "page and per_page must be numbers.")
    number, size = max(number, 1), min(max(size, 1), 100)
    last = max(1, -(-len(items) // size))
    places = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number == 1:
        places.pop("prev"), places.pop("first")
    if number >= last:
        places.pop("next"), places.pop("last")
    links = [
        f'<{base_url}{request.path}?{urlencode({**request.query, "page": place, "per_page": size})}>; rel="{name}"'
        for name, place in places.items()
    ]
    return items[(number - 1) * size : number * size], {"Link": ", ".join(links)} if links else {}


def _user(account: Account, day: date) -> dict[str, Any]:
    login = account.login_on(day)
    return {
        "login": login,
        "id": account.user_id,
        "node_id": f"U_{account.user_id:x}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account.user_id}?v=4",
        "html_url": f"https://github.com/{login}",
        "type": "User",
        "site_admin": False,
    }


def _team(number: int, name: str, slug: str, org: str, parent: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": number,
        "node_id": f"T_{number:x}",
        "name": name,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "permission": "pull",
        "html_url": f"https://github.com/orgs/{org}/teams/{slug}",
        "parent": parent,
    }


def _stamp(instant: datetime, number: int) -> str:
    """ISO 8601 with one of the offsets that GitHub was seen to use."""
    text, hours = _OFFSETS[number % len(_OFFSETS)]
    return (instant + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") + text
