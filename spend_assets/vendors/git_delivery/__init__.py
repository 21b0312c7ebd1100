"""Delivery evidence from GitHub: pull requests, reviews, commits, CI, deployments, incidents and agent tasks. Never titles or messages."""

from spend_assets.vendors.git_delivery.client import GitDelivery

__all__ = ["GitDelivery"]
