"""Move blocked tasks on when what they depend on has ended.

A task whose end is awaited says so in its row (`awaited`), so that ending one that nobody waits for
costs nothing, and finding those that have ended is a look at a partial index. The mark is set after
the waiting task was committed, and then the other one is looked at: so either its worker sees the
mark, or this look sees the end. What a crash leaves undone is in one of three partial indexes,
which maintenance empties.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from jobs.broker import tickets
from jobs.domain.fingerprint import DEPENDENCY_FAILED, FailureGroup
from jobs.domain.states import ENDED, Move, State
from jobs.models import Dependency, Event, Task
from jobs.services import moves
from jobs.signals import dependants_failed
from jobs.store import failures, rollup
from jobs.store.failures import Failed

#: Blocked tasks per transaction.
CHUNK = 250
#: The most ended tasks, and the most waiting for them, that one look takes account of.
MOST_ENDED = 100
MOST_WAITING = 1000
FAILED = ENDED - {State.SUCCESS}


def watch(task_ids: Sequence[UUID]) -> None:
    """Have the ends of what these blocked tasks depend on noticed, and look whether some have come.

    The marks are set one by one, each committed by itself: a worker that ends many of those tasks
    in one statement must neither wait long nor meet us in a ring.
    """
    for start in range(0, len(task_ids), CHUNK):
        chunk = task_ids[start : start + CHUNK]
        others = Dependency.objects.filter(task__in=chunk, watched=False).values("depends_on")
        unmarked = Task.objects.open().filter(pk__in=others, awaited=None)
        for pk in unmarked.order_by("pk").values_list("pk", flat=True):
            Task.objects.open().filter(pk=pk).update(awaited=True)
        settle(chunk)


def unblock(ended: Iterable[UUID | str] | None = None) -> int:
    """Look at what waits for tasks that have ended: for these, else for any that is awaited.

    Gives how many ended tasks were looked at. Idempotent: what has moved on is left alone.
    """
    rows = Task.objects.awaited_ends()
    if ended is not None:
        rows = rows.filter(pk__in=[moves.as_uuid(task_id) for task_id in ended])
    fences = dict(rows.order_by("pk").values_list("pk", "fence")[:MOST_ENDED])
    if not fences:
        return 0
    waiting = Dependency.objects.filter(depends_on__in=list(fences), settled=False)
    found = list(waiting.order_by("pk").values_list("task", flat=True)[:MOST_WAITING])
    ids = list(dict.fromkeys(found))
    for start in range(0, len(ids), CHUNK):
        settle(ids[start : start + CHUNK])
    if len(found) < MOST_WAITING:
        for pk, fence in fences.items():
            # Requeued meanwhile, it has another fence, and may be awaited again.
            Task.objects.ended().filter(pk=pk, fence=fence).update(awaited=None)
    return len(fences)


def settle(task_ids: Sequence[UUID]) -> None:
    """Move on those of the tasks that are blocked and need not be, and keep their edges' marks."""
    with transaction.atomic():
        tasks = moves.locked(task_ids)
        ready: list[Task] = []
        failed: defaultdict[tuple[UUID, str, str], list[Task]] = defaultdict(list)
        holding: list[Dependency] = []
        for task, edges in waits_of([task for task in tasks if task.state == State.BLOCKED]):
            others = [edge.depends_on for edge in edges]
            badly = [other for other in others if other.state in FAILED]
            if badly:
                failed[badly[0].pk, badly[0].name, badly[0].state].append(task)
            elif all(other.state == State.SUCCESS for other in others):
                ready.append(task)
            else:
                holding += [edge for edge in edges if edge.depends_on.state not in ENDED]
        _release(ready)
        counted: list[Failed] = []
        for (pk, name, state), dependants in failed.items():
            why = f"it depends on task {pk} ({name}), which ended {state}"
            counted += _fail(dependants, cause=name, why=why)
        _mark(tasks, holding)
        _count([task for dependants in failed.values() for task in dependants], counted)


def waits_of(tasks: Sequence[Task]) -> list[tuple[Task, list[Dependency]]]:
    """Each of the tasks with what it depends on; a task that was deleted holds nobody.

    Of the others id, name, state and `awaited` are read, in one statement.
    """
    rows = Dependency.objects.filter(task__in=[task.pk for task in tasks]).order_by("pk")
    edges: defaultdict[UUID, list[Dependency]] = defaultdict(list)
    for edge in rows.select_related("depends_on").only(
        "task_id",
        "watched",
        "settled",
        "depends_on__name",
        "depends_on__state",
        "depends_on__awaited",
    ):
        edges[edge.task_id].append(edge)
    return [(task, edges[task.pk]) for task in tasks]


def _release(tasks: Sequence[Task]) -> None:
    now = timezone.now()
    due = [task for task in tasks if task.run_after <= now]
    moves.apply(Move.UNBLOCK, due, run_after=now)
    moves.apply(Move.DEFER, [task for task in tasks if task.run_after > now])
    if due:
        places = [(task.queue, str(task.pk)) for task in due]
        transaction.on_commit(partial(tickets.ring, places), robust=True)


def _fail(tasks: Sequence[Task], *, cause: str, why: str) -> list[Failed]:
    """Give them up; gives what is to be counted."""
    now = timezone.now()
    by_type: defaultdict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        by_type[task.name].append(task)
    counted = []
    for name, alike in by_type.items():
        group = FailureGroup(name, DEPENDENCY_FAILED, cause)
        moves.apply(
            Move.FAIL,
            alike,
            kind=Event.Kind.DEPENDENCY_FAILED,
            reason=why,
            finished_at=now,
            error=why,
            failure=group.fingerprint,
        )
        counted += [Failed(group, str(each.pk), now.timestamp(), why, "", True) for each in alike]
    news = partial(dependants_failed.send, None, tasks=tasks, why=why)
    transaction.on_commit(news, robust=True)
    return counted


def _count(tasks: Sequence[Task], counted: Sequence[Failed]) -> None:
    if tasks:
        places = [(task.queue, task.name) for task in tasks]
        with connection.cursor() as cursor:
            failures.add(cursor, counted)
            rollup.add_unrun(cursor, places, State.FAILURE, now=time.time())


def _mark(tasks: Sequence[Task], holding: Sequence[Dependency]) -> None:
    """Note for each edge that still holds its task whether the other's end will be noticed.

    All other edges of the tasks have nothing left to notice. What was read before the tasks moved
    decides: an end that came since is noticed by who brought it.
    """
    edges = Dependency.objects.filter(task__in=[task.pk for task in tasks])
    left = edges.exclude(pk__in=[edge.pk for edge in holding])
    left.exclude(watched=True, settled=True).update(watched=True, settled=True)
    for awaited in (True, False):
        changed = [
            edge.pk
            for edge in holding
            if bool(edge.depends_on.awaited) is awaited
            and (edge.watched, edge.settled) != (awaited, False)
        ]
        if changed:
            edges.filter(pk__in=changed).update(watched=awaited, settled=False)
