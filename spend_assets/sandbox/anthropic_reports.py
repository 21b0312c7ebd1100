"""The bodies of Anthropic's reports: views of the hidden ledger, in the vendor's shapes."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from spend_assets.sandbox.amounts import plain
from spend_assets.sandbox.anthropic_people import CONSOLE, ENTERPRISE
from spend_assets.sandbox.anthropic_usage import TOKEN_TYPES, AnthropicUsage, Use, charged
from spend_assets.sandbox.faults import Faults

Json = dict[str, object]
DIMENSIONS = (
    *("actor", "actor_type", "agent_id", "api_key_id", "claude_tag_category", "claude_tag_user_id", "context_window", "deployment_id"),
    *("environment_id", "inference_geo", "model", "organization_id", "product", "rbac_group_id", "service_tier", "session_id"),
    *("slack_channel_id", "speed", "user_profile_id", "workspace_id"),
)
TERMINALS = ("vscode", "iTerm.app", "tmux", "WarpTerminal")
_KEPT_TABLES = 8
_CODE_DAYS = 5
"""Days after which Claude Code analytics of a day do not change any more."""


def cents(pico: int) -> str:
    """An amount of 1e-12 USD as the vendor writes it: cents as text, with at least six decimals."""
    whole, _, part = plain(pico, 10).partition(".")
    return f"{whole}.{part.ljust(6, '0')}"


class AnthropicReports:
    def __init__(self, usage: AnthropicUsage, faults: Faults):
        self._usage, self._faults = usage, faults
        self._dice = usage.people.dice
        self._lock = threading.Lock()
        self._tables: OrderedDict[tuple[object, ...], list[list[Json]]] = OrderedDict()
        history = usage.people.organisation.config.history()
        self.broken_days = faults.picked_days("broken_line", history)
        for day in self.broken_days:
            faults.note("broken_line", "anthropic/analytics_cost", day, "one row of the console without its amount", withheld=True)
        grown = bool(faults.rate("schema_growth"))
        self._grown_from = history[len(history) * 3 // 5] if grown else date.max
        if grown:
            faults.note("schema_growth", "anthropic/analytics_cost", self._grown_from, "rows have a key billing_region")

    def ranked(
        self, account: str, report: str, start: date, end: date, dims: tuple[str, ...], order: str, stamp: datetime
    ) -> list[list[Json]]:
        """Rows of analytics/cost or analytics/usage over [start, end), grouped; those that differ by cost type only stand together."""
        key = (account, report, start, end, dims, order, stamp)
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        make = self._costs if report == "cost" else self._tokens
        rows = [group for day in days for group in make(account, day, dims, stamp)]
        if not order.startswith("time"):
            rows.sort(key=lambda group: -group[0]["_rank"])  # type: ignore[operator]
        for group in rows:
            for row in group:
                del row["_rank"]
        if order == "time desc":
            rows.reverse()
        with self._lock:
            self._tables[key] = rows
            while len(self._tables) > _KEPT_TABLES:
                self._tables.popitem(last=False)
        return rows

    def _costs(self, account: str, day: date, dims: tuple[str, ...], stamp: datetime) -> Iterable[list[Json]]:
        groups: dict[tuple[str, ...], dict[tuple[str | None, str | None], list[int]]] = {}
        shown: dict[tuple[str, ...], Json] = {}
        for use in self._usage.known(account, day, stamp):
            for model, cost_type, token_type, amount in use.costs():
                values = self._values(use, model, stamp)
                key = tuple(str(values[dim]) for dim in dims if dim in values)
                shown[key] = {dim: values.get(dim) for dim in dims}
                split = (cost_type if "cost_type" in dims else None, token_type if "token_type" in dims else None)
                sums = groups.setdefault(key, {}).setdefault(split, [0, 0])
                sums[0] += amount
                sums[1] += charged(account, amount)
        broken = account == CONSOLE and day in self.broken_days
        factor = self._usage.people.organisation.stories.factor(day, stamp) if account == ENTERPRISE else 1
        for key, parts in groups.items():
            rank = sum(sums[1] for sums in parts.values())
            rows = []
            for (kind, token), (listed, billed) in parts.items():
                group = {**_no_group(), **shown[key], "cost_type": kind, "token_type": token}
                cost: Json = {"amount": cents(billed * factor), "list_amount": cents(listed * factor), "currency": "USD", "requests": None}
                if broken:
                    cost["amount"], broken = None, False
                rows.append({**self._bounds(day, rank), "group": group, "cost": cost})
            yield rows

    def _tokens(self, account: str, day: date, dims: tuple[str, ...], stamp: datetime) -> Iterable[list[Json]]:
        groups: dict[tuple[str, ...], list[int]] = {}
        shown: dict[tuple[str, ...], Json] = {}
        for use in self._usage.known(account, day, stamp):
            values = self._values(use, use.model.name if use.model else None, stamp)
            key = tuple(str(values[dim]) for dim in dims if dim in values)
            shown[key] = {dim: values.get(dim) for dim in dims}
            sums = groups.setdefault(key, [0] * 7)
            for place, count in enumerate((*use.tokens, use.searches, use.requests)):
                sums[place] += count
        for key, sums in groups.items():
            usage = {**token_counts(sums), "server_tool_use": {"web_search_requests": sums[5]}, "total_tokens": sum(sums[:5])}
            yield [{**self._bounds(day, sum(sums[:5])), "group": {**_no_group(), **shown[key]}, "usage": {**usage, "requests": sums[6]}}]

    def _bounds(self, day: date, rank: int) -> Json:
        grown: Json = {"billing_region": "us"} if day >= self._grown_from else {}
        return {**bucket(day), **grown, "_rank": rank}

    def _values(self, use: Use, model: str | None, stamp: datetime) -> Json:
        return {
            "actor": self.actor(use, stamp.date()),
            "api_key_id": use.key.id if use.key else None,
            "model": model,
            "product": use.product,
            "workspace_id": use.workspace.id if use.workspace else None,
            "service_tier": use.tier if use.account == CONSOLE and use.model else None,
        }

    def actor(self, use: Use, today: date) -> Json:
        """User before service account before federated identity before API key; a person who is gone has lost e-mail and name."""
        actor = use.actor
        if actor.member:
            person = actor.member.person
            deleted = person.gone is not None and person.gone <= today
            known: Json = {"email_address": None, "name": "Deleted User"}
            if not deleted:
                known = {"email_address": actor.member.email(today), "name": f"{person.first} {person.last}"}
            return {"type": "user_actor", "user_id": actor.member.user_id, **known, "deleted": deleted}
        if actor.service_account:
            return {"type": "service_account_actor", "service_account_id": actor.service_account}
        if actor.subject:
            return {"type": "federated_actor", "provider": "github_actions", "subject": actor.subject}
        return {"type": "api_actor", "api_key_id": actor.id}

    # --- the older reports of the Console organisation ---

    def messages(self, day: date, dims: tuple[str, ...], stamp: datetime) -> list[Json]:
        """results[] of one day of usage_report/messages."""
        groups: dict[tuple[object, ...], list[int]] = {}
        for use in self._usage.known(CONSOLE, day, stamp):
            if use.model is None:
                continue
            values = {**_old_values(use), "model": use.model.name, "account_id": use.actor.member.user_id if use.actor.member else None}
            sums = groups.setdefault(tuple(values.get(dim) for dim in dims), [0] * 6)
            for place, count in enumerate((*use.tokens, use.searches)):
                sums[place] += count
        every = (
            "account_id",
            "api_key_id",
            "context_window",
            "inference_geo",
            "model",
            "service_account_id",
            "service_tier",
            "workspace_id",
        )
        return [
            {
                **dict.fromkeys(every),
                **dict(zip(dims, key, strict=True)),
                **token_counts(sums),
                "server_tool_use": {"web_search_requests": sums[5]},
            }
            for key, sums in groups.items()
        ]

    def costs(self, day: date, dims: tuple[str, ...], stamp: datetime) -> list[Json]:
        """results[] of one day of cost_report, which knows neither person nor key."""
        groups: dict[tuple[object, ...], int] = {}
        for use in self._usage.known(CONSOLE, day, stamp):
            for model, cost_type, token_type, amount in use.costs():
                described = (describe(model, cost_type, token_type), cost_type, token_type, model) if "description" in dims else (None,) * 4
                key = (_old_values(use)["workspace_id"] if "workspace_id" in dims else None, *described)
                groups[key] = groups.get(key, 0) + charged(CONSOLE, amount)
        names = ("workspace_id", "description", "cost_type", "token_type", "model")
        rest: Json = {"currency": "USD", "context_window": None, "inference_geo": None, "service_tier": None}
        return [{**rest, **dict(zip(names, key, strict=True)), "amount": plain(amount, 10)} for key, amount in groups.items()]

    def claude_code(self, day: date, stamp: datetime) -> list[Json]:
        """Claude Code analytics of one day: by e-mail or key name, with an estimate that lies a little below the cost.

        Late use is taken in, restated use is not: a second view, computed once.
        """
        computed = datetime.combine(day + timedelta(days=_CODE_DAYS), time(), UTC)
        by_actor: dict[str, list[Use]] = {}
        for use in self._usage.known(CONSOLE, day, min(stamp, computed)):
            if use.product == "claude_code" and use.actor.member:
                by_actor.setdefault(use.actor.id, []).append(use)
        records: list[Json] = []
        for actor_id, uses in sorted(by_actor.items()):
            number = self._dice.number("claude code", actor_id, day)
            member = uses[0].actor.member
            email = member.email(day) if member else ""
            accepted, sessions = number % 60, 1 + number % 7
            records.append(
                {
                    "date": f"{day}T00:00:00Z",
                    "actor": {"type": "user_actor", "email_address": email},
                    "organization_id": "dc9f6c26-b22c-4831-8d01-0446bada88f1",
                    "customer_type": "api",
                    "terminal_type": TERMINALS[number % len(TERMINALS)],
                    "is_remote": number % 11 == 0,
                    "core_metrics": {
                        "num_sessions": sessions,
                        "lines_of_code": {"added": accepted * 23, "removed": accepted * 9},
                        "commits_by_claude_code": number % 4,
                        "pull_requests_by_claude_code": number % 2,
                    },
                    "tool_actions": {
                        "edit_tool": {"accepted": accepted, "rejected": accepted // 7},
                        "multi_edit_tool": {"accepted": 0, "rejected": 0},
                        "write_tool": {"accepted": number % 9, "rejected": 0},
                        "notebook_edit_tool": {"accepted": 0, "rejected": 0},
                    },
                    "model_breakdown": [self._breakdown(use, number) for use in uses if use.model],
                    "subscription_type": None,
                }
            )
        return records

    def _breakdown(self, use: Use, number: int) -> Json:
        uncached, short, long, read, output = use.tokens
        amount = sum(charged(use.account, amount) for *_, amount in use.costs())
        estimate = amount * (930 + number % 60) // 1000 // 10**10
        tokens = {"input": uncached, "output": output, "cache_read": read, "cache_creation": short + long}
        return {
            "model": use.model.name if use.model else "",
            "tokens": tokens,
            "estimated_cost": {"currency": "USD", "amount": estimate},
        }


def bucket(day: date) -> Json:
    return {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{day + timedelta(days=1)}T00:00:00Z"}


def token_counts(sums: list[int]) -> Json:
    """The counts in the order of TOKEN_TYPES as the vendor nests them."""
    uncached, short, long, read, output = sums[:5]
    return {
        "uncached_input_tokens": uncached,
        "cache_creation": {"ephemeral_1h_input_tokens": long, "ephemeral_5m_input_tokens": short},
        "cache_read_input_tokens": read,
        "output_tokens": output,
    }


def describe(model: str | None, cost_type: str, token_type: str | None) -> str:
    """The free text of the older cost report."""
    if model is None:
        return {"web_search": "Web Search Usage", "code_execution": "Code Execution Usage"}.get(cost_type, "Session Runtime Usage")
    words = ("Input Tokens", "Input Tokens, Cache Write (5m)", "Input Tokens, Cache Write (1h)", "Input Tokens, Cache Hit", "Output Tokens")
    spoken = " ".join(part.capitalize() for part in model.removeprefix("claude-").split("-"))
    return f"Claude {spoken} Usage - {dict(zip(TOKEN_TYPES, words, strict=True))[token_type or 'output_tokens']}"


def _no_group() -> Json:
    return dict.fromkeys(DIMENSIONS)


def _old_values(use: Use) -> Json:
    """In the older reports the default workspace is null, and so is the key of use in the Console."""
    return {
        "api_key_id": use.key.id if use.key else None,
        "workspace_id": use.workspace.id if use.workspace and use.workspace.listed else None,
        "service_account_id": use.actor.service_account,
        "service_tier": use.tier,
    }
