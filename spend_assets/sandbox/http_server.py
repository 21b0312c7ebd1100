"""A small HTTP/1.1 server that can also break its answers on purpose: cut, stall, reset."""

import io
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

SLOW_SECONDS = 8.0
_MOST_BODY_BYTES = 1_000_000


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()
    """The query as sent: a name may stand there several times."""

    def all_of(self, name: str) -> list[str]:
        """Every value of a parameter, in the order sent."""
        return [value for key, value in self.pairs if key == name]

    def accepts_gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "")


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    damage: Literal["", "slow", "reset"] = ""
    """slow: the body dribbles. reset: half of it, then a TCP reset."""


App = Callable[[Request], Response]


class HttpServer:
    """Serves `app` on a loopback port in threads of its own, until `stop`."""

    def __init__(self, app: App, port: int, wait_scale: float):
        handler = type("Handler", (_Handler,), {"app": staticmethod(app), "wait_scale": wait_scale})
        try:
            self._server = _Server(("127.0.0.1", port), handler)
        except OSError as error:
            reason = f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); name another one, or 0 for any free port"
            raise OSError(error.errno, reason) from None
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no event: tests and retries do it all the time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    app: App
    wait_scale: float

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, format: str, *args: object) -> None:
        """Silent: a path may hold a signature."""

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _MOST_BODY_BYTES:
            self.close_connection = True
            self._send(Response(413))
            return
        parts = urllib.parse.urlsplit(self.path)
        pairs = tuple(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method, urllib.parse.unquote(parts.path), dict(pairs), headers, self.rfile.read(length), pairs)
        self._send(self.app(request))

    def _send(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.close_connection = self.close_connection or response.damage == "reset"
        self._send_body(response)

    def _send_body(self, response: Response) -> None:
        """Headers and body leave in one write where nothing is broken."""
        body = response.body if response.status != 204 else b""
        if response.damage == "slow":
            self.end_headers()
            step = max(1, len(body) // 4 + 1)
            for start in range(0, len(body), step):
                time.sleep(SLOW_SECONDS / 4 * self.wait_scale)
                self.wfile.write(body[start : start + step])
        elif response.damage == "reset":
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()  # the last holder of the socket: only then does close() send the reset
            self.connection.close()
        else:
            raw, self.wfile = self.wfile, io.BytesIO()
            self.end_headers()
            raw.write(self.wfile.getvalue() + body)
            self.wfile = raw
