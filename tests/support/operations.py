"""Actions over many tasks, begun and worked on without a worker."""

from typing import Any

from jobs.domain.operations import Action, Parameters
from jobs.domain.states import State
from jobs.models import Operation, Task
from jobs.selectors.pages import TaskFilter
from jobs.services.advance import advance
from jobs.services.operate import operate
from tests.support.rows import make_task, reload

FAILED = TaskFilter(states=frozenset({State.FAILURE}))


def begin(
    action: Action = Action.REQUEUE, wanted: TaskFilter = FAILED, **parameters: Any
) -> Operation:
    """An operation of ann's over what failed, unless told otherwise."""
    return operate(
        action=action,
        wanted=wanted,
        actor="ann",
        reason="a test",
        parameters=Parameters(**parameters),
    )


def worked(operation: Operation, *, limit: int = 2) -> Operation:
    """The operation, once it does not run any more; each step visits so many tasks."""
    while (now := advance(operation_id=operation.pk, limit=limit)).state == "running":
        pass
    return now


def many(count: int, **columns: object) -> list[Task]:
    """That many tasks with the same columns."""
    return [make_task(**columns) for _ in range(count)]


def states(tasks: list[Task]) -> list[str]:
    """The present state of each."""
    return [reload(task).state for task in tasks]
