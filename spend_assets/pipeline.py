"""One home, its settings, clock, landing and raw stores, and the steps of a run. Dagster's assets and the command line call these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from spend_assets.clock import Clock
from spend_assets.home import prepare_home
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.raw import RawStore
from spend_assets.landing.store import LandingStore
from spend_assets.publish.verdict import Verdict, verdict_from_artifacts, write_verdict
from spend_assets.settings import Settings
from spend_assets.vendors.github import GitHubCopilot
from spend_assets.warehouse import Warehouse

Say = Callable[[str], None]


@dataclass(frozen=True)
class Build:
    """One dbt build: what it is built from, and where."""

    build_id: str
    as_of: date
    warehouse: Path
    target: Path
    home: Path

    def finish(self) -> Verdict:
        """Store what the checks said. Raises PublicationRefused where an integrity check failed."""
        verdict = verdict_from_artifacts(self.target, self.build_id, self.as_of)
        write_verdict(self.home, verdict)
        verdict.require_passed()
        return verdict


class Pipeline:
    def __init__(self, settings: Settings, clock: Clock):
        self.settings, self.clock = settings, clock
        self.home = prepare_home(settings)
        self.contracts = load_contracts()
        self.landing = LandingStore(self.home, clock)
        self.raw = RawStore(self.home, self.contracts)
        self.warehouse = Warehouse(self.home / "warehouse.duckdb")
        self.clients: dict[str, dict[str, GitHubCopilot]] = {
            "github_copilot": {source.account: GitHubCopilot(source, settings.limits, now=clock.now) for source in settings.sources.github}
        }
