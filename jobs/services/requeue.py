"""Run ended tasks again: a new life for the same row, its history kept."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from jobs.broker import tickets
from jobs.domain.states import Move, State, allowed
from jobs.models import Event, Task
from jobs.services import moves
from jobs.services.moves import Report


def requeue(*, task_id: UUID | str, actor: str, reason: str = "") -> Task:
    """Make one ended task PENDING again, with all its tries, and give its row.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it has not ended.
    """
    report = requeue_many(task_ids=[task_id], actor=actor, reason=reason)
    return Task.objects.get(pk=report.only(Move.REQUEUE))


def requeue_many(*, task_ids: Iterable[UUID | str], actor: str, reason: str = "") -> Report:
    """Requeue every task that has ended; the report says what became of each."""
    report = Report()
    for ids in moves.chunks(task_ids):
        with transaction.atomic():
            _requeue(ids, report, actor=actor, reason=reason)
    return report


def _requeue(ids: list[UUID], report: Report, *, actor: str, reason: str) -> None:
    tasks = moves.locked(ids)
    ended = [task for task in tasks if allowed(Move.REQUEUE, State(task.state))]
    moves.apply(
        Move.REQUEUE,
        ended,
        kind=Event.Kind.REQUEUED,
        actor=actor,
        reason=reason,
        fence=F("fence") + 1,
        tries=0,
        rescues=0,
        run_after=timezone.now(),
        expires_at=None,
        cancel_requested_at=None,
        discarded_at=None,
        worker=None,
        started_at=None,
        finished_at=None,
        result=None,
        error="",
        progress=None,
    )
    places = [(task.queue, str(task.pk)) for task in ended]
    if places:
        transaction.on_commit(partial(tickets.ring, places), robust=True)
    report.moved += [task.pk for task in ended]
    report.refused |= {task.pk: State(task.state) for task in tasks if task not in ended}
    report.missing += sorted(set(ids) - {task.pk for task in tasks})
