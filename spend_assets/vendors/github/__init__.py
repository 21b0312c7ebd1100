"""GitHub Copilot: usage metrics, seats, billing and teams over GitHub's REST API."""

from spend_assets.vendors.github.client import GitHubCopilot
from spend_assets.vendors.github.probe import Probe

__all__ = ["GitHubCopilot", "Probe"]
