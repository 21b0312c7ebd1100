"""The accounts that spend.toml names, a class for each kind of source."""

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from spend_assets.settings_words import Account, BaseUrl, EnvName, Repository, Section, Slug, VersionedUrl

Ledger = Literal["ai_credit_report", "ai_credit_usage", "user_days"]


class VendorSource(Section):
    """An account that is read over HTTP."""

    account: Account
    base_url: BaseUrl


class GitHubSource(VendorSource):
    base_url: BaseUrl = "https://api.github.com"
    enterprise: Slug | None = None
    org: Slug | None = None
    team_orgs: tuple[Slug, ...] = ()
    """Organisations whose teams are read, for an enterprise account; an org account reads its own."""
    token_env: EnvName
    billing_token_env: EnvName | None = None
    """Without it there is no ledger: consumption comes from the metrics report, billed money stays unknown."""
    ledger: Ledger | None = None
    """The stream that carries the money, where the default does not fit: "ai_credit_report" without a billing token, when exports of it
    are imported."""
    download_hosts: tuple[str, ...] = ()
    """Hosts that signed links may point to beside GitHub's own."""
    repositories: tuple[Repository, ...] = ()
    """Where delivery evidence is read (pull requests, reviews, CI, deployments, incidents): "acme/api", or "acme/*" for all."""
    delivery_token_env: EnvName | None = None
    """For delivery evidence, where it is not `token_env`."""
    agent_tasks_token_env: EnvName | None = None
    """A fine-grained or app user token with "Agent tasks: read", which installation tokens cannot have.
    Without it agent tasks are not read."""
    delivery_api_version: Literal["2022-11-28", "2026-03-10"] = "2026-03-10"
    incident_label: str = "incident"
    """Issues with this label are incidents."""

    @model_validator(mode="after")
    def one_scope(self) -> "GitHubSource":
        if (self.enterprise is None) == (self.org is None):
            raise ValueError(
                f"account {self.account!r} needs exactly one of enterprise and org: the reports of an enterprise already "
                "hold its organisations, and adding both counts people twice"
            )
        if self.ledger == "ai_credit_usage" and self.billing_token_env is None:
            raise ValueError(f"account {self.account!r}: ledger = 'ai_credit_usage' is read from GitHub and needs billing_token_env")
        return self

    @property
    def ledger_stream(self) -> Ledger:
        """The one stream that carries this account's money (DESIGN section 3)."""
        if self.ledger:
            return self.ledger
        if self.billing_token_env is None:
            return "user_days"
        return "ai_credit_report" if self.enterprise else "ai_credit_usage"


class AnthropicSource(VendorSource):
    kind: Literal["console", "enterprise"]
    """console: a Claude Console organisation (Admin API key). enterprise: Claude Enterprise (key with read:analytics).
    A key never crosses."""
    base_url: VersionedUrl = "https://api.anthropic.com"
    key_env: EnvName
    ledger: Literal["analytics_cost", "cost_report"] = "analytics_cost"
    """cost_report is the older ledger, for a Console account without the usage and cost analytics API. Never both."""
    claude_code: bool = True
    """Read Claude Code analytics: activity, and an estimate that lies inside the cost."""

    @model_validator(mode="after")
    def enterprise_has_one_ledger(self) -> "AnthropicSource":
        if self.kind == "enterprise" and self.ledger == "cost_report":
            raise ValueError(f"account {self.account!r}: the cost report exists for a Console organisation only; leave ledger out")
        return self

    @property
    def ledger_stream(self) -> str:
        return self.ledger


class CursorSource(VendorSource):
    base_url: BaseUrl = "https://api.cursor.com"
    key_env: EnvName

    @property
    def ledger_stream(self) -> str:
        return "usage_events"


class OpenAISource(VendorSource):
    base_url: VersionedUrl = "https://api.openai.com"
    key_env: EnvName
    """An admin key (sk-admin-...): project keys are refused by the endpoints of the organisation."""
    codex_workspace: Slug | None = None
    """Read Codex analytics of this ChatGPT workspace."""
    codex_key_env: EnvName | None = None
    codex_base_url: VersionedUrl = "https://api.chatgpt.com"

    @model_validator(mode="after")
    def codex_is_whole(self) -> "OpenAISource":
        if (self.codex_workspace is None) != (self.codex_key_env is None):
            raise ValueError(f"account {self.account!r}: codex_workspace and codex_key_env go together")
        return self

    @property
    def ledger_stream(self) -> str:
        return "costs"


class OtlpSource(Section):
    """Telemetry of agents that a collector wrote into a folder (docs/instrumenting-agents.md)."""

    account: Account
    path: Path
    """Where finished files lie; they are removed once landed. Relative to SPEND_HOME."""


class FileSource(Section):
    """The declared ledger of an account that comes by files alone, for example a gateway's whose keys no other account here bills."""

    vendor: Account
    account: Account
    ledger: Account
    """The stream whose amounts are money. Without a declaration what a gateway says of money is an estimate, and in no sum."""


class Sources(Section):
    github: tuple[GitHubSource, ...] = ()
    anthropic: tuple[AnthropicSource, ...] = ()
    cursor: tuple[CursorSource, ...] = ()
    openai: tuple[OpenAISource, ...] = ()
    otlp: tuple[OtlpSource, ...] = ()
    files: tuple[FileSource, ...] = ()

    @model_validator(mode="after")
    def accounts_are_distinct(self) -> "Sources":
        for section in (self.github, self.anthropic, self.cursor, self.openai, self.otlp):
            names = [source.account for source in section]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"account {twice[0]!r} is configured twice; every account needs a name of its own")
        declared = [(source.vendor, source.account) for source in self.files]
        if len(set(declared)) < len(declared):
            raise ValueError("an account in [[sources.files]] is declared twice; it has one ledger")
        scopes = [(s.base_url, s.enterprise or s.org) for s in self.github]
        if len(set(scopes)) < len(scopes):
            raise ValueError("two accounts point at the same enterprise or organisation: their money would count twice")
        for keys in ([(s.base_url, s.key_env) for s in section] for section in (self.anthropic, self.cursor, self.openai)):
            if len(set(keys)) < len(keys):
                raise ValueError("two accounts of one vendor use the same key: their money would count twice")
        folders = [source.path for source in self.otlp]
        if any(one != other and one.is_relative_to(other) for one in folders for other in folders) or len(set(folders)) < len(folders):
            raise ValueError("two otlp accounts read the same folder; each needs one of its own")
        return self

    @property
    def secret_names(self) -> frozenset[str]:
        """The environment variables that any section names as the place of a secret."""
        sections = (self.github, self.anthropic, self.cursor, self.openai)
        fields = [
            (source, name) for section in sections for source in section for name in type(source).model_fields if name.endswith("_env")
        ]
        return frozenset(value for source, name in fields if (value := getattr(source, name)))
