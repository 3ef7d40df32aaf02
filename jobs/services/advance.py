"""One step of an action over many tasks: a chunk of them, and the cursor behind it, or neither."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from jobs.domain.operations import SOURCES, Action, OperationState
from jobs.domain.states import State
from jobs.exceptions import OperationNotFound
from jobs.models import Operation
from jobs.selectors.pages import Count, TaskFilter, count_by_state, ids_after
from jobs.services.audit import covered
from jobs.services.cancel import cancel_many
from jobs.services.discard import discard_many
from jobs.services.moves import Report
from jobs.services.requeue import requeue_many

logger = logging.getLogger(__name__)

#: Tasks per transaction: enough to be quick, few enough that nobody waits long for their locks.
CHUNK = 2000
_EVERY_STATE = frozenset(State)


class Verb(Protocol):
    """What all three services look like."""

    def __call__(self, *, task_ids: Iterable[UUID], actor: str, reason: str = "") -> Report:
        """Do it to every task that allows it."""


VERBS: Mapping[Action, Verb] = MappingProxyType(
    {
        Action.REQUEUE: requeue_many,
        Action.CANCEL: cancel_many,
        Action.DISCARD: discard_many,
    }
)


@dataclass(slots=True)
class Tally:
    """What became of some tasks."""

    done: int = 0
    skipped: int = 0
    failed: int = 0

    def add(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.done + other.done, self.skipped + other.skipped, self.failed + other.failed
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
    return count.undiscarded if action is Action.DISCARD else count.all


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
    wanted = TaskFilter.of_json(operation.filter)
    if operation.total_count is None:
        _count(operation, wanted)
    else:
        _step(operation, _next_ids(operation, wanted, limit))
    operation.refresh_from_db()
    return operation


def _count(operation: Operation, wanted: TaskFilter) -> None:
    """What the action cannot touch is skipped here, and never visited."""
    found = preview(action=Action(operation.action), wanted=wanted, before=operation.pk)
    fresh = Operation.objects.filter(pk=operation.pk, total_count=None)
    fresh.update(total_count=found.count, skipped_count=found.skipped, started_at=timezone.now())


def _next_ids(operation: Operation, wanted: TaskFilter, limit: int) -> list[UUID]:
    states = (wanted.states or _EVERY_STATE) & SOURCES[Action(operation.action)]
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
    did = _do(VERBS[Action(operation.action)], ids, actor=operation.actor, reason=operation.reason)
    Operation.objects.filter(pk=operation.pk).update(
        done_count=F("done_count") + did.done,
        skipped_count=F("skipped_count") + did.skipped,
        failed_count=F("failed_count") + did.failed,
    )


def _do(verb: Verb, ids: list[UUID], *, actor: str, reason: str) -> Tally:
    """A task that the database refuses to change costs its chunk nothing: it is found by halves."""
    try:
        with transaction.atomic(), covered():
            report = verb(task_ids=ids, actor=actor, reason=reason)
    except (DataError, IntegrityError):
        if len(ids) == 1:
            logger.exception("task %s cannot be changed", ids[0])
            return Tally(failed=1)
        half = len(ids) // 2
        first, second = ids[:half], ids[half:]
        return _do(verb, first, actor=actor, reason=reason).add(
            _do(verb, second, actor=actor, reason=reason)
        )
    return Tally(done=report.done_count, skipped=len(ids) - report.done_count)
