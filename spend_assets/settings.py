"""Typed settings from `spend.toml` (or the file that SPEND_CONFIG names). Secrets appear only as names of environment variables."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

ACCOUNT_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]{0,40}$")
ENV_NAME_PATTERN = re.compile(r"^[A-Z][A-Z0-9_]{0,80}$")
MAIL_DOMAIN_PATTERN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z")
SLUG_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")
REPOSITORY_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/([A-Za-z0-9._-]{1,100}|\*)$")
AUDIENCES = ("aggregate", "finance", "restricted")


class SettingsError(Exception):
    """A settings file that cannot be used; the message names file, field and what to write instead."""


def is_loopback(host: str) -> bool:
    """True for localhost and loopback addresses, the only hosts that may be spoken to without TLS."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_account(value: str) -> str:
    if not ACCOUNT_PATTERN.match(value):
        raise ValueError("an account name has lower-case letters, digits, '_' and '-', at most 41, for example acme")
    return value


def check_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.username or parts.password:
        raise ValueError("a base URL carries no user or password; name the secret with token_env")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("write a full base URL, for example https://api.github.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("only a loopback address may be spoken to without https")
    if parts.query or parts.fragment:
        raise ValueError("a base URL has no query and no fragment")
    return value.rstrip("/")


def without_version(value: str) -> str:
    """Routes say /v1 themselves; people write the address with it and without."""
    return value.removesuffix("/v1")


def check_repository(value: str) -> str:
    if not REPOSITORY_PATTERN.match(value):
        raise ValueError("write a repository as owner/name, or owner/* for all of an organisation")
    return value


def check_env_name(value: str) -> str:
    if not ENV_NAME_PATTERN.match(value):
        raise ValueError("write the NAME of an environment variable here, for example GITHUB_TOKEN; never the secret itself")
    return value


def check_mail_domain(value: str) -> str:
    if not MAIL_DOMAIN_PATTERN.match(value):
        raise ValueError("write a mail domain as it stands behind the @, in lower case, for example acme.example")
    return value


def check_slug(value: str) -> str:
    if not SLUG_PATTERN.match(value):
        raise ValueError("a GitHub slug has letters, digits and '-'")
    return value


Ledger = Literal["ai_credit_report", "ai_credit_usage", "user_days"]
Account = Annotated[str, AfterValidator(check_account)]
BaseUrl = Annotated[str, AfterValidator(check_base_url)]
EnvName = Annotated[str, AfterValidator(check_env_name)]
Slug = Annotated[str, AfterValidator(check_slug)]
VersionedUrl = Annotated[BaseUrl, AfterValidator(without_version)]
Repository = Annotated[str, AfterValidator(check_repository)]
MailDomain = Annotated[str, AfterValidator(check_mail_domain)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Platform(Section):
    start_date: date
    """The first UTC day that the platform asks vendors for."""
    k: int = Field(default=5, ge=2)
    """The smallest group that is published (security-privacy 14)."""
    kind: Literal["real", "sandbox"] = "real"
    """What SPEND_HOME is stamped as; a run refuses a home of the other kind."""
    clock_url: BaseUrl | None = None
    """The sandbox's virtual clock; real data is always on the system clock."""

    @model_validator(mode="after")
    def only_the_sandbox_sets_the_clock(self) -> "Platform":
        if self.clock_url and (self.kind != "sandbox" or not is_loopback(urlsplit(self.clock_url).hostname or "")):
            raise ValueError("clock_url is for kind = 'sandbox' and a loopback address only; real data runs on the system clock")
        return self


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


class Limits(Section):
    """Bounds on what a server may make us do (security-privacy 6). Every breach is an error that names the bound."""

    part_packed_bytes: int = 512 * 2**20
    part_unpacked_bytes: int = 2 * 2**30
    unpack_ratio: int = 200
    line_bytes: int = 16 * 2**20
    depth: int = 64
    retry_after_seconds: int = 900
    attempts: int = 6
    timeout_seconds: float = 30.0
    poll_seconds: float = 5.0
    poll_attempts: int = 120


class Publish(Section):
    groups: dict[Literal["aggregate", "finance"], str] = {}
    """Operating-system groups that may read an audience's folder; restricted has none."""
    keep: int = Field(default=2, ge=1)
    """Publications kept on disk, the current one included."""


class Privacy(Section):
    key_env: EnvName = "SPEND_PSEUDONYM_KEY"
    """Names the variable that holds the key of the pseudonyms (at least 32 characters)."""
    manager_view: Literal["off", "bands", "persons"] = "bands"
    """What is published beside sums of teams. bands: how many people of a team of ten or more spend how much a week, if each band holds k.
    persons: pseudonymous weeks of single persons in the restricted file, which those who manage them recognise all the same."""
    agreement: str | None = Field(default=None, max_length=200)
    """ "<document, date>": what allows the manager view of persons. Printed on every page and in the manifest."""
    list_key_env: EnvName | None = None
    """The key of the do-not-ingest list, where it is not `key_env`: a list keeps the key that it was made with when the pseudonyms change
    theirs."""

    @model_validator(mode="after")
    def persons_need_an_agreement(self) -> "Privacy":
        if self.manager_view == "persons" and not (self.agreement or "").strip():
            raise ValueError(
                "manager_view = 'persons' needs agreement = \"<document, date>\": the works agreement or the other document that allows it "
                "(docs/privacy.md has templates); or choose bands"
            )
        return self


class Identity(Section):
    former_mail_domains: dict[MailDomain, MailDomain] = {}
    """Mail domains that the company had before, each with the one that it has now: a name that a single person of the roster bears is that
    person's there too, where a vendor never heard of the change."""


class Retention(Section):
    """How many days things are kept that name people, or could (docs/person-commands.md says what each one covers)."""

    enforce: bool | None = None
    """Left out: on for real data, off in the sandbox."""
    inbox_days: int = Field(default=7, ge=0)
    """Imported files in inbox/_landed."""
    restricted_publication_days: int = Field(default=7, ge=0)
    """The restricted part of earlier publications, and rebuilds of what was known on a past day."""
    dagster_days: int = Field(default=30, ge=1)
    """Dagster's runs with their events and logs."""
    log_days: int = Field(default=1095, ge=7)
    """The log of person commands, and the certificates of erasures."""


class Settings(Section):
    platform: Platform
    sources: Sources = Sources()
    limits: Limits = Limits()
    publish: Publish = Publish()
    privacy: Privacy = Privacy()
    identity: Identity = Identity()
    retention: Retention = Retention()
    home: Path
    """SPEND_HOME, absolute."""

    @property
    def secret_names(self) -> frozenset[str]:
        """Every environment variable that holds a secret; no child process inherits them (security-privacy 4)."""
        list_key = {self.privacy.list_key_env} if self.privacy.list_key_env else set()
        return self.sources.secret_names | {self.privacy.key_env} | list_key

    @property
    def retention_is_enforced(self) -> bool:
        if self.retention.enforce is None:
            return self.platform.kind == "real"
        return self.retention.enforce


def settings_path(env: Mapping[str, str] = os.environ) -> Path:
    """SPEND_CONFIG, else ./spend.toml, else the settings that `make demo` left in its home."""
    if env.get("SPEND_CONFIG"):
        return Path(env["SPEND_CONFIG"]).absolute()
    here, demo = Path("spend.toml").absolute(), home_path(env) / "spend.toml"
    return demo if demo.exists() and not here.exists() else here


def load_settings(env: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this machine, or SettingsError with file, field and remedy."""
    path = settings_path(env)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"there is no settings file at {path}; `spend init` writes one, SPEND_CONFIG names another") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None
    return parse_settings(document, home=home_path(env), name=str(path))


def home_path(env: Mapping[str, str] = os.environ) -> Path:
    return Path(env.get("SPEND_HOME") or "data").absolute()


def parse_settings(document: Mapping[str, object], *, home: Path, name: str = "spend.toml") -> Settings:
    if "home" in document:
        raise SettingsError(f"{name}: the data folder is named by the environment variable SPEND_HOME, not by `home`")
    try:
        return Settings.model_validate({**document, "home": home})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(f"{name}, {where}: {first['msg'].removeprefix('Value error, ')}") from None


def read_secret(name: str, env: Mapping[str, str] = os.environ) -> str:
    """The secret in the variable `name`, read at request time. Raises SettingsError that names the variable only."""
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(f"the environment variable {name} is empty; set it to the token that spend.toml refers to")
    return value
