"""The one error of publication."""


class PublicationRefused(Exception):
    """Nothing was published and readers keep the last publication. The message says why and what to do, never a value of the data."""
