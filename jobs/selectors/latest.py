"""A few tasks that matter now: what runs, what failed last, what is due next."""

from jobs.domain.states import State
from jobs.models import Task
from jobs.selectors.facts import LONG_COLUMNS
from jobs.selectors.pages import TaskFilter, page


def running_now(*, most: int) -> list[Task]:
    """Those that run, the longest first."""
    rows = Task.objects.filter(state=State.STARTED).defer(*LONG_COLUMNS)
    return list(rows.order_by("started_at")[:most])


def latest_failures(*, most: int, queue: str = "", task_type: str = "") -> list[Task]:
    """Dead letters, the newest tasks first: of all, of a queue, of a task type."""
    if not (queue or task_type):
        rows = Task.objects.dead_letters().newest_first().defer(*LONG_COLUMNS)
        return list(rows[:most])
    asked = TaskFilter(
        states=frozenset({State.FAILURE}), queue=queue, task_type=task_type, discarded=False
    )
    return page(asked, limit=most).tasks


def due_next(*, most: int) -> list[Task]:
    """Those that wait for their moment, the soonest first."""
    return list(Task.objects.planned().defer(*LONG_COLUMNS).order_by("run_after")[:most])
