"""The vendors' own recorded and documented responses, served on loopback, fetched by the clients, landed, and built once by dbt.

Each vendor has a module <vendor>_answers.py beside this file: SETTINGS (its [[sources.x]] section, with {base} for the address), ENV, SPAN
(first and last day asked for), NOW, and answer(method, path, query, body) -> (status, body) or None for a path that is not served. It may
have MORE_SPANS, asked for beside SPAN, and FILES: places below the inbox, and the files that are dropped there.
"""

import importlib
import shutil
import threading
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from spend_assets.answers import Window
from spend_assets.clock import FixedClock
from spend_assets.pipeline import Pipeline
from spend_assets.settings import parse_settings

Query = Callable[[str], list[tuple[Any, ...]]]


def vendors() -> dict[str, ModuleType]:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*_answers.py"))
    return {name.removesuffix("_answers"): importlib.import_module(f"tests.recorded.{name}") for name in names}


class Recordings:
    """One server for all vendors: the first segment of the path names whose answers are served."""

    def __init__(self, modules: dict[str, ModuleType]):
        self.unserved: list[str] = []
        recordings = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                parts = urlsplit(self.path)
                vendor, _, path = parts.path.removeprefix("/").partition("/")
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                found = modules[vendor].answer(self.command, f"/{path}", parse_qs(parts.query, keep_blank_values=True), body)
                if found is None:
                    recordings.unserved.append(f"{self.command} {parts.path}")
                status, content = found or (404, b"{}")
                self.send_response_only(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Rows of a query over the warehouse that was built from every vendor's recordings."""
    modules = vendors()
    recordings = Recordings(modules)
    clock = FixedClock(min(module.NOW for module in modules.values()))
    start = min(module.SPAN[0] for module in modules.values())
    text = f"[platform]\nstart_date = {start}\n\n" + "\n".join(
        module.SETTINGS.replace("{base}", f"{recordings.url}/{vendor}") for vendor, module in modules.items()
    )
    with pytest.MonkeyPatch.context() as env:
        for module in modules.values():
            for name, value in module.ENV.items():
                env.setenv(name, value)
        env.setenv("SPEND_PSEUDONYM_KEY", "a key of the tests, as long as it must be")
        home = tmp_path_factory.mktemp("recorded")
        pipeline = Pipeline(parse_settings(tomllib.loads(text), home=home), clock, sleep=lambda _: None)
        said: list[str] = []
        for vendor, module in modules.items():
            clock.instant = module.NOW
            for place, file in getattr(module, "FILES", {}).items():
                dropped = home / "inbox" / place
                dropped.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, dropped)
            for first, last in (module.SPAN, *getattr(module, "MORE_SPANS", ())):
                for stream in pipeline.contracts[vendor].values():
                    pipeline.ingest(vendor, stream.stream, Window(first, last + timedelta(days=1)), refetch=False, say=said.append)
        clock.instant = max(module.NOW for module in modules.values())
        verdict = pipeline.build(said.append)
        assert verdict.passed, [check for check in verdict.checks if check.blocking and not check.passed]
        assert not recordings.unserved
    # The environment is as it was again: this fixture lives as long as the session.
    with duckdb.connect(str(pipeline.warehouse.path), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()
    recordings.close()
