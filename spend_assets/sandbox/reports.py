"""The Copilot usage metrics reports: one record per user and day, and one per user, day and team."""

import random
import threading
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from spend_assets.sandbox import names
from spend_assets.sandbox.amounts import noisy, plain
from spend_assets.sandbox.identities import Account
from spend_assets.sandbox.schedule import CREDITS_IN_METRICS, FINAL
from spend_assets.sandbox.usage import Usage, UsageLedger

ENTERPRISE_ID = "13213"
COUNTERS = (
    "code_generation_activity_count",
    "code_acceptance_activity_count",
    "loc_suggested_to_add_sum",
    "loc_suggested_to_delete_sum",
    "loc_added_sum",
    "loc_deleted_sum",
)
APP_START = date(2026, 7, 17)
THIRD_PARTY_START = date(2026, 8, 7)
SMALLEST_TEAM = 5
_THIRD_PARTY = (("2246796", "Claude (Anthropic)"), ("2248422", "Codex (OpenAI)"))
_CHAT = ("chat_panel_ask_mode", "chat_panel_agent_mode", "chat_panel_edit_mode", "chat_inline", "chat_panel_plan_mode")
_KEPT = 48


def org_id(orgs: tuple[str, ...], org: str) -> str:
    """The numeric id of an organisation, as text, as GitHub sends it."""
    return str(700_100 + 3_071 * orgs.index(org))


class Reports:
    """Lines of the report files as bytes. `org` None is the enterprise's report."""

    def __init__(self, usage: UsageLedger):
        self._usage = usage
        self._identities = usage.identities
        self._schedule = usage.schedule
        self._faults = usage.identities.faults
        self._dice = usage.organisation.dice
        self._config = usage.organisation.config
        self._orgs = usage.organisation.orgs
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], list[tuple[int, bytes]]] = OrderedDict()
        history = self._config.history()
        self.drift_start = history[int(len(history) * 0.6)] if self._faults.rate("schema_growth") else None
        if self.drift_start:
            self._faults.note("schema_growth", "user_days", self.drift_start, "new keys copilot_focus_minutes and totals_by_cli.turn_count")
        self._broken = set(self._faults.picked_days("broken_line", history))
        self._negative = set(self._faults.picked_days("negative_credits", [day for day in history if day >= CREDITS_IN_METRICS]))
        self.withheld_days = set(self._faults.picked_days("withheld_day", history))
        self.parts_withheld = set(self._faults.picked_days("missing_part_forever", [d for d in history if d not in self.withheld_days]))
        self._note_withheld()

    @property
    def parts(self) -> int:
        """Files per user report: one per sixty people, at most five."""
        return min(5, 1 + self._config.people // 60)

    def part_of(self, account: int) -> int:
        return self._dice.number("part", account) % self.parts

    def spoiled(self, day: date) -> dict[int, str]:
        """Account number -> fault, of the records of `day` that are damaged for good."""
        spoiled: dict[int, str] = {}
        if day not in self._broken and day not in self._negative:
            return spoiled
        for kind, days in (("broken_line", self._broken), ("negative_credits", self._negative)):
            if day in days:
                active = [account for account in self._final(day) if account.number not in spoiled]
                if kind == "negative_credits":
                    active = [account for account in active if any(row.account == account.number for row in self._usage.all_of(day))]
                if active:
                    spoiled[active[self._dice.number(kind, day) % len(active)].number] = kind
        return spoiled

    def withheld_accounts(self, day: date) -> list[Account]:
        """The accounts of whose `day` no request will ever get a usable user record."""
        active = self._final(day)
        if day in self.withheld_days:
            return active
        spoiled = self.spoiled(day)
        lost = self.parts - 1 if day in self.parts_withheld else -1
        return [account for account in active if account.number in spoiled or self.part_of(account.number) == lost]

    def users(self, day: date, org: str | None, as_of: datetime) -> list[tuple[int, bytes]]:
        """(part, line) per user record of `day`, as served at `as_of`; ordered by user id."""
        key = ("users", day, org, self._schedule.version(day, "metrics", as_of))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        lines = self._build(day, org, as_of)
        with self._lock:
            self._kept[key] = lines
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return lines

    def last_28_days(self, as_of: datetime) -> tuple[date, date]:
        """(first day, last day) of the 28-day report: the newest ready day and the 27 before it."""
        last = min(as_of.date(), self._config.end + timedelta(days=40))
        while as_of < self._schedule.ready(last, "metrics"):
            last -= timedelta(days=1)
        return last - timedelta(days=27), last

    def users_28(self, org: str | None, as_of: datetime, part: int) -> Iterator[bytes]:
        """The lines of one part of the 28-day report: every day as it stands at `as_of`."""
        first, last = self.last_28_days(as_of)
        head = f'{{"report_start_day":"{first}","report_end_day":"{last}",'.encode()
        for number in range(28):
            day = first + timedelta(days=number)
            if day in self.withheld_days or as_of < self._schedule.ready(day, "metrics"):
                continue
            if part == self.parts - 1 and day in self.parts_withheld:
                continue
            yield from (head + line[1:] for place, line in self.users(day, org, as_of) if place == part)

    def teams(self, day: date, org: str | None, as_of: datetime) -> list[bytes]:
        """One line per seated user and team of `day`; teams under five seats are left out."""
        if as_of < self._schedule.ready(day, "metrics"):
            return []
        members: dict[int, list[Account]] = {}
        teams = {team.github_id: team for team in self._usage.organisation.teams}
        for number in self._identities.seats_of:
            account = self._identities.accounts[number]
            team = account.team_on(day)
            if team and (org is None or team.org == org) and account.kind != "second" and self._identities.billed_seat(account, day):
                members.setdefault(team.github_id, []).append(account)
        lines = []
        for team_id in sorted(members):
            if len(members[team_id]) < SMALLEST_TEAM:
                continue
            for account in members[team_id]:
                record: dict[str, Any] = {"user_id": account.user_id, "user_login": account.login_on(day), "day": day.isoformat()}
                record |= {"enterprise_id": ENTERPRISE_ID} if org is None else {"organization_id": org_id(self._orgs, org)}
                record |= {"team_id": team_id, "slug": teams[team_id].slug}
                lines.append(msgspec.json.encode(record))
        return lines

    def _active(self, day: date) -> list[Account]:
        return [account for account in self._identities.accounts if account.kind != "bot" and self._usage.is_active(account, day)]

    def _final(self, day: date) -> list[Account]:
        """The accounts with a record of `day` in the final state."""
        change = self._schedule.restatement(day, FINAL)
        return [account for account in self._active(day) if change is None or account.number != change.deleted]

    def _build(self, day: date, org: str | None, as_of: datetime) -> list[tuple[int, bytes]]:
        if as_of < self._schedule.ready(day, "metrics"):
            return []
        change = self._schedule.restatement(day, as_of)
        used: dict[int, list[Usage]] = {}
        for row in self._usage.day(day, "metrics", as_of):
            used.setdefault(row.account, []).append(row)
        spoiled = self.spoiled(day)
        lines: list[tuple[int, int, bytes]] = []
        for account in self._active(day):
            number = account.number
            if change is not None and change.deleted == number:
                continue
            if self._schedule.visible_from(day, number, "metrics") > as_of:
                continue
            if org is not None and org not in self._identities.orgs_of(account, day):
                continue
            record = self._record(account, day, org, used.get(number, []))
            if spoiled.get(number) == "negative_credits":
                record["ai_credits_used"] = -record["ai_credits_used"]
            line = msgspec.json.encode(record)
            if spoiled.get(number) == "broken_line":
                line = line[: len(line) // 2]
            lines.append((account.user_id, self.part_of(number), line))
        lines.sort()
        return [(part, line) for _, part, line in lines]

    def _record(self, account: Account, day: date, org: str | None, rows: list[Usage]) -> dict[str, Any]:
        chance = self._dice.random("record", day, account.number)
        telemetry = account.seated and (not rows or chance.random() < 0.68)
        agent = any(row.model is names.CODING_AGENT for row in rows)
        record: dict[str, Any] = {"day": day.isoformat(), "user_id": account.user_id, "user_login": account.login_on(day)}
        record["enterprise_id"] = ENTERPRISE_ID
        if org is not None:
            record["organization_id"] = org_id(self._orgs, org)
        if day >= CREDITS_IN_METRICS:
            credits = sum(row.credits for row in rows)
            noise = self._dice.number("noise", day, account.number)
            record["ai_credits_used"] = float(noisy(credits, 6, bool(noise & 1)) if noise % 5 == 0 and credits else plain(credits, 6))
        features = _features(chance, rows) if telemetry else []
        record |= {counter: sum(feature[counter] for feature in features) for counter in COUNTERS}
        record["user_initiated_interaction_count"] = sum(feature["user_initiated_interaction_count"] for feature in features)
        cli, app = chance.random() < 0.3, day >= APP_START and chance.random() < 0.08
        reviewed = any(row.model is names.CODE_REVIEW for row in rows)
        chats = {feature["feature"] for feature in features}
        record |= {
            "used_chat": any(name.startswith("chat_") for name in chats),
            "used_agent": "chat_panel_agent_mode" in chats,
            "used_cli": cli,
            "used_copilot_app": app,
            "used_copilot_cloud_agent": agent,
            "used_copilot_coding_agent": agent,
            "used_copilot_code_review_active": True if reviewed else (None if chance.random() < 0.3 else False),
            "used_copilot_code_review_passive": None if chance.random() < 0.3 else chance.random() < 0.2,
        }
        level = 3 if agent else (2 if "chat_panel_agent_mode" in chats else (1 if features else 0))
        record["ai_adoption_phase"] = {"phase": f"Phase {level}" if level else "No Cohort", "phase_number": level, "version": "v1"}
        record |= _breakdowns(chance, features, rows, day)
        if cli:
            record["totals_by_cli"] = _session(chance, "cli")
            record["totals_by_cli"]["last_known_cli_version"] = {"cli_version": "1.0.8", "sampled_at": f"{day}T08:01:43.000Z"}
        if app:
            record["totals_by_copilot_app"] = _session(chance, "app")
        if day >= THIRD_PARTY_START and chance.random() < 0.04:
            agent_id, agent_name = chance.choice(_THIRD_PARTY)
            starts = {"agent_id": agent_id, "agent_name": agent_name, "user_initiated_interaction_count": chance.randint(1, 4)}
            record["totals_by_3rd_party_agent"] = [starts]
        if telemetry and chance.random() < 0.25:
            record["distinct_mcp_use_count"] = 1
            record["totals_by_mcp"] = [{"mcp": chance.choice(("github-mcp-server", "other")), "interaction_count": chance.randint(1, 12)}]
        if self.drift_start and day >= self.drift_start:
            record["copilot_focus_minutes"] = chance.randint(0, 240)
            if cli:
                record["totals_by_cli"]["turn_count"] = chance.randint(1, 30)
        return record

    def _note_withheld(self) -> None:
        for kind, days in (("withheld_day", self.withheld_days), ("missing_part_forever", self.parts_withheld)):
            for day in sorted(days):
                self._faults.note(kind, "user_days", day, "never served", withheld=True)
        for day in sorted(self._broken | self._negative):
            for number, kind in self.spoiled(day).items():
                user_id = self._identities.accounts[number].user_id
                self._faults.note(kind, "user_days", day, f"the record of user id {user_id}", withheld=True)


def _features(chance: random.Random, rows: list[Usage]) -> list[dict[str, Any]]:
    """Counters by feature; the record's totals are their sums."""
    used = ["code_completion"] if chance.random() < 0.8 or not rows else []
    if rows:
        used += dict.fromkeys(chance.choices(_CHAT, (4, 4, 1, 2, 1), k=2))
        if "chat_panel_agent_mode" in used:
            used.append("agent_edit")
    features = []
    for name in used:
        generated = chance.randint(1, 60)
        suggested = generated * chance.randint(1, 9)
        chat = name.startswith("chat_")
        features.append(
            {
                "feature": name,
                "user_initiated_interaction_count": chance.randint(1, 25) if chat else 0,
                "code_generation_activity_count": generated,
                "code_acceptance_activity_count": chance.randint(0, generated),
                "loc_suggested_to_add_sum": 0 if name == "agent_edit" else suggested,
                "loc_suggested_to_delete_sum": suggested // 9 if chat else 0,
                "loc_added_sum": chance.randint(0, suggested),
                "loc_deleted_sum": chance.randint(0, suggested // 3) if name == "agent_edit" else 0,
            }
        )
    return features


def _breakdowns(chance: random.Random, features: list[dict[str, Any]], rows: list[Usage], day: date) -> dict[str, Any]:
    """Feature and language arrays reconcile with the totals; IDE and model arrays need not, as in the real reports."""
    if not features:
        empty = ("totals_by_ide", "totals_by_feature", "totals_by_language_feature", "totals_by_language_model", "totals_by_model_feature")
        return {name: [] for name in empty}
    language = chance.choice(names.LANGUAGES)
    sampled = f"{day}T{chance.randint(6, 20):02d}:{chance.randint(0, 59):02d}:02.000Z"
    shown = features if chance.random() < 0.85 else features[:1]
    ide = {counter: sum(feature[counter] for feature in shown) for counter in COUNTERS}
    ide["user_initiated_interaction_count"] = sum(feature["user_initiated_interaction_count"] for feature in shown)
    chats = [feature for feature in features if feature["feature"].startswith("chat_")]
    models = sorted({row.model.metric for row in rows}) or ["unknown"]
    return {
        "totals_by_ide": [
            {
                "ide": chance.choice(names.IDES),
                **ide,
                "last_known_ide_version": {"ide_version": "1.118.0", "sampled_at": sampled},
                "last_known_plugin_version": {"plugin": "copilot-chat", "plugin_version": "0.54.1", "sampled_at": sampled},
            }
        ],
        "totals_by_feature": features,
        "totals_by_language_feature": [
            {"language": language, "feature": feature["feature"], **{counter: feature[counter] for counter in COUNTERS}}
            for feature in features
        ],
        "totals_by_language_model": [
            {"language": language, "model": models[0], **{counter: chat[counter] for counter in COUNTERS}} for chat in chats[:1]
        ],
        "totals_by_model_feature": [{"model": models[place % len(models)], **chat} for place, chat in enumerate(chats)],
    }


def _session(chance: random.Random, surface: str) -> dict[str, Any]:
    sessions = chance.randint(1, 6)
    requests = sessions * chance.randint(2, 20)
    prompt, output = requests * chance.randint(2_000, 9_000), requests * chance.randint(150, 900)
    average = (prompt + output) / requests
    usage = {"output_tokens_sum": output, "prompt_tokens_sum": prompt, "avg_tokens_per_request": average if surface == "cli" else None}
    return {"session_count": sessions, "request_count": requests, "prompt_count": max(1, requests // 4), "token_usage": usage}
