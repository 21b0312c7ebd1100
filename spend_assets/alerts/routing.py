"""Who is told: the owner's channel, or the default; persons only where persons may be."""

from spend_assets.alerts.model import Incident, View
from spend_assets.alerts.settings import Alerts, Channel, Route

BELOW_VENDOR = ("team", "cost_center", "key", "workflow")


def told_to(incident: Incident, settings: Alerts) -> list[tuple[str, View]]:
    """(channel, view) of each message that an incident makes. The mail to a person has the channel name `person`.

    What concerns one person goes to that person and to the restricted channels, and nowhere else. What a shared channel gets without
    figures, the restricted channels get with them.
    """
    restricted: list[tuple[str, View]] = [(channel.name, "restricted") for channel in settings.channels if channel.audience == "restricted"]
    signal = incident.signal
    if concerns_a_person(incident):
        to_them: list[tuple[str, View]] = [("person", "person")] if signal.person and settings.mail and settings.mail_persons else []
        return restricted + to_them
    named = _channels(incident, settings)
    shared: list[tuple[str, View]] = []
    for name in named:
        channel = settings.channel(name)
        if channel is not None and channel.audience == "shared":
            shared.append((name, "shared"))
    chosen = [(name, view) for name, view in restricted if name in named or signal.scope.level in BELOW_VENDOR]
    return shared + chosen


def digest_channels(settings: Alerts) -> list[Channel]:
    """The default channels, and every restricted one."""
    return [c for c in settings.channels if c.audience == "restricted" or not settings.default or c.name in settings.default]


def concerns_a_person(incident: Incident) -> bool:
    return incident.signal.person is not None or incident.signal.scope.level in ("user", "person")


def _channels(incident: Incident, settings: Alerts) -> tuple[str, ...]:
    for route in settings.routes:
        if _fits(route, incident):
            return route.channels
    return settings.default or tuple(channel.name for channel in settings.channels if channel.audience == "shared")


def _fits(route: Route, incident: Incident) -> bool:
    signal = incident.signal
    found = {
        "team": signal.owner_team or (signal.scope.entity if signal.scope.level == "team" else ""),
        "level": signal.scope.level,
        "vendor": signal.scope.vendor,
        "kind": signal.scope.kind,
    }
    return all(not (wanted := getattr(route, field)) or wanted == value for field, value in found.items())
