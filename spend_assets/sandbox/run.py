"""Start and stop a sandbox: in a thread for tests and the demo, in the foreground for `spend sandbox`."""

import threading
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType

from spend_assets.sandbox import names, trace_files
from spend_assets.sandbox.anthropic_server import AnthropicServer
from spend_assets.sandbox.cells import Cell
from spend_assets.sandbox.clock import VirtualClock
from spend_assets.sandbox.company_files import write_company_files
from spend_assets.sandbox.company_invoices import Invoice, Invoices
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.github_server import GitHubServer
from spend_assets.sandbox.http_server import HttpServer, Request, Response
from spend_assets.sandbox.roster import write_roster
from spend_assets.sandbox.schedule import FINAL
from spend_assets.sandbox.traces import Traces
from spend_assets.sandbox.truth import Truth
from spend_assets.sandbox.truth_server import TruthServer
from spend_assets.sandbox.vendor_servers import vendor_servers
from spend_assets.sandbox.work_truth import WorkflowTruth, work_truth
from spend_assets.sandbox.world import World

__all__ = ["Sandbox", "SandboxConfig", "serve"]


class Sandbox:
    """`with Sandbox(config) as sandbox:` serves on loopback ports until the block ends."""

    def __init__(self, config: SandboxConfig):
        self.config = config
        self.world = World(config)
        self._github = GitHubServer(self.world)
        self.vendors = vendor_servers(self.world)
        self._server = HttpServer(self._counted, config.port, config.wait_scale)
        self._count, self._count_lock = 0, threading.Lock()
        self.world.base_url = self.base_url
        self.truth = Truth(self.world)
        (claude,) = (vendor for vendor in self.vendors.values() if isinstance(vendor, AnthropicServer))
        self.traces = Traces(self.world, claude.usage, self._github.delivery.delivery)
        self._truth_server = (
            None if config.truth_port is None else TruthServer(self.truth, self.cells, self.bills, self.work, config.truth_port)
        )

    def _counted(self, request: Request) -> Response:
        with self._count_lock:
            self._count += 1
        prefix, _, rest = request.path.removeprefix("/").partition("/")
        vendor = self.vendors.get(prefix)
        return vendor.handle(replace(request, path=f"/{rest}")) if vendor else self._github.handle(request)

    @property
    def base_url(self) -> str:
        return self._server.base_url

    @property
    def requests(self) -> int:
        """How many requests the vendors' servers have answered so far, downloads and refusals included."""
        with self._count_lock:
            return self._count

    @property
    def clock(self) -> VirtualClock:
        return self.world.clock

    @property
    def enterprise(self) -> str | None:
        """The enterprise's slug; None in org scope."""
        return self._github.enterprise

    @property
    def orgs(self) -> tuple[str, ...]:
        return self._github.orgs

    @property
    def tokens(self) -> dict[str, str]:
        """Tokens by the name of the environment variable they belong into."""
        tokens = dict(self._github.access.tokens)
        for vendor in self.vendors.values():
            tokens |= vendor.tokens
        return tokens

    @property
    def truth_url(self) -> str | None:
        return self._truth_server.base_url if self._truth_server else None

    @property
    def truth_token(self) -> str | None:
        return self._truth_server.token if self._truth_server else None

    def issue_token(self, *scopes: str) -> str:
        """One more token, with these scopes only."""
        return self._github.access.issue(*scopes)

    def write_roster(self, path: Path) -> Path:
        """The HR file as known at the clock's now."""
        return write_roster(self.world, path)

    def write_company_files(self, inbox: Path, since: datetime | None = None) -> list[Path]:
        """The company's own files as known at the clock's now, below inbox/company/acme; with `since` only what is new after it."""
        return write_company_files(self.world, inbox, self.clock.now(), self.vendors, since)

    def write_traces(self, folder: Path, start: date, end: date) -> list[Path]:
        """The telemetry of agents over [start, end], both included, a collector's file a day."""
        return trace_files.write_traces(self.traces, folder, start, end)

    def settings(self) -> str:
        """A spend.toml that points the platform at this sandbox."""
        if self.enterprise:
            orgs = ", ".join(f'"{org}"' for org in self.orgs)
            scope = f'enterprise = "{self.enterprise}"\nteam_orgs = [{orgs}]'
        else:
            scope = f'org = "{self.orgs[0]}"'
        others = "\n".join(vendor.settings(f"{self.base_url}/{prefix}") for prefix, vendor in self.vendors.items())
        former = "".join(f'"{domain}" = "{names.MAIL_DOMAIN}"\n' for domain in names.FORMER_MAIL_DOMAINS)
        return (
            f'[platform]\nstart_date = {self.config.start}\nk = 5\nkind = "sandbox"\nclock_url = "{self.base_url}/__clock"\n\n'
            f'[[sources.github]]\naccount = "acme"\nbase_url = "{self.base_url}"\n{scope}\n'
            f'token_env = "GITHUB_TOKEN"\nbilling_token_env = "GITHUB_BILLING_TOKEN"\n{self._github.delivery.settings()}\n'
            f"{others}\n[identity.former_mail_domains]\n{former}\n[limits]\npoll_seconds = 0.05\n"
        )

    def start(self) -> "Sandbox":
        self._server.start()
        if self._truth_server:
            self._truth_server.start()
        return self

    def cells(self, start: date, end: date, as_of: datetime = FINAL) -> list[Cell]:
        """The truth of every vendor but GitHub (see `truth` for that), over [start, end], both included."""
        return [cell for vendor in self.vendors.values() for cell in vendor.cells(start, end, as_of)]

    def bills(self, as_of: datetime | None = None) -> list[Invoice]:
        """Every invoice that was issued by then (default: by the clock's now), with the truth of its terms."""
        return Invoices(self.world, self.vendors).issued(as_of or self.clock.now())

    def work(self, start: date, end: date, as_of: datetime = FINAL) -> list[WorkflowTruth]:
        """What the workflows' sessions of [start, end] cost by task, and how the tasks had ended at `as_of`."""
        days = [day for day in self.config.history() if start <= day <= end]
        found = work_truth(self.traces, self._github.delivery.delivery, days, as_of)
        return [found[workflow] for workflow in sorted(found)]

    def stop(self) -> None:
        self._server.stop()
        if self._truth_server:
            self._truth_server.stop()

    def __enter__(self) -> "Sandbox":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def serve(
    people: int,
    days: int,
    seed: int,
    port: int,
    end: date | None = None,
    faults: str = "default",
    truth: bool = False,
    config_path: Path | None = None,
    wait_scale: float = 1.0,
) -> None:
    """Serve until Ctrl-C. Prints the address, the tokens, the truth port if asked for, and a spend.toml (or writes it to `config_path`)."""
    config = SandboxConfig(
        people=people,
        days=days,
        seed=seed,
        port=port,
        end=end or SandboxConfig.end,
        faults=faults,
        truth_port=0 if truth else None,
        wait_scale=wait_scale,
    )
    with Sandbox(config) as sandbox:
        print(f"# sandbox: {people} people, {days} days up to {config.end}, seed {seed}, faults {faults}, at {sandbox.base_url}")
        print(f"# virtual clock: {sandbox.clock.now():%Y-%m-%dT%H:%M:%SZ}; POST {sandbox.base_url}/__clock moves it")
        for name, token in sandbox.tokens.items():
            print(f"export {name}={token}")
        if sandbox.truth_url:
            print(f"# truth: {sandbox.truth_url}/truth/monthly with 'Authorization: Bearer {sandbox.truth_token}'")
        if config_path:
            config_path.write_text(sandbox.settings(), encoding="utf-8")
            print(f"# settings written to {config_path}")
        else:
            print("# spend.toml:\n" + sandbox.settings())
        print("# Ctrl-C ends it", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("# sandbox stopped")
