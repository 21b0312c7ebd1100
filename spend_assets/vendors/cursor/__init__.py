"""Cursor: usage events, spend, members and activity over Cursor's Admin API and AI Code Tracking API."""

from spend_assets.vendors.cursor.client import Cursor

__all__ = ["Cursor"]
