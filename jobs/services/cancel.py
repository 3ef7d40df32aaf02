"""Stop tasks: a waiting one ends at once, a running one is asked to."""

import time
from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from jobs.broker.stop import request_stop
from jobs.domain.audit import Verb
from jobs.domain.states import Move, State, allowed
from jobs.models import Event, Task
from jobs.services import moves
from jobs.services.audit import entered_for_tasks
from jobs.services.moves import Report
from jobs.services.unblock import unblock
from jobs.signals import tasks_cancelled
from jobs.store import rollup


def cancel(*, task_id: UUID | str, actor: str, reason: str = "") -> Task:
    """Cancel one task and give its row as it then is.

    A waiting task is REVOKED. A running one is still STARTED: its worker was told to stop it, and
    writes REVOKED when it has; a task that finishes before that keeps its own end.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it has already ended.
    """
    report = cancel_many(task_ids=[task_id], actor=actor, reason=reason)
    return Task.objects.get(pk=report.only(Move.CANCEL))


@transaction.atomic
def cancel_many(*, task_ids: Iterable[UUID | str], actor: str, reason: str = "") -> Report:
    """Cancel every task that can be; the report says what became of each."""
    report = Report()
    for ids in moves.chunks(task_ids):
        _cancel(ids, report, actor=actor, reason=reason)
    entered_for_tasks(Verb.TASK_CANCEL, report, actor=actor, reason=reason)
    return report


def _cancel(ids: list[UUID], report: Report, *, actor: str, reason: str) -> None:
    now = timezone.now()
    tasks = moves.locked(ids)
    waiting = [task for task in tasks if allowed(Move.CANCEL, State(task.state))]
    running = [task for task in tasks if task.state == State.STARTED]
    moves.apply(
        Move.CANCEL,
        waiting,
        kind=Event.Kind.CANCELLED,
        actor=actor,
        reason=reason,
        finished_at=now,
        cancel_requested_at=now,
    )
    if waiting:
        transaction.on_commit(partial(_tell, waiting), robust=True)
    if awaited := [task.pk for task in waiting if task.awaited]:
        transaction.on_commit(partial(unblock, awaited), robust=True)
    if running:
        Task.objects.filter(pk__in=[task.pk for task in running]).update(cancel_requested_at=now)
        moves.record(running, kind=Event.Kind.CANCEL_REQUESTED, actor=actor, reason=reason)
        for task in running:
            transaction.on_commit(
                partial(request_stop, worker=task.worker or "", task_id=str(task.pk)), robust=True
            )
    report.note(waiting, after=State.REVOKED)
    report.note(running, after=State.STARTED)
    report.moved += [task.pk for task in waiting]
    report.requested += [task.pk for task in running]
    report.refused |= moves.others(tasks, waiting, running)
    report.missing += sorted(set(ids) - {task.pk for task in tasks})


def _tell(tasks: list[Task]) -> None:
    """Count and announce what ended without having run.

    Apart from the cancel: its transaction may be somebody's long one, and the lock of a count would
    stop every worker that counts a task of that type.
    """
    places = [(task.queue, task.name) for task in tasks]
    with transaction.atomic(), connection.cursor() as cursor:
        rollup.add_unrun(cursor, places, State.REVOKED, now=time.time())
    tasks_cancelled.send(None, tasks=tasks)
