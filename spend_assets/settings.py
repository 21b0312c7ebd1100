"""Typed settings from `spend.toml` (or the file that SPEND_CONFIG names). Secrets appear only as names of environment variables."""

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator

from spend_assets.alerts.settings import Alerts
from spend_assets.settings_words import BaseUrl, EnvName, MailDomain, Section, is_loopback
from spend_assets.sources import Sources

AUDIENCES = ("aggregate", "finance", "restricted")


class SettingsError(Exception):
    """A settings file that cannot be used; the message names file, field and what to write instead."""


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
    groups: dict[Literal["aggregate", "finance"], str] = Field(default_factory=dict)
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
    former_mail_domains: dict[MailDomain, MailDomain] = Field(default_factory=dict)
    """Mail domains that the company had before, each with the one that it has now: a name that a single person of the roster bears is that
    person's there too, where a vendor never heard of the change."""


class Retention(Section):
    """How many days things are kept that name people, or could (docs/person-commands.md says what each one covers)."""

    enforce: bool | None = None
    """Left out: on for real data, off in the sandbox."""
    inbox_days: int = Field(default=7, ge=0)
    """Imported files in inbox/_landed."""
    person_days: int = Field(default=180, ge=92)
    """Persons in landing, raw and the warehouse, at most. They go by whole months, once the last month is settled: never below 92."""
    published_person_days: int = Field(default=91, ge=7)
    """Rows of single persons in restricted files."""
    telemetry_days: int = Field(default=90, ge=90)
    """Agents' telemetry in landing, raw and the warehouse. It goes by whole months, the youngest day of which must have settled."""
    work_record_days: int = Field(default=90, ge=7)
    """Published work records."""
    quarantine_days: int = Field(default=30, ge=1)
    """What is published of records that were set aside."""
    publication_days: int = Field(default=1095, ge=0)
    """The last publication of each month, aggregate and finance: it answers for days of knowledge that cannot be rebuilt any more."""
    restricted_publication_days: int = Field(default=7, ge=0)
    """The restricted part of earlier publications, and rebuilds of what was known on a past day."""
    dagster_days: int = Field(default=30, ge=1)
    """Dagster's runs with their events and logs."""
    alert_days: int = Field(default=180, ge=1)
    """Alerts about single persons; those about machines, teams and vendors stay as long as the log."""
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
    alerts: Alerts = Alerts()
    home: Path
    """SPEND_HOME, absolute."""

    @property
    def secret_names(self) -> frozenset[str]:
        """Every environment variable that holds a secret; no child process inherits them (security-privacy 4)."""
        list_key = {self.privacy.list_key_env} if self.privacy.list_key_env else set()
        return self.sources.secret_names | self.alerts.secret_names | {self.privacy.key_env} | list_key

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
