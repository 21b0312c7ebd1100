"""Which streams a team has, and which requests serve them."""

from dataclasses import dataclass

from spend_assets.answers import Outcome, UnexpectedAnswer, VendorError, Window
from spend_assets.sources import CursorSource
from spend_assets.vendors.account import AccountScope
from spend_assets.vendors.cursor import routes
from spend_assets.vendors.http import Route


@dataclass(frozen=True)
class Scope(AccountScope[CursorSource]):
    @property
    def streams(self) -> tuple[str, ...]:
        """Every stream: whether a team has the optional ones is Cursor's to say."""
        return tuple(routes.STREAMS)

    def route(self, stream: str) -> Route:
        return routes.STREAMS[stream]

    def refused_by_plan(self, stream: str, status: int) -> Outcome:
        """What a refusal of an optional stream means."""
        return Outcome(
            "not_available", detail=f"status {status}: this team has no such data; the key lacks {self.route(stream).permission}"
        )

    def empty(self, route: Route, window: Window, status: int) -> VendorError:
        """An answer without a body: landing it as an empty list would say that nothing was used."""
        return self.client.error(UnexpectedAnswer, route, "an empty body where records were due", day=window.start, status=status)
