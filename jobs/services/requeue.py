"""Run ended tasks again: a new life for the same row, its history kept."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.broker import tickets
from jobs.domain.audit import Verb
from jobs.domain.states import Move, State, allowed
from jobs.exceptions import TransitionRefused, UniqueKeyTaken
from jobs.models import Event, Task
from jobs.services import moves
from jobs.services.audit import entered_for_tasks
from jobs.services.dependencies import block, failed_dependencies
from jobs.services.moves import Report
from jobs.services.unique import holders_of
from jobs.store.history import add_events
from jobs.store.requeue import are_bound, requeue_rows

#: How often a key may be taken between the look and the write, before the error is the caller's.
MOST_LOOKS = 5


def requeue(*, task_id: UUID | str, actor: str, reason: str = "") -> Task:
    """Make one ended task PENDING again, with all its tries, and give its row.

    One that depends on tasks which have not all succeeded is BLOCKED again.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it has not ended; or, as UniqueKeyTaken, another task took its
            `unique_key`; or, as DependencyFailed, a task that it depends on failed.
    """
    report = requeue_many(task_ids=[task_id], actor=actor, reason=reason)
    return Task.objects.get(pk=report.only(Move.REQUEUE))


@transaction.atomic
def requeue_many(*, task_ids: Iterable[UUID | str], actor: str, reason: str = "") -> Report:
    """Requeue every task that has ended; the report says what became of each.

    The oldest first: those that others depend on come before them.
    """
    report = Report()
    for ids in moves.chunks(task_ids):
        _requeue_if_unique(ids, report, actor=actor, reason=reason)
    entered_for_tasks(Verb.TASK_REQUEUE, report, actor=actor, reason=reason)
    return report


def _requeue_if_unique(ids: list[UUID], report: Report, *, actor: str, reason: str) -> None:
    """Look again when a task came meanwhile that takes the key of one of these."""
    for look in range(1, MOST_LOOKS + 1):
        try:
            with transaction.atomic():
                _requeue(ids, report, actor=actor, reason=reason)
        except IntegrityError:
            if look == MOST_LOOKS:
                raise
        else:
            return


def _requeue(ids: list[UUID], report: Report, *, actor: str, reason: str) -> None:
    """Of plain tasks only their state decides, which the statement itself looks at."""
    tasks: list[Task] = []
    errors: dict[UUID, TransitionRefused] = {}
    free = ids
    if len(ids) == 1 or are_bound(ids):
        tasks = moves.locked(ids)
        ended = [task for task in tasks if allowed(Move.REQUEUE, State(task.state))]
        errors = failed_dependencies(ended) | _taken_keys(ended)
        free = [task.pk for task in ended if task.pk not in errors]
    now = timezone.now()
    moved = {UUID(row.id): row for row in requeue_rows(free, at=now)}
    add_events(list(moved), kind=Event.Kind.REQUEUED.value, actor=actor, reason=reason, at=now)
    moves.tell(list(moved))
    blocked = block([task for task in tasks if task.pk in moved])
    places = [(row.queue, row.id) for pk, row in moved.items() if pk not in blocked]
    if places:
        transaction.on_commit(partial(tickets.ring, places), robust=True)
    known = [task for task in tasks if task.pk in moved]
    report.note((task for task in known if task.pk in blocked), after=State.BLOCKED)
    report.note((task for task in known if task.pk not in blocked), after=State.PENDING)
    report.moved += moved
    report.errors |= errors
    moves.report_rest(report, [pk for pk in ids if pk not in moved])


def _taken_keys(tasks: Iterable[Task]) -> dict[UUID, TransitionRefused]:
    """What forbids tasks to open again: their keys are taken, by others or by earlier ones."""
    keyed = [(task, (task.name, task.unique_key)) for task in tasks if task.unique_key is not None]
    holders = holders_of(key for _, key in keyed)
    errors: dict[UUID, TransitionRefused] = {}
    for task, key in keyed:
        holder = holders.setdefault(key, str(task.pk))
        if holder != str(task.pk):
            errors[task.pk] = UniqueKeyTaken(
                task_id=task.pk,
                state=task.state,
                move=Move.REQUEUE.value,
                holder=holder,
                unique_key=task.unique_key,
            )
    return errors
