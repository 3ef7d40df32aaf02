"""Put discarded tasks back among the dead letters."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.domain.audit import Verb
from jobs.domain.states import State
from jobs.models import Event, Task
from jobs.services import moves
from jobs.services.audit import entered_for_tasks
from jobs.services.moves import Report


def restore(*, task_id: UUID | str, actor: str, reason: str = "") -> Task:
    """Restore one discarded task, and give its row.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it is not discarded.
    """
    report = restore_many(task_ids=[task_id], actor=actor, reason=reason)
    return Task.objects.get(pk=report.only("restore"))


@transaction.atomic
def restore_many(*, task_ids: Iterable[UUID | str], actor: str, reason: str = "") -> Report:
    """Restore every discarded one among the tasks; the report says what became of each."""
    report = Report()
    for ids in moves.chunks(task_ids):
        tasks = moves.locked(ids)
        gone = [task for task in tasks if task.state == State.FAILURE and task.discarded_at]
        pks = [task.pk for task in gone]
        Task.objects.among(pks).update(discarded_at=None, updated_at=timezone.now())
        moves.record(gone, kind=Event.Kind.RESTORED, actor=actor, reason=reason)
        moves.tell(pks)
        report.moved += pks
        report.refused |= moves.others(tasks, gone)
        report.missing += sorted(set(ids) - {task.pk for task in tasks})
    entered_for_tasks(Verb.TASK_RESTORE, report, actor=actor, reason=reason, discarded=False)
    return report
