"""What an alert says: what, how much, since when, why we think so, what to look at, how to silence it.

The text is plain; what came from outside (names of teams, workflows, models) loses its control characters here, and each channel escapes
the rest as it must.
"""

import re
import unicodedata
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from spend_assets.alerts.model import Figures, Incident, Message, Signal, View

LONGEST = 300
WITHHELD = "(name withheld: it would name a person)"
_LEVELS = {
    "user": "person",
    "team": "team",
    "workflow": "workflow",
    "vendor": "vendor",
    "key": "key",
    "check": "check on",
    "organisation": "the organisation",
    "cost_center": "cost centre",
}
_WIDE = ("vendor", "organisation", "check")
"""Scopes whose running figures may stand in a shared channel; below them only a stage may (security-privacy 17)."""
_STEPS = (20, 10, 5, 3, 2)

_WHAT = {
    "missing": "No data arrived",
    "partial": "Data arrived in part",
    "late": "Data arrived late",
    "duplicated": "A day looks duplicated",
    "unit_error": "Amounts are in a wrong unit",
    "spike": "Spend stands out",
    "slow_change": "Spend has been rising steadily",
    "surge": "The whole team's spend stands out",
    "loop": "Cost per run jumped, as in a loop",
    "model_swap": "Cost per run rose after another model took over",
    "cost_shift": "Cost per run rose and stays up",
    "drift": "Cost per run has been rising steadily",
    "no_delivery": "Runs go on and nearly none delivers",
    "rule_3x": "Three times the day before",
    "leavers_do_not_spend": "Use after somebody's last day of work",
    "budget_early_warning": "Budget: early warning (60 %)",
    "budget_review": "Budget: review (80 %)",
    "budget_policy": "Budget: policy (95 %)",
}
_LOOK = {
    "vendor": (
        "mart data_health for these days (failed_because, remedy); then `spend run --refetch` once the vendor has mended it; "
        "a day that is held and right all the same is accepted in inbox company/report_decisions"
    ),
    "workflow": "marts spend_per_workflow_daily and waste_patterns for this workflow; the logs of its runs in work_records",
    "team": "mart spend_per_team_weekly once the week has settled; what the team started this week",
    "user": "the tools and automations that ran that day: a long agent session, a script on a personal key",
    "key": "what runs with this key, and whether it still has an owner (inbox file key_owners)",
    "budget": "mart budget_status for this month, and the agreed action of this stage",
    "check": "the rows of this check in Dagster's UI, on its asset",
}


def plain(text: str) -> str:
    """Text from outside on one line without control, formatting or bidirectional characters, and not endless."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co") else sign for sign in text)
    short = re.sub(r"\s+", " ", kept).strip()
    return short if len(short) <= LONGEST else short[: LONGEST - 1] + "…"


def subject(incident: Incident, view: View, *, hidden: bool = False) -> str:
    """`hidden`: its name would name a person, and stays out."""
    scope = incident.signal.scope
    if view == "person":
        return "your own use" + (f" ({plain(scope.vendor)})" if scope.vendor else "")
    level = _LEVELS.get(scope.level, plain(scope.level))
    if scope.level == "organisation":
        return level
    entity = WITHHELD if hidden else plain(scope.entity) or "(unnamed)"
    vendor = f" ({plain(scope.vendor)})" if scope.vendor and scope.vendor != scope.entity else ""
    return f"{level} {entity}{vendor}"


def what(incident: Incident) -> str:
    kind = incident.signal.scope.kind
    if incident.signal.source == "check":
        return _WHAT.get(kind, f"Check {plain(kind)} is red")
    return _WHAT.get(kind, plain(kind.replace("_", " ")).capitalize())


def compose(incident: Incident, view: View, *, hidden: bool = False) -> Message:
    """The one message of an incident, for one audience."""
    signal = incident.signal if not hidden else replace(incident.signal, owner_team=None, detail="")
    title = f"{what(incident)}: {subject(incident, view, hidden=hidden)}"
    lines = [
        ("What", title),
        ("How much", _how_much(incident, view)),
        ("Since", _since(incident)),
        ("Why we think so", _why(signal)),
        ("Look at", plain(_look(incident))),
        ("Silence it", f"`spend alerts silence {incident.number} --days 14`; if you take care of it: `spend alerts ack {incident.number}`"),
    ]
    if view == "person":
        lines[-1] = ("Who sees this", "you, and under a pseudonym the few who run this platform. It is no judgement of your work.")
    if view == "shared" and not _figures_may_stand(incident):
        lines.insert(2, ("Figures", _where_figures_are(signal)))
    owner = [("Owner", f"team {plain(signal.owner_team)}")] if signal.owner_team and view != "person" else []
    return Message(title, (*lines[:1], *owner, *lines[1:]))


def digest_line(incident: Incident, view: View, *, hidden: bool = False) -> str:
    """One incident on one line: since when, what, how much."""
    amount = ""
    if _figures_may_stand(incident) or view == "restricted":
        excess = incident.signal.figures.excess_usd
        amount = f", {usd(excess)} more than expected" if excess is not None else ""
    return f"#{incident.number} {what(incident)}: {subject(incident, view, hidden=hidden)}, {_since(incident)}{amount}"


def usd(amount: Decimal) -> str:
    return f"${amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def in_unit(amount: Decimal, unit: str) -> str:
    if unit.startswith("usd"):
        return usd(amount) + (f" {plain(unit[3:].replace('_', ' '))}" if unit != "usd" else "")
    short = amount.quantize(Decimal(1) if amount == amount.to_integral() else Decimal("0.01"), ROUND_HALF_UP)
    return f"{short:,} {plain(unit)}"


def _figures_may_stand(incident: Incident) -> bool:
    return incident.signal.scope.level in _WIDE


def _where_figures_are(signal: Signal) -> str:
    if signal.scope.level == "workflow" and signal.source == "anomaly":
        return "in the table anomalies"
    return "not told while the period runs, since a few people could be behind them; the restricted channel has them"


def _how_much(incident: Incident, view: View) -> str:
    signal = incident.signal
    if view == "shared" and not _figures_may_stand(incident):
        if signal.source == "budget":
            return what(incident)
        return _steps(signal.figures) if signal.scope.level == "workflow" else "above its usual range"
    return _told(signal.figures)


def _steps(figures: Figures) -> str:
    """A coarse step and no figure."""
    if figures.actual is None or not figures.expected or figures.expected <= 0:
        return "above its usual range"
    step = next((step for step in _STEPS if figures.actual >= step * figures.expected), None)
    return f"more than {step} times the usual" if step else "above its usual range"


def _told(figures: Figures) -> str:
    if figures.actual is None:
        return f"not told; {in_unit(figures.expected, figures.unit)} expected" if figures.expected is not None else "not known"
    text = in_unit(figures.actual, figures.unit)
    if figures.expected is not None:
        text += f" instead of {in_unit(figures.expected, figures.unit)} expected"
    if figures.upper is not None:
        text += f" (at most {in_unit(figures.upper, figures.unit)} is usual)"
    if figures.excess_usd is not None:
        text += f"; {usd(figures.excess_usd)} more than expected"
    parts = [f"{plain(name.replace('_', ' '))} {usd(part)}" for name, part in figures.parts.items() if part]
    return text + (f", of it {', '.join(parts)}" if parts else "")


def _since(incident: Incident) -> str:
    signal = incident.signal
    if signal.source == "check":
        return f"the build of {incident.opened_on}"
    if signal.source == "budget":
        return f"the morning of {signal.last_day}, for {signal.first_day:%B %Y}"
    return f"{signal.first_day}" + (f" to {signal.last_day}" if signal.last_day > signal.first_day else "")


def _why(signal: Signal) -> str:
    figures = signal.figures
    if signal.source == "check":
        return f"{plain(signal.detail) or 'the check failed'} ({_told(figures)})"
    if signal.source == "budget":
        return "spend of this month, or its forecast on two days in a row, reached the stage"
    said = [plain(signal.detail) or "compared with its own past, without the day itself and without earlier incidents"]
    if figures.data_complete is False:
        said.append("the data of these days is not complete yet, so this may be restated")
    return "; ".join(said)


def _look(incident: Incident) -> str:
    signal = incident.signal
    if signal.source == "budget":
        return signal.detail or _LOOK["budget"]
    return _LOOK.get(signal.scope.level, "mart anomalies, by the days above")
