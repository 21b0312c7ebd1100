"""OpenAI: costs, usage of every modality, projects, keys and users over the organization API; Codex analytics where configured."""

from spend_assets.vendors.openai.client import OpenAI

__all__ = ["OpenAI"]
