"""Anthropic: usage, cost, seats and directories of a Claude Console or Claude Enterprise organisation."""

from spend_assets.vendors.anthropic.client import Anthropic

__all__ = ["Anthropic"]
