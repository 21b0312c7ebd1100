"""Anthropic's directories as they are at the clock's now: members, workspaces, keys, spend limits, and members' activity."""

from collections.abc import Callable
from datetime import date, timedelta

from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE, Key, Member, Workspace
from spend_assets.sandbox.anthropic_reports import Json, bucket
from spend_assets.sandbox.anthropic_usage import AnthropicUsage

_TIERS = (("enterprise_standard", "40000"), ("enterprise_premium", "120000"))
_CONSOLE_ROLES = ("admin", "developer", "developer", "claude_code_user", "billing")


class AnthropicDirectory:
    def __init__(self, usage: AnthropicUsage):
        self._usage, self._people = usage, usage.people
        self._dice = usage.people.dice

    def there(self, account: str, day: date) -> list[Member]:
        return [member for member in self._people.members[account] if member.there_on(day)]

    def users(self, account: str, today: date) -> list[Json]:
        """Who left is not listed any more."""
        return [self._user(account, member, today) for member in self.there(account, today)]

    def _user(self, account: str, member: Member, today: date) -> Json:
        role = "user"
        if account == CONSOLE:
            role = _CONSOLE_ROLES[self._dice.number("role", member.user_id) % len(_CONSOLE_ROLES)]
        person = member.person
        return {
            "id": member.user_id,
            "added_at": f"{member.added}T09:{self._dice.between(10, 59, 'added', member.user_id)}:00.418Z",
            "email": member.email(today),
            "name": f"{person.first} {person.last}",
            "role": role,
            "type": "user",
        }

    def workspaces(self, today: date, archived: bool) -> list[Json]:
        """Without the default workspace; archived ones only if asked for."""
        return [
            self._workspace(workspace, today)
            for workspace in self._people.workspaces
            if workspace.listed and (archived or workspace.archived is None or workspace.archived > today)
        ]

    @staticmethod
    def _workspace(workspace: Workspace, today: date) -> Json:
        gone = workspace.archived is not None and workspace.archived <= today
        return {
            "id": workspace.id,
            "archived_at": f"{workspace.archived}T12:00:00Z" if gone else None,
            "created_at": f"{workspace.created}T08:30:00.427722Z",
            "compartment_id": None,
            "data_residency": {"allowed_inference_geos": "unrestricted", "default_inference_geo": "global", "workspace_geo": "us"},
            "display_color": "#6C5BB9",
            "external_key_id": None,
            "name": workspace.name,
            "tags": workspace.tags,
            "type": "workspace",
        }

    def api_keys(self, today: date) -> list[Json]:
        return [self._key(key, today) for key in self._people.keys if key.created <= today]

    @staticmethod
    def _key(key: Key, today: date) -> Json:
        retired = key.retired is not None and key.retired <= today
        owner = {"id": key.owner.user_id, "type": "user"} if key.owner else None
        service = {"id": key.service_account, "type": "service_account"} if key.service_account else None
        return {
            "id": key.id,
            "created_at": f"{key.created}T07:12:31.427722Z",
            "created_by": owner,
            "expires_at": None,
            "name": key.name,
            "partial_key_hint": f"sk-ant-api03-{key.id[10:13]}...{key.id[-4:]}",
            "principal": service or owner,
            "status": "archived" if retired else "active",
            "type": "api_key",
            "workspace_id": key.workspace.id if key.workspace.listed else None,
        }

    def spend_limits(self, today: date) -> list[Json]:
        """One per current member: from the seat tier, by an override of the person, or none at all."""
        rows: list[Json] = []
        for member in self.there(ENTERPRISE, today):
            number = self._dice.number("limit", member.user_id)
            tier, amount = _TIERS[number % 9 == 0]
            limit: str | None = amount
            source: Json = {"type": "seat_tier", "seat_tier": tier}
            if number % 7 == 1:
                limit, source = str(25_000 + number % 40 * 1_250), {"type": "user", "user_id": member.user_id}
            elif number % 13 == 2:
                limit, source = None, {"type": "organization"}
            person = member.person
            rows.append(
                {
                    "scope": {"type": "user", "user_id": member.user_id},
                    "actor": {
                        "type": "user_actor",
                        "user_id": member.user_id,
                        "name": f"{person.first} {person.last}",
                        "email_address": member.email(today),
                        "deleted": False,
                    },
                    "amount": limit,
                    "currency": "USD",
                    "period": "monthly",
                    "source": source,
                    "spend_limit_id": self._people.id("spl", member.user_id),
                    "period_to_date_spend": "0" if number % 29 == 0 else f"{number % 30_000}.{number % 10}",
                }
            )
        return rows

    def activity(self, day: date) -> list[Json]:
        """analytics/users of one day: who did anything."""
        active = [member for member in self.there(ENTERPRISE, day) if self._usage.is_active(ENTERPRISE, member, day)]
        return [self._activity(member, day) for member in sorted(active, key=lambda member: member.email(day))]

    def _activity(self, member: Member, day: date) -> Json:
        number = self._dice.number("engagement", member.user_id, day)

        def some(most: int, *what: str) -> int:
            return self._dice.number("engaged", member.user_id, day, *what) % (most + 1)

        messages: Callable[[str, int], Json] = lambda name, most: {  # noqa: E731
            "message_count": some(most, name),
            "distinct_session_count": some(3, name, "sessions"),
            "distinct_skills_used_count": 0,
        }
        edits = some(40, "edits")
        none = {"accepted_count": 0, "rejected_count": 0}
        return {
            "user": {"id": member.user_id, "email_address": member.email(day), "type": "user"},
            "chat_metrics": {**messages("chat", 30), "distinct_conversation_count": some(8, "conversations"), "thinking_message_count": 0},
            "claude_code_metrics": {
                "core_metrics": {
                    "commit_count": some(5, "commits"),
                    "pull_request_count": some(2, "pulls"),
                    "distinct_session_count": 1 + number % 6,
                    "lines_of_code": {"added_count": edits * 19, "removed_count": edits * 6},
                },
                "tool_actions": {
                    "edit_tool": {"accepted_count": edits, "rejected_count": edits // 8},
                    "multi_edit_tool": none,
                    "write_tool": {"accepted_count": some(9, "writes"), "rejected_count": 0},
                    "notebook_edit_tool": none,
                },
            },
            "cowork_metrics": {**messages("cowork", 4), "action_count": 0, "dispatch_turn_count": 0},
            "design_metrics": messages("design", 1),
            "science_metrics": messages("science", 0),
            "office_metrics": {name: messages(name, 1) for name in ("excel", "outlook", "powerpoint", "word")},
            "web_search_count": some(3, "searches"),
        }

    def summary(self, day: date) -> Json:
        """analytics/summaries of one day."""
        seats = self.there(ENTERPRISE, day)

        def active(days: int) -> int:
            window = [day - timedelta(days=n) for n in range(days)]
            return sum(any(self._usage.is_active(ENTERPRISE, member, on) for on in window) for member in seats)

        return {
            **bucket(day),
            "assigned_seat_count": len(seats),
            "pending_invite_count": self._dice.between(0, 4, "invites", day),
            "daily_active_user_count": active(1),
            "weekly_active_user_count": active(7),
            "monthly_active_user_count": active(30),
            "claude_code_daily_active_user_count": active(1),
        }
