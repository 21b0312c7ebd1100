"""The team as it is on the day of asking: members, spend of the billing cycle so far, billing groups.

Of members and spend Cursor keeps no history; of groups it tells past cycles.
"""

from datetime import date, timedelta

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, Window
from spend_assets.vendors.cursor.pages import Page, read_exactly
from spend_assets.vendors.cursor.routes import GROUP, GROUPS, MEMBERS, REFUSED, SPEND
from spend_assets.vendors.cursor.scope import Scope
from spend_assets.vendors.cursor.times import day_of_iso, lenient
from spend_assets.vendors.records import HeldRecords, decode_leniently, with_keys

SPEND_PAGE_SIZE = 100
"""No largest page is documented; this size is served by all that is known."""


class MemberList(msgspec.Struct):
    teamMembers: list[msgspec.Raw]


class SpendPage(msgspec.Struct):
    """There is no hasNextPage here: `totalPages` is all that tells the end."""

    teamMemberSpend: list[msgspec.Raw]
    subscriptionCycleStart: int
    totalPages: int
    totalMembers: int | None = None


class BillingCycle(msgspec.Struct):
    cycleStart: str
    cycleEnd: str


class GroupList(msgspec.Struct):
    groups: list[msgspec.Raw]
    billingCycle: BillingCycle
    unassignedGroup: msgspec.Raw = msgspec.Raw(b"null")


class GroupDetail(msgspec.Struct):
    group: msgspec.Raw


class GroupFacts(msgspec.Struct):
    id: str
    memberCount: int | None = None
    currentMembers: list[msgspec.Raw] | None = None


def fetch_members(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per member, removed ones included. Not paged (admin-api)."""
    answer = scope.client.ask(MEMBERS, {}, MemberList, day=window.start)
    if answer.value is None:
        raise scope.empty(MEMBERS, window, answer.status)
    with HeldRecords(scope.limits) as held:
        for member in answer.value.teamMembers:
            held.add(bytes(member))
        held.emit(sink)
    return Outcome("data")


def fetch_spend(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per member: spend since the cycle began, which is an instant; the key subscriptionCycleStart is added to each.

    A cycle that rolls over between two pages makes them two different reports: they are read again.
    """
    cycles: set[int] = set()

    def ask(number: int, size: int) -> Page:
        page = ask_spend(scope, window, number, size)
        if number == 1:
            cycles.clear()
        cycles.add(page.subscriptionCycleStart)
        # Another cycle on a later page counts as a list that changed: -1 is no number of members.
        total = page.totalMembers if len(cycles) == 1 else -1
        return Page(page.teamMemberSpend, total, number < page.totalPages)

    with HeldRecords(scope.limits) as held:
        detail = read_exactly(held, ask, lambda: lambda record: _of_cycle(record, max(cycles)), _user, "members", SPEND_PAGE_SIZE)
        held.emit(sink)
    return Outcome("data", complete=not detail, detail=detail)


def ask_spend(scope: Scope, window: Window, number: int, size: int) -> SpendPage:
    """One page of spend, in an order that spending does not change."""
    body = {"sortBy": "user", "sortDirection": "asc", "page": number, "pageSize": size}
    answer = scope.client.ask(SPEND, {}, SpendPage, json=body, day=window.start)
    if answer.value is None:
        raise scope.empty(SPEND, window, answer.status)
    return answer.value


def fetch_groups(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per billing group and cycle, of this cycle and the one before: the only spend of the past that Cursor tells.

    Added to each: cycleStart, cycleEnd, and isUnassigned for the group of those who are in none. A group whose members are not all in
    the list is asked for by itself.
    """
    with HeldRecords(scope.limits) as held:
        asked: date | None = None
        for _ in range(2):
            params = {"billingCycle": asked.isoformat()} if asked else {}
            answer = scope.client.ask(GROUPS, {}, GroupList, params=params, day=window.start, accept=REFUSED)
            if answer.status in REFUSED:
                if asked:
                    break  # this team is not told of past cycles
                return scope.refused_by_plan("groups", answer.status)
            if answer.value is None:
                raise scope.empty(GROUPS, window, answer.status)
            start = day_of_iso(answer.value.billingCycle.cycleStart)
            if start is None:
                raise scope.client.error(UnexpectedAnswer, GROUPS, "billingCycle.cycleStart is no instant", day=window.start)
            if asked and asked < date.fromisoformat(start):
                break  # the question for a past cycle was not heeded: this is the same cycle again
            for record in _groups_of(scope, answer.value, params, window):
                held.add(record)
            asked = date.fromisoformat(start) - timedelta(days=1)
        held.emit(sink)
    return Outcome("data")


def _groups_of(scope: Scope, groups: GroupList, params: dict[str, str], window: Window) -> list[bytes]:
    cycle: dict[str, str | int] = {"cycleStart": groups.billingCycle.cycleStart, "cycleEnd": groups.billingCycle.cycleEnd}
    records = []
    for group in groups.groups:
        facts = decode_leniently(group, GroupFacts)
        if len(facts.currentMembers or ()) < (facts.memberCount or 0):
            answer = scope.client.ask(GROUP, {"group": facts.id}, GroupDetail, params=params, day=window.start, accept=(404,))
            # A group that is deleted while it is read moves its history to the unassigned one, which the next snapshot shows.
            group = answer.value.group if answer.value else group
        records.append(with_keys(group, cycle | {"isUnassigned": False}))
    if bytes(groups.unassignedGroup) != b"null":
        records.append(with_keys(groups.unassignedGroup, cycle | {"isUnassigned": True}))
    return records


def _of_cycle(record: msgspec.Raw, cycle_start: int) -> bytes:
    try:
        return with_keys(record, {"subscriptionCycleStart": cycle_start})
    except msgspec.DecodeError:
        return bytes(record)


def _user(record: msgspec.Raw) -> bytes:
    values = lenient(record, "userId", "email")
    name = values["userId"] or values["email"]
    return str(name).encode() if name else bytes(record)
