"""`spend doctor`: each configured source with one cheap call per stream, in one table; nothing is stored."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from spend_assets.alerts.examine import examine_alerts
from spend_assets.clock_choice import clock_for
from spend_assets.landing.contracts import declared_ledger, load_contracts
from spend_assets.landing.otlp.files import collector_files
from spend_assets.settings import Settings, SettingsError
from spend_assets.vendors.configured import configured
from spend_assets.vendors.probes import Probe


def examine(settings: Settings, env: Mapping[str, str]) -> tuple[bool, list[str]]:
    """(everything works, the lines to print). A missing permission is named; a token that may do more is a warning."""
    clock = clock_for(settings, env)
    lines, healthy = [], True
    for source in configured(settings, now=clock.now, env=env):
        money = f"ledger: {source.ledger}" if source.ledger else "no money"
        lines.append(f"{source.vendor}, account {source.account} ({source.tenant}), {money}")
        for probe in source.client.probe():
            healthy = healthy and probe.works is not False
            lines.append(_line(probe))
        source.client.close()
    for title, probe in (*_collectors(settings), *_files(settings)):
        healthy = healthy and probe.works is not False
        lines += [title, _line(probe)]
    if not lines:
        lines.append("no vendor account is configured; exported files can still be brought in with `spend import`")
    lines.append("alerts")
    for probe in examine_alerts(settings.alerts, env):
        healthy = healthy and probe.works is not False
        lines.append(_line(probe))
    lines += _hygiene(settings, env)
    return healthy, lines


def _line(probe: Probe) -> str:
    mark = {True: "ok  ", False: "FAIL", None: "--  "}[probe.works]
    return f"  {mark} {probe.stream:<20} {probe.message}"


def _collectors(settings: Settings) -> Iterator[tuple[str, Probe]]:
    """The folders that collectors write into. What is landed is removed there, so the folder must be writable."""
    for source in settings.sources.otlp:
        folder, works = settings.home / source.path, False
        if not folder.is_dir():
            message = f"the folder {folder} does not exist; create it or mend `path`"
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            message = f"the folder {folder} cannot be read and written by this user, who removes what is landed"
        else:
            works, message = True, f"works: {len(collector_files(folder))} files wait in {folder}"
        yield f"otlp, account {source.account} (collector), no money", Probe("all signals", works, message)


def _files(settings: Settings) -> Iterator[tuple[str, Probe]]:
    """The accounts that come by files alone."""
    for source in settings.sources.files:
        try:
            ledger = declared_ledger(source, load_contracts())
            probe = Probe(ledger.stream, True, f"by file: inbox/{source.vendor}/{source.account}/{ledger.stream}/, or `spend import`")
        except SettingsError as error:
            probe = Probe(source.ledger, False, str(error))
        yield f"{source.vendor}, account {source.account} (file), ledger: {source.ledger}", probe


def _hygiene(settings: Settings, env: Mapping[str, str]) -> Iterator[str]:
    dotenv = Path(".env")
    if dotenv.exists():
        try:
            # No child process is given a secret (security-privacy 4).
            child = {name: value for name, value in env.items() if name not in settings.secret_names}
            ignored = subprocess.run(["git", "check-ignore", "-q", ".env"], env=child, check=False, capture_output=True).returncode
        except FileNotFoundError:
            ignored = 0
        if ignored == 1:
            yield "  warn .env is not ignored by git: add it to .gitignore before it is committed"
        if dotenv.stat().st_mode & 0o077:
            yield "  warn .env can be read by others: chmod 600 .env"
    if settings.platform.kind == "real" and not env.get(settings.privacy.key_env):
        yield f"  warn {settings.privacy.key_env} is not set: pseudonyms use a key kept in {settings.home.name}/pseudonym.key"
