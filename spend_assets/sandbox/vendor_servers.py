"""The vendors that stand beside GitHub behind the sandbox's port, each under a path prefix of its own."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.cells import Cell, WithheldCell
from spend_assets.sandbox.cursor_server import CursorServer
from spend_assets.sandbox.http_server import Request, Response
from spend_assets.sandbox.openai_server import OpenAIServer
from spend_assets.sandbox.world import World


class VendorServer(Protocol):
    """One vendor's API over the hidden ledger, and the truth about it."""

    prefix: str
    """First segment of the path: http://127.0.0.1:8900/<prefix> is the base URL."""

    @property
    def tokens(self) -> Mapping[str, str]:
        """Keys by the name of the environment variable they belong into."""
        ...

    def handle(self, request: Request) -> Response:
        """Answer one request; its path comes without the prefix."""
        ...

    def settings(self, base_url: str) -> str:
        """The [[sources.<vendor>]] sections of a spend.toml; `base_url` includes the prefix."""
        ...

    def cells(self, start: date, end: date, as_of: datetime) -> list[Cell]:
        """The truth of [start, end], both included, as the vendor's ledger has it at `as_of`."""
        ...

    def withheld(self) -> list[WithheldCell]:
        """What no request will ever give."""
        ...


def vendor_servers(world: World) -> dict[str, VendorServer]:
    """By prefix, in the order in which they are shown."""
    servers: list[VendorServer] = [AnthropicServer(world), CursorServer(world), OpenAIServer(world)]
    return {server.prefix: server for server in servers}
