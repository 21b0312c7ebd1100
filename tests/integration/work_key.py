"""What the platform says of work beside the sandbox's truth: links of sessions to changes, and cost per completed task of each workflow."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

import duckdb

from spend_assets.sandbox.agent_workflows import DEARER, LARGE, SMALL, SWAPPED, swap_day
from tests.integration.lab import Lab

COVERED, CLOSE, HELD, PRECISE = 0.95, 0.02, 0.9, 0.98
MART = """
    select workflow_id, sum(tasks_completed),
        sum(coalesce(completed_cohort_cost_usd, 0) + coalesce(failed_cohort_cost_usd, 0)),
        sum(effective_usd), sum(effective_low_usd), sum(effective_high_usd)
    from marts.spend_per_workflow_daily group by workflow_id
"""
SWAPS = """
    select verdict, cost_ratio_low, cost_ratio, cost_ratio_high
    from marts.model_swaps
    where workflow_id like $workflow || '-%' and swapped_on = $day and earlier_model = $small and model in $large
"""
LINKS = """
    select sessions.session_id, links.task_key, links.change_key
    from intermediate.int_task_links as links
    inner join intermediate.int_agent_sessions as sessions using (account, session_key)
    where links.is_counted and links.method <> 'workflow_run'
"""


@dataclass
class WorkTally:
    links: int = 0
    right: int = 0
    linked_sessions: int = 0
    linkable_sessions: int = 0
    errors: list[float] = field(default_factory=list)
    """Relative, of cost per completed task, where coverage is high."""
    held: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    """Of the intervals elsewhere, relative to the truth."""
    swap: tuple[str, Decimal, Decimal, Decimal] | None = None
    """Of the bot whose model was swapped: verdict, and the ratio of its cost with its interval."""

    @property
    def precision(self) -> float:
        return self.right / self.links

    def __str__(self) -> str:
        width = f"{median(self.widths):.2f}" if self.widths else "none"
        return (
            f"{self.links} links, precision {self.precision:.4f}, {self.linked_sessions} of {self.linkable_sessions} sessions linked; "
            f"cost per completed task: {len(self.errors)} workflows well covered, largest error {max(self.errors, default=0):.4f}; "
            f"{len(self.held)} others, {sum(self.held)} inside their interval, median width {width} of the truth; "
            f"the model swap of the story: {self.swap and ' '.join(map(str, self.swap))}"
        )

    def require(self) -> None:
        assert self.links > 50 and self.precision >= PRECISE, str(self)
        assert self.errors and max(self.errors) <= CLOSE, str(self)
        assert sum(self.held) >= HELD * len(self.held), str(self)
        assert self.swap is not None, str(self)
        verdict, low, _, high = self.swap
        assert verdict == "too_few_tasks" or (verdict == "dearer" and low <= DEARER <= high), str(self)


def compare_work(lab: Lab) -> WorkTally:
    tally = WorkTally()
    _links(lab, tally)
    _costs(lab, tally)
    asked = {"workflow": SWAPPED, "day": swap_day(lab.sandbox.config.end), "small": SMALL, "large": list(LARGE)}
    with duckdb.connect(str(lab.pipeline.warehouse.path), read_only=True) as connection:
        tally.swap = connection.execute(SWAPS, asked).fetchone()
    return tally


def _links(lab: Lab, tally: WorkTally) -> None:
    changes_of_task: dict[str, set[str]] = defaultdict(set)
    for change_key, task_key in lab.query("select change_key, task_key from intermediate.int_task_changes"):
        changes_of_task[task_key].add(change_key)
    true: dict[str, set[str]] = defaultdict(set)
    for day in lab.sandbox.config.history():
        for session in lab.sandbox.traces.sessions(day):
            if session.told and session.change:
                true[session.id].add(f"{session.repository}#{session.change.number}".lower())
            if session.told and session.task_id:
                true[session.id].add(f"issue:{session.task_id}")
    found = set()
    for session_id, task_key, change_key in lab.query(LINKS):
        said = {change_key} if change_key else {task_key, *changes_of_task[task_key]}
        tally.links += 1
        tally.right += bool(said & true.get(session_id, set()))
        found.add(session_id)
    tally.linked_sessions, tally.linkable_sessions = len(found & set(true)), len(true)


def _costs(lab: Lab, tally: WorkTally) -> None:
    config = lab.sandbox.config
    mart = {row[0]: row[1:] for row in lab.query(MART)}
    read = {repository for (repository,) in lab.query("select distinct repository from intermediate.int_pull_requests")}
    for truth in lab.sandbox.work(config.start, config.end, lab.sandbox.clock.now()):
        places = {key.rpartition("#")[0].lower() for key in truth.tasks if "#" in key}
        if truth.workflow_id not in mart or not truth.completed or not places <= read:
            continue  # no task to divide by, or nobody reads what became of them
        completed, cohort, effective, low, high = mart[truth.workflow_id]
        # All tasks on both sides: the mart leaves none out, however small.
        true_cost = sum((task.effective_usd for task in truth.tasks.values()), Decimal(0)) / truth.completed
        if effective is None:
            tally.held.append(False)
        elif effective / high > Decimal(str(COVERED)):
            tally.errors.append(float(abs(cohort / completed - true_cost) / true_cost))
        else:
            tally.held.append(bool(low / max(truth.completed, completed) <= true_cost <= high / max(completed, 1)))
            tally.widths.append(float((high - low) / max(completed, 1) / true_cost))
