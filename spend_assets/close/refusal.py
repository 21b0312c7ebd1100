class CloseRefused(Exception):
    """The month cannot be closed; the message lists what is missing."""
