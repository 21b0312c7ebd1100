"""A simulated organisation behind real vendor APIs: one hidden truth ledger, and servers that show it with the vendors' faults.

Shares no code with the platform, so that one misreading cannot hide in both. Nothing here reads a file of the platform.
"""
