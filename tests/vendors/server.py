"""A real HTTP server on loopback whose answers a test writes down, and which remembers what it was asked."""

import gzip
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    declared: int | None = None
    """Content-Length as sent, where it is not the truth: the connection closes after the body."""

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> "Reply":
        return cls(status, json.dumps(value).encode(), {name.replace("_", "-"): text for name, text in headers.items()})

    @classmethod
    def packed(cls, body: bytes, cut: int = 0) -> "Reply":
        """gzip with its header; `cut` bytes are missing at its end."""
        data = gzip.compress(body)
        return cls(200, data[: len(data) - cut], {"Content-Encoding": "gzip"})


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """The query as sent: a name may stand there several times."""

    def all_of(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


class ScriptedServer:
    """`script[path]` holds the answers in order; the last one stays. A path without script is answered 404."""

    def __init__(self) -> None:
        self.script: dict[str, list[Reply]] = defaultdict(list)
        self.makers: dict[str, Callable[[Asked], Reply]] = {}
        """Paths whose answers are made of the request; they go before `script`."""
        self.asked: list[Asked] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                pairs = parse_qsl(parts.query)
                asked = Asked(self.command, parts.path, dict(pairs), headers, body, pairs)
                server.asked.append(asked)
                made = server.makers.get(parts.path)
                scripted = server.script.get(f"{self.command} {parts.path}") or server.script.get(parts.path) or [Reply(404)]
                replies = [made(asked)] if made else scripted
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) if reply.declared is None else reply.declared))
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = reply.declared is not None

            do_GET = do_POST = do_CONNECT = answer

            def log_message(self, *args: Any) -> None:
                """Keep the test output clean."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
