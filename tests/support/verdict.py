"""Whether tasks came through a blow: every rule that was broken, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

from redis import Redis

from jobs.broker.connection import queue_names
from jobs.broker.tickets import list_key
from jobs.domain.outcomes import Ending
from jobs.domain.states import ENDED, State
from jobs.models import Attempt, Task
from tests.support.marks import Run, runs_of, shared_seconds

_DEATHS = {Ending.CRASHED.value, Ending.LOST.value}


def all_settled(ids: Sequence[str], redis: Redis) -> Callable[[], bool]:
    """A condition: each of these tasks has ended, and no queue has a ticket left."""
    states = [state.value for state in ENDED]
    return lambda: (
        Task.objects.filter(pk__in=ids, state__in=states).count() == len(ids)
        and not any(redis.llen(list_key(queue)) for queue in queue_names())
    )


def violations(
    ids: Sequence[str],
    redis: Redis,
    *,
    marks: Path | None = None,
    expected: State | Mapping[str, State] = State.SUCCESS,
    window_seconds: float = 0.0,
) -> list[str]:
    """What is wrong with these tasks now that nothing runs any more; empty when all is well.

    Each must have ended once, in the state expected of it, with a history that tells how. With
    `marks`, the folder in which `tests.mark` left its marks, no two runs of a task may have been
    under way at once, but for `window_seconds`: that is what a stopped process may run on when it
    wakes after others have taken over, until it is killed.
    """
    found = list(_left_behind(redis))
    for task_id in ids:
        wanted = expected if isinstance(expected, State) else expected[task_id]
        task = Task.objects.filter(pk=task_id).first()
        attempts = list(Attempt.objects.filter(task=task_id).order_by("number"))
        faults = list(_faults_of_history(task, wanted, attempts)) if task else ["has no row"]
        if task and marks is not None:
            faults += _faults_of_runs(runs_of(marks, task_id), task, attempts, window_seconds)
        history = [attempt.outcome for attempt in attempts]
        found += [f"{task_id} {fault}; its history: {history}" for fault in faults]
    return found


def ran_again(ids: Sequence[str], marks: Path) -> list[str]:
    """Those of the tasks that did not run exactly once."""
    return [task_id for task_id in ids if len(runs_of(marks, task_id)) != 1]


def _left_behind(redis: Redis) -> Iterator[str]:
    for task in Task.objects.filter(state=State.STARTED):
        yield f"{task.pk} is left STARTED by {task.worker}"
    for queue in queue_names():
        if length := redis.llen(list_key(queue)):
            yield f"{length} ticket(s) are left on {queue}"


def _faults_of_history(task: Task, wanted: State, attempts: list[Attempt]) -> Iterator[str]:
    if task.state != wanted:
        yield f"is {task.state}, not {wanted} ({task.error})"
    outcomes = [attempt.outcome for attempt in attempts]
    if [attempt.number for attempt in attempts] != list(range(1, task.attempt_count + 1)):
        yield f"counts {task.attempt_count} attempts"
    if any(later.fence <= earlier.fence for earlier, later in pairwise(attempts)):
        yield "was attempted twice under one fence"
    is_well = outcomes[-1:] == [Ending.SUCCEEDED]
    if outcomes.count(Ending.SUCCEEDED) != int(is_well) or is_well != (task.state == State.SUCCESS):
        yield f"is {task.state}, which its attempts do not tell"


def _faults_of_runs(
    runs: list[Run], task: Task, attempts: list[Attempt], window_seconds: float
) -> Iterator[str]:
    for one, other in combinations(runs, 2):
        shared = shared_seconds(one, other)
        if shared >= window_seconds:
            yield f"ran twice at once for {shared:.3f} s"
    completed = sum(run.has_ended for run in runs)
    succeeded = [attempt for attempt in attempts if attempt.outcome == Ending.SUCCEEDED]
    deaths = [attempt for attempt in attempts if attempt.outcome in _DEATHS]
    # A horse that dies in the instant between a task's end and its commit gives it back.
    given_back = task.fence - len(attempts)
    if succeeded and not completed:
        yield "succeeded, and never ran to its end"
    if len(runs) > task.fence or completed > len(succeeded) + len(deaths) + given_back:
        yield f"ran {len(runs)} times, {completed} times to its end, under {task.fence} claim(s)"
