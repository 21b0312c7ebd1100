"""OpenAI's bill of a day, and the truth that a platform is compared with."""

import functools
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from spend_assets.sandbox.amounts import exact
from spend_assets.sandbox.cells import Cell
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.openai_usage import Key, Member, OpenAISchedule, OpenAIUsage, Project, midnight
from spend_assets.sandbox.openai_views import Row, line_items, model_of

ACCOUNT = "platform"
Caller = tuple[str, str, str | None]
"""Principal, kind and, for a person, the employee id."""


class OpenAIBill:
    def __init__(self, usage: OpenAIUsage, schedule: OpenAISchedule, dice: Dice):
        self.usage, self.schedule, self._dice = usage, schedule, dice

    def cost_rows(self, day: date, as_of: datetime) -> Iterator[tuple[int, Row]]:
        """Second and row of every line item of `day` that is on the bill at `as_of`."""
        calls, tools = self.usage.day(day)
        for call in calls:
            if self.schedule.costs_from(day, call.project) <= as_of:
                for line, quantity, pico in line_items(call):
                    member = call.member.id if call.member else None
                    yield call.second, self._cost_row(call.project, call.key, member, line, quantity, pico, day, as_of)
        for tool in tools:
            if tool.line and self.schedule.costs_from(day, tool.project) <= as_of:
                row = self._cost_row(tool.project, tool.key, None, tool.line, tool.quantity, tool.pico, day, as_of)
                yield tool.second, row

    def _cost_row(
        self, project: Project, key: Key | None, user: str | None, line: str, quantity: int, pico: int, day: date, as_of: datetime
    ) -> Row:
        dimensions = {"project_id": project.id, "line_item": line, "api_key_id": key.id if key else None, "user_id": user}
        return {**dimensions, "api_source": "unlabeled"}, {"pico": self.schedule.restated(pico, day, as_of), "quantity": quantity}

    def codex_user(self, member: Member) -> str:
        """A member's id in the ChatGPT workspace, which is another than in the API organization."""
        return f"wsu_{self._dice.token(16, member.id)}"

    def cells(self, start: date, end: date, as_of: datetime) -> list[Cell]:
        """Money by key (or its owner), line item's model and day; tokens by caller and model. Two cells: OpenAI tells them apart too."""
        found: dict[tuple[date, str, str, str | None, str], list[int | None]] = {}

        def add(place: int, value: int, day: date, caller: Caller, model: str) -> None:
            sums = found.setdefault((day, *caller, model), [None] * 5)
            sums[place] = (sums[place] or 0) + value

        day = start
        while day <= end:
            for _, (dimensions, sums) in self.cost_rows(day, as_of):
                add(0, sums["pico"], day, self._payer(dimensions["api_key_id"]), model_of(dimensions["line_item"]))
            if as_of >= midnight(day) + timedelta(days=1):
                self._token_cells(day, add)
            day += timedelta(days=1)
        return [
            Cell("openai", ACCOUNT, on, principal, kind, employee, model, None, None if s[0] is None else exact(s[0], 12), *s[1:])
            for (on, principal, kind, employee, model), s in sorted(found.items(), key=lambda item: (item[0][0], item[0][1], item[0][4]))
        ]

    def _token_cells(self, day: date, add: Callable[[int, int, date, Caller, str], None]) -> None:
        calls, tools = self.usage.day(day)
        for call in calls:
            caller = _person(call.member) if call.member else self._payer(call.key.id if call.key else None)
            values = (call.uncached + call.blocked, call.cached, call.write_30m + call.write_12h, call.output)
            for place, value in enumerate(values, start=1):
                add(place, value, day, caller, call.model.name)
        for tool in tools:
            if tool.modality in ("embeddings", "moderations"):
                add(1, tool.quantity, day, self._payer(tool.key.id if tool.key else None), tool.model or "(not split)")
        for use in self.usage.codex(day):
            caller = (self.codex_user(use.member), "person", use.member.person.employee_id)
            for place, value in ((1, use.uncached), (2, use.cached), (4, use.output)):
                add(place, value, day, caller, "(not split)")

    @functools.cached_property
    def _keys(self) -> dict[str, Key]:
        return {key.id: key for key in self.usage.keys}

    def _payer(self, key_id: str | None) -> Caller:
        if key_id is None:
            return "(unattributed)", "unattributed", None
        owner = self._keys[key_id].owner
        return _person(owner) if owner else (key_id, "machine", None)


def _person(member: Member) -> Caller:
    return member.id, "person", member.person.employee_id
