"""Begin, pause, resume, cancel and undo actions over all tasks of a filter.

The work itself is done by a task of our own, chunk after chunk (`advance`).
"""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.broker import tickets
from jobs.broker.connection import queue_names
from jobs.domain.operations import INVERSES, Action, OperationState, Parameters
from jobs.domain.registry import registry
from jobs.exceptions import OperationNotFound, OperationRefused
from jobs.models import Operation
from jobs.selectors.facts import moment
from jobs.selectors.pages import TaskFilter
from jobs.selectors.queues import queues
from jobs.services.enqueue import enqueue, known_queue
from jobs.services.reschedule import check_moment

#: The name of the task type that works on operations.
RUNNER = "jobs.run_operation"
NO_PARAMETERS = Parameters()
_OPEN = frozenset({OperationState.RUNNING, OperationState.PAUSED})


@transaction.atomic
def operate(
    *,
    action: Action,
    wanted: TaskFilter,
    actor: str,
    reason: str = "",
    parameters: Parameters = NO_PARAMETERS,
) -> Operation:
    """Begin an action over the tasks of a filter that exist now; gives what to watch it by.

    Raises:
        InvalidOption: the action needs a parameter that is not given, or is given another's.
        UnknownQueue: of a move.
    """
    parameters.check(action)
    if parameters.queue is not None:
        known_queue(parameters.queue)
    if parameters.run_after is not None:
        check_moment(parameters.run_after)
    operation = Operation.objects.create(
        action=action,
        filter=wanted.as_json(),
        parameters=parameters.as_json(),
        actor=actor,
        reason=reason,
    )
    return _run(operation, by=actor)


@transaction.atomic
def undo_operation(*, operation_id: UUID, actor: str, reason: str = "") -> Operation:
    """Begin to take back what an ended operation did, over the tasks of its report.

    Of a discard and a restore that is the other one; of a move each task goes back to the queue on
    which it was, if it waits still.

    Raises:
        OperationNotFound: it does not exist.
        OperationRefused: it has not ended, its action cannot be taken back, or it was already.
    """
    ended = frozenset({OperationState.COMPLETED, OperationState.CANCELLED})
    operation = _locked(operation_id, verb="undo", allowed=ended)
    if not is_undoable(operation):
        raise OperationRefused(operation_id=operation_id, state=operation.state, verb="undo")
    inverse = INVERSES[Action(operation.action)]
    undoing = Operation.objects.create(action=inverse, undoes=operation, actor=actor, reason=reason)
    _note(operation, "undo", actor, reason)
    operation.save(update_fields=["history"])
    return _run(undoing, by=actor)


def is_undoable(operation: Operation) -> bool:
    """Whether an ended operation can be taken back, and nobody has begun to."""
    if Action(operation.action) not in INVERSES or not operation.done_count:
        return False
    return not operation.undone_by.exclude(state=OperationState.CANCELLED).exists()


def pause_operation(*, operation_id: UUID, actor: str, reason: str = "") -> Operation:
    """Stop an operation after the chunk it is at, and give it; one that is paused stays so.

    Raises:
        OperationNotFound, OperationRefused: it does not exist, or has ended.
    """
    return _stop(operation_id, OperationState.PAUSED, verb="pause", actor=actor, reason=reason)


def cancel_operation(*, operation_id: UUID, actor: str, reason: str = "") -> Operation:
    """Stop an operation for good, and give it; what it has done stays done.

    Raises:
        OperationNotFound, OperationRefused: it does not exist, or is complete.
    """
    return _stop(operation_id, OperationState.CANCELLED, verb="cancel", actor=actor, reason=reason)


@transaction.atomic
def resume_operation(*, operation_id: UUID, actor: str, reason: str = "") -> Operation:
    """Let a paused or failed operation go on from where it stands; one that runs does so anyway.

    Raises:
        OperationNotFound, OperationRefused: it does not exist, or was cancelled, or is complete.
    """
    operation = _locked(operation_id, verb="resume", allowed=_OPEN)
    if operation.standing is OperationState.RUNNING:
        return operation
    operation.state = OperationState.RUNNING
    _note(operation, "resume", actor, reason)
    # A runner of before may be about to look at the state, or to leave: two do no harm.
    return _run(operation, by=actor)


@transaction.atomic
def _stop(
    operation_id: UUID, target: OperationState, *, verb: str, actor: str, reason: str
) -> Operation:
    operation = _locked(operation_id, verb=verb, allowed=_OPEN | {target})
    if operation.state != target:
        operation.state = target
        _note(operation, verb, actor, reason)
        operation.ended_at = timezone.now() if target is OperationState.CANCELLED else None
        operation.save(update_fields=["state", "history", "ended_at"])
    return operation


def _locked(operation_id: UUID, *, verb: str, allowed: Collection[OperationState]) -> Operation:
    rows = Operation.objects.select_for_update(of=("self",)).select_related("task")
    operation = rows.filter(pk=operation_id).first()
    if operation is None:
        raise OperationNotFound(operation_id=operation_id)
    if operation.state not in allowed:
        raise OperationRefused(operation_id=operation_id, state=operation.state, verb=verb)
    return operation


def _note(operation: Operation, verb: str, actor: str, reason: str) -> None:
    """Who did it, in the history of the locked operation; not saved yet."""
    at = moment(timezone.now())
    line = {"verb": verb, "actor": actor, "reason": reason, "at": at}
    operation.history = [*operation.history, line]


def _run(operation: Operation, *, by: str) -> Operation:
    """Give it a task that works on it, on the first queue that is served, before all others."""
    served = (queue.name for queue in queues() if queue.workers and not queue.paused)
    queue = next(served, queue_names()[0])
    task = enqueue(
        task_type=registry.get(RUNNER),
        kwargs={"operation_id": str(operation.pk)},
        queue=queue,
        submitted_by=by,
    )
    place = (queue, str(task.pk))
    transaction.on_commit(partial(tickets.ring, [place], at_front=True), robust=True)
    operation.task = task
    operation.save(update_fields=["state", "history", "task"])
    return operation
