"""Let waiting tasks wait on another queue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.broker import tickets
from jobs.domain.audit import Verb
from jobs.domain.states import WAITING, State
from jobs.models import Event, Task
from jobs.services import moves
from jobs.services.audit import entered_for_tasks
from jobs.services.enqueue import known_queue
from jobs.services.moves import Report


def move(*, task_id: UUID | str, queue: str, actor: str, reason: str = "") -> Task:
    """Put one waiting task on another queue, and give its row; on its own it stays as it is.

    A pending one stands at the end of that queue. Of the ticket that lies in its old one no worker
    takes notice.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it does not wait.
        UnknownQueue: there is no such queue.
    """
    report = move_many(task_ids=[task_id], queue=queue, actor=actor, reason=reason)
    return Task.objects.get(pk=report.only("move"))


@transaction.atomic
def move_many(
    *, task_ids: Iterable[UUID | str], queue: str, actor: str, reason: str = ""
) -> Report:
    """Move every task that waits; the report tells of each the queue on which it was.

    Raises:
        UnknownQueue: there is no such queue.
    """
    known_queue(queue)
    report = Report()
    for ids in moves.chunks(task_ids):
        tasks = moves.locked(ids)
        _move(tasks, dict.fromkeys(ids, queue), report, actor=actor, reason=reason)
        report.missing += sorted(set(ids) - {task.pk for task in tasks})
    entered_for_tasks(Verb.TASK_MOVE, report, actor=actor, reason=reason, queue=queue)
    return report


def move_back(
    *, task_ids: Iterable[UUID], queues: Mapping[UUID, str], actor: str, reason: str = ""
) -> Report:
    """Move every task that waits to the queue that is its own in `queues`."""
    report = Report()
    for ids in moves.chunks(task_ids):
        with transaction.atomic():
            tasks = moves.locked(ids)
            _move(tasks, queues, report, actor=actor, reason=reason)
            report.missing += sorted(set(ids) - {task.pk for task in tasks})
    return report


def _move(
    tasks: Sequence[Task],
    targets: Mapping[UUID, str],
    report: Report,
    *,
    actor: str,
    reason: str,
) -> None:
    waiting = [task for task in tasks if task.state in WAITING]
    ways: defaultdict[tuple[str, str], list[Task]] = defaultdict(list)
    for task in waiting:
        if task.queue != targets[task.pk]:
            ways[task.queue, targets[task.pk]].append(task)
    places: list[tuple[str, str]] = []
    for (source, target), group in sorted(ways.items()):
        _put(group, target)
        told = f"from {source} to {target}"
        moves.record(
            group,
            kind=Event.Kind.MOVED,
            actor=actor,
            reason=f"{told}: {reason}" if reason else told,
        )
        places += [(target, str(task.pk)) for task in group if task.state == State.PENDING]
    if places:
        transaction.on_commit(partial(tickets.ring, places), robust=True)
    report.moved += [task.pk for task in waiting]
    report.notes |= {task.pk: task.queue for task in waiting}
    report.refused |= moves.others(tasks, waiting)


def _put(tasks: Sequence[Task], queue: str) -> None:
    """A pending one waits there since now: behind those that were there before."""
    now = timezone.now()
    for state in WAITING:
        ids = [task.pk for task in tasks if task.state == state]
        if not ids:
            continue
        since = {"run_after": now} if state is State.PENDING else {}
        Task.objects.among(ids).update(queue=queue, updated_at=now, **since)
        moves.tell(ids)
