"""The answer key of work: what each workflow's tasks cost on the bill, lost telemetry included, and which were completed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from spend_assets.sandbox.anthropic_usage import charged
from spend_assets.sandbox.delivery_story import Change
from spend_assets.sandbox.delivery_world import DeliveryWorld
from spend_assets.sandbox.traces import Session, Traces

SURVIVES = timedelta(days=14)
PICO = Decimal("1e-12")


@dataclass
class TaskTruth:
    """A pull request, or a run that led to none, with what all sessions for it were charged."""

    key: str
    """repository#number, or the run's id."""
    effective_usd: Decimal = Decimal(0)
    sessions: int = 0
    completed: bool = False
    """Merged, and not taken back within 14 days."""


@dataclass
class WorkflowTruth:
    workflow_id: str
    tasks: dict[str, TaskTruth] = field(default_factory=dict)

    @property
    def effective_usd(self) -> Decimal:
        return sum((task.effective_usd for task in self.tasks.values()), Decimal(0))

    @property
    def completed(self) -> int:
        return sum(task.completed for task in self.tasks.values())


def effective(traces: Traces, session: Session) -> Decimal:
    """What the vendor's final ledger charges for its calls."""
    first = sum(charged(session.account, call.list_amount) for call in session.calls)
    return PICO * (first * traces.final_millionths(session) // 1_000_000)


def work_truth(traces: Traces, delivery: DeliveryWorld, days: Iterable[date], as_of: datetime) -> dict[str, WorkflowTruth]:
    """By workflow, of the sessions of `days`; how a task ended is that of `as_of`."""
    taken_back: dict[tuple[str, int], datetime] = {
        (change.repository.full_name, change.reverts): change.closed
        for change in delivery.changes()
        if change.reverts is not None and change.merged and change.closed is not None
    }
    found: dict[str, WorkflowTruth] = defaultdict(lambda: WorkflowTruth(""))
    for day in days:
        for session in traces.sessions(day):
            if not session.workflow_id:
                continue
            workflow = found[session.workflow_id]
            workflow.workflow_id = session.workflow_id
            change = session.change
            key = f"{change.repository.full_name}#{change.number}" if change else session.run_id
            task = workflow.tasks.setdefault(key, TaskTruth(key))
            task.effective_usd += effective(traces, session)
            task.sessions += 1
            task.completed = change is not None and _is_completed(change, taken_back, as_of)
    return dict(found)


def _is_completed(change: Change, taken_back: dict[tuple[str, int], datetime], as_of: datetime) -> bool:
    if not change.merged or change.closed is None or change.closed > as_of:
        return False
    back = taken_back.get((change.repository.full_name, change.number))
    return back is None or back > as_of or back > change.closed + SURVIVES
