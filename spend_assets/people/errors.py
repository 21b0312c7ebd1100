"""The one error of the person commands."""


class PersonCommandRefused(Exception):
    """Nothing was shown or changed, unless the message says what was done. It says why and what to do, and names no person."""
