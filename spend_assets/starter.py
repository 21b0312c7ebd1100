"""What `spend init` writes: an annotated spend.toml and the names of the secrets it refers to."""

from pathlib import Path

SPEND_TOML = """\
# Settings of the spend platform. Secrets never stand here, only the names of the environment variables that hold them.

[platform]
start_date = {start}          # the first UTC day to ask vendors for; GitHub keeps one year of metrics, two of billing
k = 5                            # groups under k persons are suppressed in published files

# Delete the vendors that you do not have. An account is a tenant of a vendor, under a name of yours: lower-case letters, digits, - and _.
# A second account of a vendor is one more section. `spend doctor` says what works.

[[sources.github]]
account = "acme"
base_url = "https://api.github.com"
enterprise = "acme"              # the slug in github.com/enterprises/<slug>; without an enterprise: org = "your-org"
team_orgs = []                   # organisations whose teams are read, for an enterprise
token_env = "GITHUB_TOKEN"       # scopes: read:enterprise (metrics), manage_billing:copilot (seats), read:org (teams), repo (delivery)
billing_token_env = "GITHUB_BILLING_TOKEN"   # scope: manage_billing:enterprise; without it there is no billed money
repositories = []                # ["acme/api"] or ["acme/*"]: pull requests, CI, deployments and incidents are read there

[[sources.anthropic]]            # a Claude Console organisation
account = "console"
kind = "console"
key_env = "ANTHROPIC_ADMIN_KEY"  # an Admin API key (sk-ant-admin...)
# ledger = "cost_report"         # only where the usage and cost analytics API is not available to the organisation

[[sources.anthropic]]            # Claude Enterprise: another organisation, another key
account = "claude"
kind = "enterprise"
key_env = "ANTHROPIC_ANALYTICS_KEY"   # a key with read:analytics (and read:members, read:spend_limits), made by the primary owner

[[sources.cursor]]
account = "team"
key_env = "CURSOR_ADMIN_KEY"     # a team admin API key; read-only is enough

[[sources.openai]]
account = "platform"
key_env = "OPENAI_ADMIN_KEY"     # an admin key (sk-admin-...); project keys are refused

# [[sources.otlp]]               # telemetry of agents: what the money was for (docs/instrumenting-agents.md)
# account = "agents"
# path = "collector"             # a folder below SPEND_HOME that a collector's finished files are moved into; read files are removed
"""

ENV_EXAMPLE = """\
# Copy to .env (ignored by git), fill in, and load it in the shell that runs `spend`: set -a; . ./.env; set +a
GITHUB_TOKEN=
GITHUB_BILLING_TOKEN=
ANTHROPIC_ADMIN_KEY=
ANTHROPIC_ANALYTICS_KEY=
CURSOR_ADMIN_KEY=
OPENAI_ADMIN_KEY=
# The key of the pseudonyms in published files, at least 32 random characters. Keep it: another key makes other pseudonyms.
SPEND_PSEUDONYM_KEY=
"""


def write_starter(folder: Path, start: str) -> list[Path]:
    """Write the files that do not exist yet; an existing file is never touched."""
    written = []
    for name, text in (("spend.toml", SPEND_TOML.format(start=start)), (".env.example", ENV_EXAMPLE)):
        path = folder / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
