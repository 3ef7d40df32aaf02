"""How fast an action over many tasks is, and what a submit costs meanwhile."""

import time
from collections.abc import Callable

from benchmarks import limits
from benchmarks.figures import Reading
from benchmarks.load import Outcome
from benchmarks.world import END_SECONDS, World

#: Submits a second, before the requeue and beside it.
PACE = 100.0
IDLE_SECONDS = 5.0
#: Tasks that keep the workers at work while submits are measured beside them.
BACKLOG = 100_000


def bulk_requeue(world: World) -> tuple[Reading, Reading]:
    """Failed tasks a second that one operation requeues, while the workers run them at once.

    Beside it one process submits at an even pace: its 99th percentile in ms, to that of the same
    submits while the workers run as many tasks that nobody had to requeue, and while they run
    none. The failed tasks stand in a table with `world.history` ended ones.
    """
    from jobs.domain.operations import Action
    from jobs.domain.states import State
    from jobs.management import seed
    from jobs.models import Operation
    from jobs.selectors.pages import TaskFilter
    from jobs.services.operate import operate

    seed.fill(world.history)
    _fail(world.count)
    wanted = TaskFilter(states=frozenset({State.FAILURE}), task_type="benchmarks.noop")
    with world.running_workers():
        began = time.monotonic()
        idle = submits(lambda: time.monotonic() - began < IDLE_SECONDS)
        busy = _busy(world)
        operation = operate(action=Action.REQUEUE, wanted=wanted, actor="measured")
        rows = Operation.objects.filter(pk=operation.pk)
        asked = time.monotonic()

        def runs() -> bool:
            if time.monotonic() - asked > END_SECONDS:
                raise TimeoutError("the operation takes too long")
            return bool(rows.filter(state="running").exists())

        beside = submits(runs)
        done = rows.get()
    assert (done.state, done.done_count) == ("completed", world.count)
    assert done.started_at is not None
    assert done.ended_at is not None
    rate = done.done_count / (done.ended_at - done.started_at).total_seconds()
    return (
        Reading(rate, {"sql-update": limits.update_many()}),
        Reading(
            beside.percentile_ms(99),
            {"submit-busy": busy.percentile_ms(99), "submit-idle": idle.percentile_ms(99)},
        ),
    )


def _busy(world: World) -> Outcome:
    """Submits while the workers run others, and after which they have run all of them."""
    from benchmarks.tasks import noop
    from jobs.models import Task

    noop.enqueue_many(([], {}) for _ in range(min(BACKLOG, world.count)))
    waiting = Task.objects.filter(state="PENDING", queue=noop.queue)
    return submits(waiting.exists)


def submits(goes_on: Callable[[], bool]) -> Outcome:
    """Single submits at an even pace while the condition holds, which is asked twice a second.

    Their waits count from when each was due, so that one that is late makes the next ones late.
    """
    from benchmarks.tasks import noop
    from jobs.services.enqueue import enqueue

    waits: list[float] = []
    began = time.perf_counter()
    every = int(PACE / 2)
    while len(waits) % every or not waits or goes_on():
        due = began + len(waits) / PACE
        time.sleep(max(0.0, due - time.perf_counter()))
        enqueue(task_type=noop)
        waits.append(time.perf_counter() - due)
    return Outcome(time.perf_counter() - began, waits)


def _fail(count: int) -> None:
    """So many tasks that failed; nothing rings for them."""
    from django.db import connection
    from django.db.models import F

    from benchmarks.tasks import noop
    from jobs.broker.connection import redis
    from jobs.broker.tickets import list_key
    from jobs.models import Task

    first = noop.enqueue_many(([], {}) for _ in range(count))[0]
    Task.objects.filter(pk__gte=first).update(
        state="FAILURE", tries=1, error="ValueError: measured", finished_at=F("created_at")
    )
    redis().delete(list_key(noop.queue))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
