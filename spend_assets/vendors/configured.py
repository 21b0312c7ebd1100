"""Every account that spend.toml configures, with the client that reads it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spend_assets.settings import Settings
from spend_assets.vendors.account import VendorAccount
from spend_assets.vendors.anthropic import Anthropic
from spend_assets.vendors.cursor import Cursor
from spend_assets.vendors.git_delivery import GitDelivery
from spend_assets.vendors.github import GitHubCopilot
from spend_assets.vendors.openai import OpenAI


@dataclass(frozen=True)
class Configured:
    """One account of one vendor. `ledger` is the stream that carries its money, None where it carries none."""

    vendor: str
    account: str
    scope: str
    tenant: str
    """What it is at the vendor, for a person to read."""
    ledger: str | None
    client: VendorAccount[Any, Any]


def configured(
    settings: Settings, *, now: Callable[[], datetime], env: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
) -> Iterator[Configured]:
    """In the order of the settings' sections. Making a client sends nothing."""
    sources, limits = settings.sources, settings.limits
    for github in sources.github:
        scope = "enterprise" if github.enterprise else "organization"
        tenant = f"{scope} {github.enterprise or github.org}"
        copilot = GitHubCopilot(github, limits, now=now, env=env, sleep=sleep)
        yield Configured("github_copilot", github.account, scope, tenant, github.ledger_stream, copilot)
    for anthropic in sources.anthropic:
        claude = Anthropic(anthropic, limits, now=now, env=env, sleep=sleep)
        yield Configured("anthropic", anthropic.account, anthropic.kind, f"Claude {anthropic.kind}", anthropic.ledger_stream, claude)
    for cursor in sources.cursor:
        team = Cursor(cursor, limits, now=now, env=env, sleep=sleep)
        yield Configured("cursor", cursor.account, "team", "Cursor team", cursor.ledger_stream, team)
    for openai in sources.openai:
        platform = OpenAI(openai, limits, now=now, env=env, sleep=sleep)
        yield Configured("openai", openai.account, "organization", "OpenAI organization", openai.ledger_stream, platform)
    for github in sources.github:
        if github.repositories:
            delivery = GitDelivery(github, limits, now=now, env=env, sleep=sleep)
            yield Configured("git_delivery", github.account, "repositories", ", ".join(github.repositories), None, delivery)
