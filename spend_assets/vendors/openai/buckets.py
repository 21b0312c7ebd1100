"""Reports in time buckets: costs, and usage of every modality (streams costs, usage_completions, usage_other)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from spend_assets.answers import Outcome, Sink, UnexpectedAnswer, VendorError, VendorUnavailable, Window
from spend_assets.vendors.http import Route
from spend_assets.vendors.openai.routes import COSTS, USAGE
from spend_assets.vendors.openai.scope import Scope
from spend_assets.vendors.records import HeldRecords, with_keys

COMPLETIONS_LIMIT, LIMIT = 7, 31
"""Days per page; 31 (usage) and 180 (costs) are allowed. A page stays below the longest answer that is read, also in a large company."""

Dimensions = tuple[str, ...]
COSTS_BY: tuple[Dimensions, ...] = (("project_id", "line_item", "api_key_id"), ("project_id", "line_item"), ("line_item",), ())
COMPLETIONS_BY: tuple[Dimensions, ...] = (
    ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier"),
    ("project_id", "user_id", "api_key_id", "model"),
    ("project_id", "model"),
    (),
)
"""Groupings from the finest down: which combinations are served depends on organization and range, others are answered with 400."""

GROUP_BY_NAMES = ("group_by", "group_by[]")
"""How a list may be named in a query: as the OpenAPI document has it, and as the vendor's own SDK sends it. What a server does not know it
ignores, and answers ungrouped."""

_CALLER = ("project_id", "user_id", "api_key_id")
OTHER_BY: Mapping[str, Dimensions] = {
    "embeddings": (*_CALLER, "model"),
    "moderations": (*_CALLER, "model"),
    "images": (*_CALLER, "model", "size", "source"),
    "audio_speeches": (*_CALLER, "model"),
    "audio_transcriptions": (*_CALLER, "model"),
    "vector_stores": ("project_id",),
    "code_interpreter_sessions": ("project_id",),
    "file_search_calls": (*_CALLER, "vector_store_id"),
    "web_search_calls": (*_CALLER, "model", "context_level"),
}
"""What each modality can be grouped by (OpenAPI document, organization usage)."""


class Bucket(msgspec.Struct):
    """Unix seconds, half-open."""

    start_time: int
    end_time: int
    results: list[msgspec.Raw]


class Page(msgspec.Struct):
    data: list[Bucket]
    has_more: bool | None = None
    next_page: str | None = None

    @property
    def has_next(self) -> bool:
        """Whether another page follows: where it is not said, a cursor says it."""
        return bool(self.has_more) if self.has_more is not None else self.next_page is not None


@dataclass
class Told:
    """What one report told: under which grouping, and which parts of each day."""

    group_by: Dimensions | None = None
    """None: the vendor does not serve this report."""
    parts: dict[date, set[tuple[int, int]]] = field(default_factory=dict)
    problem: str = ""

    def take(self, bucket: Bucket, window: Window) -> date | None:
        """The day of the bucket's records, None for a bucket outside of the window."""
        start, end = _seconds(window.start), _seconds(window.end)
        if bucket.end_time <= start or bucket.start_time >= end:
            return None
        day = datetime.fromtimestamp(max(bucket.start_time, start), UTC).date()
        self.parts.setdefault(day, set()).add((bucket.start_time, bucket.end_time))
        return day

    def detail(self, window: Window) -> str:
        """Why the answer is not the whole truth of the window; empty where it is."""
        crooked = [day for day in window.days() if not _is_whole(day, self.parts.get(day, set()))]
        texts = [self.problem] if self.problem else []
        if crooked:
            texts.append(f"{len(crooked)} days without buckets from UTC midnight to midnight, the first is {crooked[0]}")
        return "; ".join(texts)


@dataclass(frozen=True)
class _Report:
    """One report of one window. `optional`: the vendor may not serve it (404)."""

    scope: Scope
    route: Route
    window: Window
    limit: int
    added: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False

    def read(self, groupings: Sequence[Dimensions], held: HeldRecords) -> Told:
        """All pages under the first of `groupings` that is served; the keys `day` and `group_by` are added to each record."""
        for grouping in groupings[:-1]:
            told = self._read_grouped(grouping, held, refusable=True)
            if told is not None:
                return told
        told = self._read_grouped(groupings[-1], held, refusable=False)
        assert told is not None  # noqa: S101  (what may not be refused is an answer or an error)
        return told

    def _read_grouped(self, grouping: Dimensions, held: HeldRecords, *, refusable: bool) -> Told | None:
        """None where the vendor refuses the grouping, which it does before it answers any page."""
        if grouping:
            for name in GROUP_BY_NAMES:
                try:
                    return self._read_pages({name: grouping}, grouping, held, refusable)
                except _Unheeded:
                    continue
        return self._read_pages({}, (), held, refusable)

    def _read_pages(self, grouped: Mapping[str, Sequence[str]], grouping: Dimensions, held: HeldRecords, refusable: bool) -> Told | None:
        """All pages of one query. Raises _Unheeded, with nothing held, where the first records show that they are not grouped."""
        params: dict[str, str | Sequence[str]] = {
            # Both ends at midnight: a first bucket begins at start_time itself, and would overwrite a whole day with a part of it.
            **unix_range(self.window),
            "bucket_width": "1d",
            "limit": str(min(self.limit, (self.window.end - self.window.start).days)),
        }
        params.update(grouped)
        accept = ((400,) if refusable else ()) + ((404,) if self.optional else ())
        told = Told(grouping)
        seen: set[str] = set()
        heeded = False
        while True:
            answer = self.scope.client.ask(self.route, {}, Page, params=params, day=self.window.start, accept=() if seen else accept)
            if answer.status in accept:
                return None if answer.status == 400 else Told()
            if answer.value is None:
                # Nothing at all is no empty bucket: landing it as one would say that nothing was used.
                raise self._error(VendorUnavailable, "an empty body where a page was due", answer.status)
            if grouping and not heeded:
                records = [record for bucket in answer.value.data for record in bucket.results]
                heeded = any(_names_one(record, grouping) for record in records)
                if records and not heeded:
                    raise _Unheeded
            for bucket in answer.value.data:
                if (day := told.take(bucket, self.window)) is not None:
                    keys = {"day": day.isoformat(), **self.added, "group_by": ",".join(grouping)}
                    for record in bucket.results:
                        held.add(with_keys(record, keys))
            if not answer.value.has_next:
                return told
            following = answer.value.next_page
            if following is None:
                told.problem = "more pages were announced than linked"
                return told
            if following in seen:
                raise self._error(UnexpectedAnswer, "the page cursor repeats; paging would never end", answer.status)
            seen.add(following)
            params["page"] = following

    def _error(self, kind: type[VendorError], text: str, status: int) -> VendorError:
        return self.scope.client.error(kind, self.route, text, day=self.window.start, status=status)


def fetch_costs(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """Costs, one record per project, line item and key of a day. `amount.value` is a number of dollars, kept as text.

    Where the vendor refuses the grouping, one with fewer dimensions is taken; `group_by` in each record says which.
    """
    return _fetch_one(_Report(scope, COSTS, window, LIMIT), COSTS_BY, sink)


def fetch_completions(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """Text generation, one record per project, user, key, model, batch flag and service tier of a day."""
    return _fetch_one(_Report(scope, USAGE["completions"], window, COMPLETIONS_LIMIT), COMPLETIONS_BY, sink)


def fetch_other_usage(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """Every other modality; the key `modality` is added. A modality that the vendor does not serve (404) is left out and named."""
    problems, unserved, params = [], [], {}
    with HeldRecords(scope.limits) as held:
        for modality, finest in OTHER_BY.items():
            report = _Report(scope, USAGE[modality], window, LIMIT, {"modality": modality}, optional=True)
            told = report.read((finest, ("project_id",), ())[finest == ("project_id",) :], held)
            if told.group_by is None:
                unserved.append(modality)
                continue
            params[modality] = ",".join(told.group_by)
            if detail := told.detail(window):
                problems.append(f"{modality}: {detail}")
        if not params:
            return Outcome("not_available", detail="status 404 for every modality")
        held.emit(sink)
    missing = [f"not served: {', '.join(unserved)}"] if unserved else []
    return Outcome("data", complete=not problems, detail="; ".join([*problems, *missing]), params=params)


def _fetch_one(report: _Report, groupings: Sequence[Dimensions], sink: Sink) -> Outcome:
    with HeldRecords(report.scope.limits) as held:
        told = report.read(groupings, held)
        held.emit(sink)
    detail = told.detail(report.window)
    return Outcome("data", complete=not detail, detail=detail, params={"group_by": ",".join(told.group_by or ())})


class _Unheeded(Exception):
    """The grouping was not refused and not heeded: no record names any of its dimensions."""


def _names_one(record: msgspec.Raw, grouping: Dimensions) -> bool:
    sent = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    return any(bytes(sent.get(name, b"null")) != b"null" for name in grouping)


def unix_range(window: Window) -> dict[str, str]:
    """The window as OpenAI's query has it: Unix seconds, half-open."""
    return {"start_time": str(_seconds(window.start)), "end_time": str(_seconds(window.end))}


def _is_whole(day: date, parts: set[tuple[int, int]]) -> bool:
    """Whether the parts follow each other from the day's first second to its last."""
    at = _seconds(day)
    for start, end in sorted(parts):
        if start != at:
            return False
        at = end
    return at == _seconds(day + timedelta(days=1))


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
