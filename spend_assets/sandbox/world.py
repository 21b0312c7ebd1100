"""Everything behind the servers, put together once: the one place that knows the order of construction."""

from dataclasses import dataclass, field

from spend_assets.sandbox.billing_csv import BillingFiles
from spend_assets.sandbox.clock import VirtualClock
from spend_assets.sandbox.config import SandboxConfig
from spend_assets.sandbox.dice import Dice
from spend_assets.sandbox.faults import Faults
from spend_assets.sandbox.identities import Identities
from spend_assets.sandbox.ledger import Ledger
from spend_assets.sandbox.metered import Metered
from spend_assets.sandbox.organisation import Organisation
from spend_assets.sandbox.reports import Reports
from spend_assets.sandbox.schedule import Schedule
from spend_assets.sandbox.usage import UsageLedger


@dataclass
class World:
    config: SandboxConfig
    clock: VirtualClock = field(init=False)
    base_url: str = ""
    """Where the servers stand; page links and signed links start with it."""

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.config.first_now)
        self.dice = Dice(self.config.seed)
        self.faults = Faults(self.config, self.dice)
        self.organisation = Organisation(self.config, self.dice)
        self.identities = Identities(self.organisation, self.faults)
        numbers = [account.number for account in self.identities.accounts]
        self.schedule = Schedule(self.config, self.dice, self.faults, numbers)
        self.usage = UsageLedger(self.identities, self.schedule)
        self.ledger = Ledger(self.usage, self.schedule)
        self.metered = Metered(self.usage)
        self.files = BillingFiles(self.ledger, self.metered, self.dice)
        self.reports = Reports(self.usage)
