"""Take failed tasks out of the dead-letter queue; the row and its history stay."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.domain.audit import Verb
from jobs.domain.states import State
from jobs.exceptions import TaskNotFound, TransitionRefused
from jobs.models import Event, Task
from jobs.services import moves
from jobs.services.audit import entered_for_tasks
from jobs.services.moves import Report


def discard(*, task_id: UUID | str, actor: str, reason: str = "") -> None:
    """Discard one dead letter.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it is not in the dead-letter queue.
    """
    report = discard_many(task_ids=[task_id], actor=actor, reason=reason)
    for missing in report.missing:
        raise TaskNotFound(task_id=missing)
    for refused, state in report.refused.items():
        raise TransitionRefused(task_id=refused, state=state.value, move="discard")


@transaction.atomic
def discard_many(*, task_ids: Iterable[UUID | str], actor: str, reason: str = "") -> Report:
    """Discard every dead letter among the tasks; the report says what became of each."""
    report = Report()
    for ids in moves.chunks(task_ids):
        tasks = moves.locked(ids)
        dead = [task for task in tasks if task.state == State.FAILURE and task.discarded_at is None]
        now = timezone.now()
        Task.objects.filter(pk__in=[task.pk for task in dead]).update(
            discarded_at=now, updated_at=now
        )
        moves.record(dead, kind=Event.Kind.DISCARDED, actor=actor, reason=reason)
        moves.tell([task.pk for task in dead])
        report.note(dead, after=State.FAILURE)
        report.moved += [task.pk for task in dead]
        report.refused |= moves.others(tasks, dead)
        report.missing += sorted(set(ids) - {task.pk for task in tasks})
    entered_for_tasks(Verb.TASK_DISCARD, report, actor=actor, reason=reason, discarded=True)
    return report
