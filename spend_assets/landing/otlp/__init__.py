"""Files that an OpenTelemetry collector wrote, as agent telemetry: what agents did, without what was said (docs/instrumenting-agents.md).

`files` gives lines, `messages` their spans, log records and metric points, `emitters` says what each one is, `records` makes the house's
record of it from the attributes that attributes.yml keeps, and `collect` adds the records to the days that they belong to.
"""

from spend_assets.landing.otlp.collect import VENDOR, collect
from spend_assets.landing.otlp.commands import Hasher

__all__ = ["VENDOR", "Hasher", "collect"]
