"""The ledger as Cursor's API shows it: events, daily usage, spend of the cycle, groups, commits; pure functions of an instant."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from spend_assets.sandbox.amounts import noisy, plain
from spend_assets.sandbox.cursor_team import CursorTeam, Member
from spend_assets.sandbox.cursor_usage import FREE, INCLUDED, NOT_CHARGED, ON_DEMAND, OWN_KEY, CursorUsage, Event

CENT_PLACES = 10
"""1e-12 USD is 1e-10 cents."""
Row = dict[str, object]


def cents(pico: int, noise: bool = False) -> msgspec.Raw:
    """An amount in cents as a JSON number, exact, or with the binary noise that the vendor's floats have."""
    return msgspec.Raw((noisy(pico, CENT_PLACES, bool(pico % 2)) if noise else plain(pico, CENT_PLACES)).encode())


def epoch_ms(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


class CursorViews:
    def __init__(self, team: CursorTeam, usage: CursorUsage):
        self.team, self.usage, self.dice = team, usage, team.dice

    def events(self, first: int, last: int, now: datetime) -> list[Event]:
        """The calls of two instants in epoch milliseconds, both included, newest first."""
        day, found = datetime.fromtimestamp(first // 1000, UTC).date(), []
        final = datetime.fromtimestamp(min(last // 1000, int(now.timestamp()) + 86_400), UTC).date()
        while day <= final:
            found.append([event for event in self.usage.day(day, now) if first <= event.stamp <= last])
            day += timedelta(days=1)
        return [event for events in reversed(found) for event in events]

    def event_row(self, event: Event) -> Row:
        """Absent is absent: a person has no service account (or the word null), Composer no cache writes, an error no requestsCosts."""
        row: Row = {"timestamp": str(event.stamp), "userEmail": self._email(event), "model": event.price.model, "kind": event.kind}
        noise = event.stamp % 3 == 0
        if event.max_mode:
            row["maxMode"] = True
        if event.kind not in NOT_CHARGED:
            row["requestsCosts"] = msgspec.Raw(plain(event.total // 4_000_000_000, 1).encode())
        row |= {"isTokenBasedCall": True, "isChargeable": event.kind != FREE, "isHeadless": event.headless}
        usage: Row = {"inputTokens": event.input, "outputTokens": event.output, "cacheReadTokens": event.cache_read}
        if event.price.cache_write is not None:
            usage["cacheWriteTokens"] = event.cache_write
        usage["totalCents"] = cents(event.total, noise)
        if event.discount:
            usage["discountPercentOff"] = event.discount
        day = event.instant.date()
        broken = day in self.usage.broken_days and event.place == 0
        row["tokenUsage"] = "n/a" if broken else usage
        if event.fee:
            row["cursorTokenFee"] = cents(event.fee, noise)
        row["chargedCents"] = cents(event.charged, noise)
        if event.service is not None:
            account = self.team.service_accounts[event.service]
            row |= {"serviceAccountId": account.id, "serviceAccountName": account.name}
        elif event.stamp % 19 == 0:
            row["serviceAccountId"] = "null"
        for name, value in (
            ("cloudAgentId", event.cloud_agent),
            ("automationId", event.automation),
            ("conversationId", event.conversation),
        ):
            if value:
                row[name] = value
        if self.usage.grown_from is not None and day >= self.usage.grown_from:
            row["thinkingLevel"] = "high" if "thinking" in event.price.model else "none"
        return row

    def _email(self, event: Event) -> str:
        if event.service is not None:
            return self.team.service_accounts[event.service].email
        assert event.member is not None  # noqa: S101  one of the two is set
        return self.team.by_number[event.member].email

    def members(self, now: datetime) -> list[Row]:
        return [
            {
                "id": member.user_id,
                "name": member.name,
                "email": member.email,
                "role": member.role,
                "isRemoved": member.removed is not None and member.removed <= now,
            }
            for member in self.team.members
            if member.listed_at(now)
        ]

    def daily_members(self, start: date, end: date) -> list[Member]:
        """Members with a membership in [start, end]."""
        return [
            member
            for member in self.team.members
            if member.joined.date() <= end and (member.removed is None or member.removed.date() >= start)
        ]

    def daily_rows(self, members: Iterable[Member], start: date, end: date, now: datetime) -> list[Row]:
        """One row per member and day, with zeros for the inactive."""
        members, rows = list(members), []
        day = start
        while day <= min(end, now.date()):
            of_member: dict[int, list[Event]] = defaultdict(list)
            for event in self.usage.day(day, now):
                if event.member is not None:
                    of_member[event.member].append(event)
            for member in members:
                if member.joined.date() <= day and (member.removed is None or day <= member.removed.date()):
                    rows.append(self._daily_row(member, day, of_member[member.number]))
            day += timedelta(days=1)
        return rows

    def _daily_row(self, member: Member, day: date, events: list[Event]) -> Row:
        kinds = Counter(event.kind for event in events)
        number = self.dice.number("cursor daily", member.number, day)
        calls = len(events)
        tabs = number % 160 if calls else 0
        bugbot = sum(event.price.model == "bugbot" for event in events)
        models = Counter(event.price.model for event in events)
        return {
            "userId": member.legacy_id,
            "day": day.isoformat(),
            "date": epoch_ms(day),
            "isActive": calls > 0,
            "totalLinesAdded": calls * (number % 61),
            "totalLinesDeleted": calls * (number % 17),
            "acceptedLinesAdded": calls * (number % 41),
            "acceptedLinesDeleted": calls * (number % 11),
            "totalApplies": calls,
            "totalAccepts": calls * 3 // 4,
            "totalRejects": calls // 5,
            "totalTabsShown": tabs,
            "totalTabsAccepted": tabs * 2 // 7,
            "composerRequests": 0,
            "chatRequests": calls // 6,
            "agentRequests": calls - bugbot - calls // 6,
            "cmdkUsages": number % 3 if calls else 0,
            "subscriptionIncludedReqs": kinds[INCLUDED],
            "apiKeyReqs": kinds[OWN_KEY],
            "usageBasedReqs": kinds[ON_DEMAND],
            "bugbotUsages": bugbot,
            "mostUsedModel": models.most_common(1)[0][0] if models else None,
            "applyMostUsedExtension": ".py" if calls else None,
            "tabMostUsedExtension": ".ts" if tabs else None,
            "clientVersion": "2.6.0" if calls else None,
            "email": member.email,
        }

    def spend(self, now: datetime) -> tuple[int, list[Row]]:
        """(cycle start in epoch ms, one row per member): charged since the cycle began, errors left out. Whoever left stays listed."""
        overall: dict[int, int] = defaultdict(int)
        on_demand: dict[int, int] = defaultdict(int)
        for event in self.usage.cycle(now, now):
            if event.member is not None and event.kind not in NOT_CHARGED:
                overall[event.member] += event.charged
                on_demand[event.member] += event.billed
        start, _ = self.usage.cycle_of(now)
        rows: list[Row] = []
        for member in self.team.members:
            if member.listed_at(now) and (member.removed is None or member.removed >= start):
                limit = member.override_dollars or member.limit_dollars
                rows.append(
                    {
                        "userId": member.user_id,
                        "spendCents": cents(on_demand[member.number]),
                        "overallSpendCents": cents(overall[member.number]),
                        "fastPremiumRequests": 0,
                        "name": member.name,
                        "email": member.email,
                        "role": member.role,
                        "hardLimitOverrideDollars": member.override_dollars,
                        "monthlyLimitDollars": member.limit_dollars,
                        "effectivePerUserLimitDollars": limit,
                        "profilePictureUrl": None,
                    }
                )
        return int(start.timestamp()) * 1000, rows

    def groups(self, cycle_day: date, now: datetime) -> Row:
        """The groups over the cycle that holds `cycle_day`; who left the team is a former member."""
        start, end = self.usage.cycle_of(datetime.combine(cycle_day, time(12), UTC))
        spent: dict[int, int] = defaultdict(int)
        for event in self.usage.cycle(start, now):
            if event.member is not None and event.kind not in NOT_CHARGED:
                spent[event.member] += event.charged
        groups: list[Row] = [self._group(name, self.team.group_ids[name], spent, now) for name in self.team.group_ids]
        unassigned = self._group("", "group_unassigned", spent, now) | {"name": "Unassigned"}
        cycle = {"cycleStart": iso(start), "cycleEnd": iso(end)}
        return {"groups": groups, "unassignedGroup": unassigned, "billingCycle": cycle}

    def _group(self, name: str, group_id: str, spent: dict[int, int], now: datetime) -> Row:
        current: list[Row] = []
        former: list[Row] = []
        total = 0
        for member in self.team.members:
            if member.group != name or not member.listed_at(now):
                continue
            gone = member.removed is not None and member.removed <= now
            total += spent[member.number]
            (former if gone else current).append(
                {
                    "userId": member.user_id,
                    "name": member.name,
                    "email": member.email,
                    "joinedAt": iso(member.joined),
                    "leftAt": iso(member.removed) if gone and member.removed else None,
                    "spendCents": cents(spent[member.number]),
                }
            )
        return {
            "id": group_id,
            "name": name,
            "type": "BILLING",
            "directoryGroupId": None,
            "memberCount": len(current),
            "createdAt": "2026-01-09T10:30:00.000Z",
            "updatedAt": "2026-01-20T14:22:00.000Z",
            "spendCents": cents(total),
            "currentMembers": current,
            "formerMembers": former,
            "dailySpend": [],
        }

    def commits(self, start: datetime, end: datetime, now: datetime) -> list[Row]:
        """Commits taken in between two instants, newest first. One in fifteen was amended and is there twice."""
        rows: list[tuple[datetime, Row]] = []
        day = start.date() - timedelta(days=1)
        while day <= min(end, now).date():
            for member in self.team.members:
                if self.usage.is_active(member, day):
                    for place in range(self.dice.number("cursor commits", member.number, day) % 3):
                        rows += self._commit(member, day, place)
            day += timedelta(days=1)
        rows = [row for row in rows if start <= row[0] <= min(end, now)]
        return [row for _, row in sorted(rows, key=lambda pair: pair[0], reverse=True)]

    def _commit(self, member: Member, day: date, place: int) -> list[tuple[datetime, Row]]:
        number = self.dice.number("cursor commit", member.number, day, place)
        made = datetime.combine(day, time(), UTC) + timedelta(minutes=480 + number % 600, seconds=number % 59)
        tab, composer, rest = number % 23, number // 7 % 180, number // 11 % 60
        span = member.person.span_on(day)
        row: Row = {
            "commitHash": self.dice.token(40, "cursor hash", member.number, day, place),
            "userId": member.user_id,
            "userEmail": member.email,
            "repoName": f"{span.team.org}/{span.team.slug}" if span else None,
            "branchName": "main" if number % 3 else f"work-{number % 9973}",
            "isPrimaryBranch": bool(number % 3),
            "commitSource": ("ide", "ide", "cli", "cloud")[number % 4],
            "totalLinesAdded": tab + composer + rest,
            "totalLinesDeleted": number % 31,
            "tabLinesAdded": tab,
            "tabLinesDeleted": 0,
            "composerLinesAdded": composer,
            "composerLinesDeleted": number % 13,
            "nonAiLinesAdded": rest,
            "nonAiLinesDeleted": number % 31 - number % 13 if number % 31 > number % 13 else 0,
            "message": "Refactor: extract analytics client",
            "commitTs": iso(made),
        }
        taken_in = [made + timedelta(seconds=27)]
        if number % 15 == 0:
            taken_in.append(made + timedelta(minutes=19))
        return [(instant, row | {"createdAt": iso(instant)}) for instant in taken_in]
