"""The repositories of an account: those that the settings name, and all of an organisation where they say owner/*."""

from datetime import date, datetime

import msgspec

from spend_assets.answers import Outcome, Sink, Window
from spend_assets.vendors.git_delivery.records import evidence
from spend_assets.vendors.git_delivery.routes import ORG_REPOSITORIES, REPOSITORY
from spend_assets.vendors.git_delivery.scope import Repository, Scope, naming
from spend_assets.vendors.link_pages import steady_items
from spend_assets.vendors.records import HeldRecords, decode_leniently


class _Named(msgspec.Struct):
    full_name: str
    archived: bool = False


def fetch_repositories(scope: Scope, window: Window, sink: Sink) -> Outcome:
    """One record per repository, archived ones included, as it is on the day of asking.

    A named one that is not there (404) is told in the detail: the streams that read in it fail and say so.
    """
    found = _read(scope, window.start)
    missing = [name for name, record in found.items() if record is None]
    detail = f"status 404 for {', '.join(missing[:10])}: correct `repositories` in spend.toml, or give the token access" if missing else ""
    if missing and len(missing) == len(found):
        return Outcome("not_available", detail=detail)
    with HeldRecords(scope.limits) as held:
        for name, record in found.items():
            if record is not None:
                held.add(evidence(record, {"repository": name}, window.start))
        held.emit(sink)
    return Outcome("data", detail=detail)


def repositories(scope: Scope, window: Window) -> list[Repository]:
    """The repositories whose evidence is read, by name; read once per run."""

    def read(_: datetime) -> list[Repository]:
        return [
            Repository(name, there=False) if record is None else Repository(name, decode_leniently(record, _Named).archived)
            for name, record in _read(scope, window.start).items()
        ]

    return scope.shared("repositories", "", window, read)


def _read(scope: Scope, day: date) -> dict[str, msgspec.Raw | None]:
    """By name as GitHub spells it, or as configured where there is no such repository."""
    found: dict[str, msgspec.Raw | None] = {}
    for configured in scope.source.repositories:
        owner, _, name = configured.partition("/")
        if name == "*":
            records = _of_organisation(scope, owner, day)
        else:
            with naming(Repository(configured)):
                record = scope.one(REPOSITORY, {"owner": owner, "repo": name}, day)
            records = [] if record is None else [record]
            if record is None:
                found.setdefault(configured, None)
        for record in records:
            found.setdefault(decode_leniently(record, _Named).full_name, record)
    return dict(sorted(found.items()))


def _of_organisation(scope: Scope, org: str, day: date) -> list[msgspec.Raw]:
    def name(record: msgspec.Raw) -> str:
        return decode_leniently(record, _Named).full_name

    return steady_items(scope.client, ORG_REPOSITORIES, {"org": org}, name, day=day, params={"sort": "full_name"})
