"""The parts behind signed links: fetched at once, asked for again when a link has expired, handed on only when all is settled."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date

from spend_assets.vendors.bodies import Body
from spend_assets.vendors.http import HttpClient, Route

MORE_ENVELOPES = 2
"""How often the envelope is asked again for fresh links; what is missing then stays missing."""


def download_parts(
    stack: ExitStack, client: HttpClient, route: Route, links: Sequence[str], renew: Callable[[], Sequence[str]], *, day: date | None
) -> list[Body | None]:
    """The parts in the order of the links; None for one that could not be had. `stack` closes them.

    Nothing is handed on before every part was tried, so a report that was rebuilt in between (another number of links)
    is read anew instead of being mixed.
    """
    parts: list[Body | None] = [None] * len(links)
    for attempt in range(MORE_ENVELOPES + 1):
        if attempt:
            fresh = renew()
            if not fresh:
                break
            if len(fresh) != len(links):
                parts = [None] * len(fresh)
            links = fresh
        for number, link in enumerate(links):
            if parts[number] is None:
                body = client.download(route, link, day=day)
                parts[number] = None if body is None else stack.enter_context(body)
        if all(part is not None for part in parts):
            break
    return parts


def missing_detail(parts: Sequence[Body | None]) -> str:
    """What a partial answer says in manifest and fetch_log; empty when nothing is missing."""
    missing = sum(part is None for part in parts)
    return f"{missing} of {len(parts)} download parts could not be had (link expired or file gone)" if missing else ""
