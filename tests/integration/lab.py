"""One company's sandbox and one home of the platform, run day after day as an operator would, without Dagster."""

import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spend_assets.answers import Window
from spend_assets.clock import today
from spend_assets.pipeline import Pipeline
from spend_assets.publish.publish import Publication
from spend_assets.publish.verdict import Verdict
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.settings import parse_settings

PSEUDONYM_KEY = "a key of the tests, as long as it must be"


def hurried(seconds: float) -> None:
    """A wait of a minute passes in a fraction: the virtual clock says what time it is."""
    time.sleep(min(seconds / 10_000, 0.01))


def morning(day: date) -> datetime:
    """When the runs of a day take place."""
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


@dataclass
class Lab:
    sandbox: Sandbox
    pipeline: Pipeline
    said: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.pipeline.home

    def at(self, day: date) -> None:
        self.sandbox.clock.set(morning(day))

    def drop_roster(self) -> None:
        folder = self.home / "inbox" / "hr" / "acme" / "roster"
        folder.mkdir(parents=True, exist_ok=True)
        self.sandbox.write_roster(folder / "roster.csv")

    def drop_traces(self) -> None:
        """The whole history of the agents' telemetry, as one delivery."""
        self.sandbox.write_traces(self.home / "collector", self.sandbox.config.start, self.sandbox.config.end)

    def ingest(self) -> list[str]:
        """One daily run's fetching. Returns the failures that it reports."""
        span = Window(self.sandbox.config.start, today(self.sandbox.clock))
        return [failure for report in self.pipeline.ingest_all(span, self.said.append) for failure in report.failures]

    def passing(self, failures: list[str]) -> list[str]:
        """Of the failures of a run those that should pass: a day that the server withholds for good fails for good."""
        lost = [cell for vendor in self.sandbox.vendors.values() for cell in vendor.withheld()]
        return [text for text in failures if not any(text.startswith(f"{c.vendor} {c.stream} {c.account} [{c.day},") for c in lost)]

    def build(self) -> Verdict:
        return self.pipeline.build(self.said.append)

    def publish(self) -> Publication:
        return self.pipeline.publish(self.said.append)

    def query(self, sql: str, warehouse: Path | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(warehouse or self.pipeline.warehouse.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def marts(self, warehouse: Path | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every mart, in a fixed order; ops.build, which names the build, is left out."""
        listed = "select schema_name, table_name from duckdb_tables() where schema_name in ('marts', 'ops') and table_name <> 'build'"
        tables = self.query(listed, warehouse)
        return {f"{schema}.{name}": self.query(f"select * from {schema}.{name} order by all", warehouse) for schema, name in tables}

    def published(self) -> dict[str, bytes]:
        """Every file and link below published/, with its content."""
        root = self.home / "published"
        paths = {str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_symlink() or path.is_file()}
        return {name: str(path.readlink()).encode() if path.is_symlink() else path.read_bytes() for name, path in paths.items()}

    def landed(self) -> set[str]:
        """Every generation of the landing store."""
        root = self.home / "landing"
        return {str(path.parent.relative_to(root)) for path in root.rglob("manifest.json")}

    def last_day(self) -> date:
        return self.sandbox.config.end

    def settled(self) -> date:
        """A day on which nothing of the history changes any more."""
        return self.sandbox.config.end + timedelta(days=45)


@contextmanager
def open_lab(
    config: SandboxConfig,
    home: Path,
    env: pytest.MonkeyPatch,
    *,
    billing: bool = True,
    copilot_only: bool = False,
    traces: bool = False,
    sections: Mapping[str, Any] | None = None,
) -> Iterator[Lab]:
    """A running sandbox and a fresh home that is configured for it.

    Without `billing` the GitHub account has no billing token; with `copilot_only` no other vendor is configured, and no delivery is read;
    with `traces` agents' telemetry is read from the folder that drop_traces writes into; `sections` are more of spend.toml.
    """
    with Sandbox(config) as sandbox:
        for name, token in sandbox.tokens.items():
            env.setenv(name, token)
        env.setenv("SPEND_PSEUDONYM_KEY", PSEUDONYM_KEY)
        document = tomllib.loads(sandbox.settings())
        if traces:
            (home / "collector").mkdir(parents=True)
            document["sources"]["otlp"] = [{"account": "agents", "path": "collector"}]
        if not billing:
            del document["sources"]["github"][0]["billing_token_env"]
        if copilot_only:
            document["sources"] = {"github": document["sources"]["github"]}
            document["sources"]["github"][0].pop("repositories", None)
        document |= sections or {}
        yield Lab(sandbox, Pipeline(parse_settings(document, home=home), sandbox.clock, sleep=hurried))
