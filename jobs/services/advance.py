"""One step of an action over many tasks: a chunk of them, and the cursor behind it, or neither."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from jobs.conf import get_conf
from jobs.domain.operations import SOURCES, Action, OperationState, Parameters, Result
from jobs.domain.states import ALL, State
from jobs.exceptions import OperationNotFound
from jobs.models import Operation
from jobs.selectors.pages import Count, TaskFilter, count_by_state, ids_after
from jobs.selectors.reports import done_after, done_count, notes_of
from jobs.services.cancel import cancel_many
from jobs.services.discard import discard_many
from jobs.services.move import move_back, move_many
from jobs.services.moves import Report
from jobs.services.requeue import requeue_many
from jobs.services.rerun import rerun_many
from jobs.services.reschedule import reschedule_many
from jobs.services.restore import restore_many
from jobs.store.results import ResultRow, add_results

logger = logging.getLogger(__name__)

#: Tasks per transaction: enough to be quick, few enough that nobody waits long for their locks.
CHUNK = 1000
#: Of the tasks that are not even visited, so many are listed one by one.
MOST_SKIPPED_LISTED = 10_000
#: Of a task that was deleted meanwhile.
GONE = "it no longer exists"
MOST_NOTE = 500


class Verb(Protocol):
    """What all services look like, once they have their parameters."""

    def __call__(self, *, task_ids: Iterable[UUID], actor: str, reason: str = "") -> Report:
        """Do it to every task that allows it."""


VERBS: Mapping[Action, Verb] = MappingProxyType(
    {
        Action.REQUEUE: requeue_many,
        Action.CANCEL: cancel_many,
        Action.DISCARD: discard_many,
        Action.RESTORE: restore_many,
    }
)


@dataclass(slots=True)
class Tally:
    """What became of some tasks."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    rows: list[ResultRow] = field(default_factory=list)
    """Each of them by itself."""

    def add(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.done + other.done,
            self.skipped + other.skipped,
            self.failed + other.failed,
            self.rows + other.rows,
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would find: how many tasks in each state, and how many it would touch."""

    by_state: Mapping[State, int]
    allowed: int

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.by_state.values())

    @property
    def skipped(self) -> int:
        """Those whose state refuses the action."""
        return self.count - self.allowed


def preview(*, action: Action, wanted: TaskFilter, before: UUID | None = None) -> Preview:
    """Count the tasks of a filter, as `before` bounds it, and change nothing."""
    counts = count_by_state(wanted, before=before)
    return Preview(
        by_state={state: count.all for state, count in sorted(counts.items())},
        allowed=sum(
            _touched(action, count) for state, count in counts.items() if state in SOURCES[action]
        ),
    )


def _touched(action: Action, count: Count) -> int:
    match action:
        case Action.DISCARD:
            return count.undiscarded
        case Action.RESTORE:
            return count.all - count.undiscarded
    return count.all


def advance(*, operation_id: UUID, limit: int = CHUNK) -> Operation:
    """Take the next step of a running operation, and give it as it stands then.

    The first step counts its tasks, each other does the action to the next `limit` of them. What
    was done, its events and the cursor are one transaction; of two who take the same step at once
    one does, and the other takes none.

    Raises:
        OperationNotFound: there is no such operation.
    """
    operation = Operation.objects.filter(pk=operation_id).first()
    if operation is None:
        raise OperationNotFound(operation_id=operation_id)
    if operation.state != OperationState.RUNNING:
        return operation
    if operation.undoes_id is not None:
        _undo(operation, operation.undoes_id, limit)
    else:
        wanted = TaskFilter.of_json(operation.filter, now=operation.created_at)
        if operation.total_count is None:
            _count(operation, wanted)
        else:
            _step(operation, _next_ids(operation, wanted, limit))
    operation.refresh_from_db()
    return operation


def _undo(operation: Operation, undone: UUID, limit: int) -> None:
    if operation.total_count is not None:
        _step(operation, done_after(undone, operation.cursor, limit=limit))
        return
    fresh = Operation.objects.filter(pk=operation.pk, total_count=None)
    fresh.update(total_count=done_count(undone), started_at=timezone.now())


def _verb(operation: Operation, ids: list[UUID]) -> Verb:
    action = Action(operation.action)
    if action is Action.MOVE and operation.undoes_id is not None:
        return partial(move_back, queues=notes_of(operation.undoes_id, ids))
    return verb_of(action, Parameters.of_json(operation.parameters))


def verb_of(action: Action, given: Parameters) -> Verb:
    """The service that does an action to many tasks, with the parameters that it needs."""
    match action:
        case Action.MOVE:
            return partial(move_many, queue=given.queue or "")
        case Action.RESCHEDULE:
            return partial(reschedule_many, run_after=given.run_after or timezone.now())
        case Action.RERUN:
            return partial(rerun_many, kwargs=given.kwargs)
    return VERBS[action]


def _count(operation: Operation, wanted: TaskFilter) -> None:
    """What the state of which refuses the action is skipped here, and never visited."""
    sources = SOURCES[Action(operation.action)]
    counts = count_by_state(wanted, before=operation.pk)
    total = sum(count.all for count in counts.values())
    skipped = sum(count.all for state, count in counts.items() if state not in sources)
    listed = _skipped(operation, wanted) if skipped else []
    with transaction.atomic():
        if Operation.objects.filter(pk=operation.pk, total_count=None).update(
            total_count=total, skipped_count=skipped, started_at=timezone.now()
        ):
            add_results(operation.pk, listed)


def _skipped(operation: Operation, wanted: TaskFilter) -> list[ResultRow]:
    """The oldest of those that are never visited, with their states."""
    most = min(MOST_SKIPPED_LISTED, get_conf().operations_keep_rows)
    found = (
        ResultRow(pk, Result.SKIPPED, state.value)
        for state in sorted((wanted.states or ALL) - SOURCES[Action(operation.action)])
        for pk in ids_after(
            replace(wanted, states=frozenset({state})), None, before=operation.pk, limit=most
        )
    )
    return list(islice(found, most))


def _next_ids(operation: Operation, wanted: TaskFilter, limit: int) -> list[UUID]:
    states = (wanted.states or ALL) & SOURCES[Action(operation.action)]
    if not states:
        return []
    touchable = replace(wanted, states=states)
    return ids_after(touchable, operation.cursor, before=operation.pk, limit=limit)


@transaction.atomic
def _step(operation: Operation, ids: list[UUID]) -> None:
    """Do it, unless somebody else has, or stopped the operation, since it was read."""
    unmoved = Operation.objects.filter(
        pk=operation.pk, state=OperationState.RUNNING, cursor=operation.cursor
    )
    if not ids:
        unmoved.update(state=OperationState.COMPLETED, ended_at=timezone.now())
        return
    if not unmoved.update(cursor=ids[-1]):
        return
    did = _do(_verb(operation, ids), ids, actor=operation.actor, reason=operation.reason)
    Operation.objects.filter(pk=operation.pk).update(
        done_count=F("done_count") + did.done,
        skipped_count=F("skipped_count") + did.skipped,
        failed_count=F("failed_count") + did.failed,
    )
    room = get_conf().operations_keep_rows - operation.visited_count
    add_results(operation.pk, did.rows[: max(0, room)])


def _do(verb: Verb, ids: list[UUID], *, actor: str, reason: str) -> Tally:
    """A task that the database refuses to change costs its chunk nothing: it is found by halves."""
    try:
        with transaction.atomic():
            report = verb(task_ids=ids, actor=actor, reason=reason)
    except (DataError, IntegrityError) as error:
        if len(ids) == 1:
            logger.exception("task %s cannot be changed", ids[0])
            return Tally(failed=1, rows=[ResultRow(ids[0], Result.FAILED, _said(error))])
        half = len(ids) // 2
        first, second = ids[:half], ids[half:]
        return _do(verb, first, actor=actor, reason=reason).add(
            _do(verb, second, actor=actor, reason=reason)
        )
    return Tally(
        done=report.done_count, skipped=len(ids) - report.done_count, rows=list(_rows(report))
    )


def _rows(report: Report) -> Iterator[ResultRow]:
    for pk in report.moved:
        yield ResultRow(pk, Result.DONE, report.notes.get(pk, ""))
    for pk in report.requested:
        yield ResultRow(pk, Result.ASKED)
    for pk, state in report.refused.items():
        error = report.errors.get(pk)
        yield ResultRow(pk, Result.SKIPPED, str(error) if error else state.value)
    for pk in report.missing:
        yield ResultRow(pk, Result.SKIPPED, GONE)


def _said(error: DatabaseError) -> str:
    """What the database said, without the values of the row that PostgreSQL tells in a detail."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "message_primary", None) or error)[:MOST_NOTE]
