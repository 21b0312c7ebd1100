"""What `spend doctor` is told of one stream, the same for every vendor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Probe:
    """One line of `spend doctor`. `works` is None where the vendor does not expose the stream, or for a remark that is no failure."""

    stream: str
    works: bool | None
    message: str
