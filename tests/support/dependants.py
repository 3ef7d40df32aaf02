"""Tasks that wait for others."""

from jobs.domain.outcomes import Ending
from jobs.domain.registry import registry
from jobs.domain.states import Move, State
from jobs.models import Dependency, Task
from jobs.services.enqueue import enqueue
from tests.support.rows import claimed, exchanged, outcome_of, reload


def add_after(*others: Task, **options: object) -> Task:
    """A sum that waits for the other tasks, if there are any."""
    return enqueue(
        task_type=registry.get("add"),
        kwargs={"x": 1, "y": 2},
        depends_on=[task.pk for task in others],
        **options,
    )


def ended(task: Task, state: State = State.SUCCESS) -> list[str]:
    """End a pending task as a worker does; gives what the exchange says is awaited."""
    claim = claimed(task)
    if state is State.SUCCESS:
        outcome = outcome_of(claim)
    else:
        outcome = outcome_of(claim, move=Move.FAIL, ending=Ending.FAILED, error="boom")
    return exchanged([outcome]).awaited


def state_of(task: Task) -> State:
    """Where it stands now."""
    return State(reload(task).state)


def nothing_is_left() -> bool:
    """Whether every edge is watched, and every end was told of."""
    unwatched = Dependency.objects.filter(watched=False)
    return not unwatched.exists() and not Task.objects.awaited_ends().exists()
