"""What new and requeued tasks wait for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from django.db import transaction

from jobs.domain.states import Move, State
from jobs.exceptions import DependencyFailed, InvalidOption, TransitionRefused
from jobs.models import Dependency, Task
from jobs.services import moves
from jobs.services.unblock import FAILED, waits_of, watch
from jobs.store.create import NewTask, Terms
from jobs.store.dependencies import insert_edges

#: Ids per statement.
CHUNK = 5000


def standing(task_ids: Iterable[str]) -> dict[str, State]:
    """The state of each of the tasks that exists."""
    ids = [UUID(task_id) for task_id in dict.fromkeys(task_ids)]
    found: dict[str, State] = {}
    for start in range(0, len(ids), CHUNK):
        rows = Task.objects.filter(pk__in=ids[start : start + CHUNK]).values_list("pk", "state")
        found |= {str(pk): State(state) for pk, state in rows}
    return found


def placed(terms: Terms, states: Mapping[str, State]) -> Terms:
    """The terms with the first state that their dependencies leave them.

    Raises:
        InvalidOption: one of them does not exist.
    """
    for task_id in terms.depends_on:
        if task_id not in states:
            raise InvalidOption(
                field="depends_on", given=task_id, allowed="the id of a task that exists"
            )
    if all(states[task_id] is State.SUCCESS for task_id in terms.depends_on):
        return terms
    return replace(terms, state=State.BLOCKED.value)


def link(new: Iterable[NewTask]) -> None:
    """Write what new tasks depend on, in the transaction of their rows; watch it after the commit.

    Nothing of the other tasks is touched before that: the caller's transaction may last, and their
    workers must not wait for it.
    """
    by_state: defaultdict[bool, list[tuple[str, str]]] = defaultdict(list)
    for task in new:
        if task.terms.depends_on:
            blocked = task.terms.state == State.BLOCKED.value
            by_state[blocked] += [(task.id, other) for other in task.terms.depends_on]
    for blocked, pairs in by_state.items():
        insert_edges(pairs, blocked=blocked)
    if waiting := list(dict.fromkeys(UUID(task_id) for task_id, _ in by_state[True])):
        transaction.on_commit(partial(watch, waiting), robust=True)


def failed_dependencies(tasks: Sequence[Task]) -> dict[UUID, TransitionRefused]:
    """What forbids tasks to open again: one they depend on failed, and is none of these."""
    opening = {task.pk for task in tasks}
    errors: dict[UUID, TransitionRefused] = {}
    for task, edges in waits_of(tasks):
        for other in (edge.depends_on for edge in edges):
            if other.state in FAILED and other.pk not in opening:
                errors[task.pk] = DependencyFailed(
                    task_id=task.pk,
                    state=task.state,
                    move=Move.REQUEUE.value,
                    dependency=other.pk,
                    dependency_state=other.state,
                )
    return errors


def block(tasks: Sequence[Task]) -> set[UUID]:
    """Block those of the tasks, PENDING in this transaction, that depend on one without success."""
    waiting = [
        task
        for task, edges in waits_of(tasks)
        if any(edge.depends_on.state != State.SUCCESS for edge in edges)
    ]
    ids = [task.pk for task in waiting]
    moves.apply(Move.BLOCK, waiting)
    Dependency.objects.filter(task__in=ids).update(watched=False, settled=False)
    if ids:
        transaction.on_commit(partial(watch, ids), robust=True)
    return set(ids)
