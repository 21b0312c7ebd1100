"""GitHub Copilot: usage metrics, seats, billing and teams over GitHub's REST API."""

from spend_assets.vendors.github.client import GitHubCopilot

__all__ = ["GitHubCopilot"]
