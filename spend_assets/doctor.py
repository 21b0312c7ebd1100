"""`spend doctor`: each configured source with one cheap call per stream, in one table; nothing is stored."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from spend_assets.clock_choice import clock_for
from spend_assets.settings import Settings
from spend_assets.vendors.configured import configured


def examine(settings: Settings, env: Mapping[str, str]) -> tuple[bool, list[str]]:
    """(everything works, the lines to print). A missing permission is named; a token that may do more is a warning."""
    clock = clock_for(settings, env)
    lines, healthy = [], True
    sources = list(configured(settings, now=clock.now, env=env))
    for source in sources:
        money = f"ledger: {source.ledger}" if source.ledger else "no money"
        lines.append(f"{source.vendor}, account {source.account} ({source.tenant}), {money}")
        for probe in source.client.probe():
            healthy = healthy and probe.works is not False
            lines.append(f"  {_mark(probe.works)} {probe.stream:<20} {probe.message}")
        source.client.close()
    if not sources:
        lines.append("no vendor account is configured; exported files can still be brought in with `spend import`")
    lines += _hygiene(settings, env)
    return healthy, lines


def _mark(works: bool | None) -> str:
    return {True: "ok  ", False: "FAIL", None: "--  "}[works]


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
