"""What the alert commands refuse."""


class AlertRefused(Exception):
    """An alert command that cannot be done; the message says why and what to write instead."""
