"""One configured team: its HTTP client, and which requests serve its streams."""

from dataclasses import dataclass

from spend_assets.answers import Outcome, UnexpectedAnswer, VendorError, Window
from spend_assets.settings import CursorSource, Limits
from spend_assets.vendors.cursor import routes
from spend_assets.vendors.http import HttpClient, Route


@dataclass(frozen=True)
class Scope:
    source: CursorSource
    client: HttpClient
    limits: Limits

    @property
    def streams(self) -> tuple[str, ...]:
        """Every stream: whether a team has the optional ones is Cursor's to say."""
        return tuple(routes.STREAMS)

    def route(self, stream: str) -> Route:
        """The request that stands for `stream` in messages (and, for most streams, the only one)."""
        return routes.STREAMS[stream]

    def refused_by_plan(self, stream: str, status: int) -> Outcome:
        """What a refusal of an optional stream means."""
        return Outcome(
            "not_available", detail=f"status {status}: this team has no such data; the key lacks {self.route(stream).permission}"
        )

    def empty(self, route: Route, window: Window, status: int) -> VendorError:
        """An answer without a body: landing it as an empty list would say that nothing was used."""
        return self.client.error(UnexpectedAnswer, route, "an empty body where records were due", day=window.start, status=status)
