"""How many tasks a second workers run."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks import limits
from benchmarks.figures import Reading
from benchmarks.world import END_SECONDS, World, until

if TYPE_CHECKING:
    from jobs.domain.registry import TaskType

SLEEP_SECONDS = 0.02
THREADS = 50
COROUTINES = 500


def noop(world: World) -> tuple[Reading]:
    """Tasks a second that do nothing, from the first start to the last end."""
    from benchmarks.tasks import noop as task_type

    rate = drained_per_second(world, task_type, {})
    found = {"redis-lmpop": limits.lmpop(world), "sql-exchange": limits.exchange(world)}
    return (Reading(rate, found),)


def noop_loaded(world: World) -> tuple[Reading]:
    """The same with a history of ended tasks and their attempts in the tables."""
    from jobs.management import seed

    seed.fill(world.history)
    return noop(world)


def sleep_threads(world: World) -> tuple[Reading]:
    """Tasks a second that wait 20 ms, 50 threads a worker."""
    from benchmarks.tasks import sleep

    rate = drained_per_second(world, sleep, {"seconds": SLEEP_SECONDS}, "--threads", str(THREADS))
    return (Reading(rate, {"arithmetic": world.workers * THREADS / SLEEP_SECONDS}),)


def sleep_async(world: World) -> tuple[Reading]:
    """Coroutine tasks a second that wait 20 ms, 500 at once in each worker."""
    from benchmarks.tasks import sleep_async as task_type

    kwargs: dict[str, object] = {"seconds": SLEEP_SECONDS}
    rate = drained_per_second(world, task_type, kwargs, "--async", str(COROUTINES))
    return (Reading(rate, {"arithmetic": world.workers * COROUTINES / SLEEP_SECONDS}),)


def drained_per_second(
    world: World, task_type: "TaskType[..., Any]", kwargs: dict[str, object], *flags: str
) -> float:
    """Ask idle workers for `world.count` calls at once; how many a second they run.

    From the first start to the last end, as the attempts' rows have them: neither the workers'
    start nor the writing of the tasks is in it, for the tickets come after the commit, in some
    50 ms. Every task must have its row ended well and its attempt written.
    """
    from django.db.models import Max, Min

    from jobs.models import Attempt, Task

    all_ended = ended_since_now(world.count)
    with world.running_workers(*flags):
        ids = task_type.enqueue_many(([], kwargs) for _ in range(world.count))
        until(all_ended, seconds=END_SECONDS)
    assert Task.objects.filter(id__gte=ids[0], state="SUCCESS").count() == len(ids)
    attempts = Attempt.objects.filter(task_id__gte=ids[0])
    assert attempts.count() == len(ids)
    span = attempts.aggregate(first=Min("started_at"), last=Max("finished_at"))
    return float(len(ids) / (span["last"] - span["first"]).total_seconds())


def ended_since_now(count: int) -> Callable[[], bool]:
    """A condition: that many tasks have succeeded since this call. It reads the rollups only."""
    from django.db.models import Sum

    from jobs.domain.periods import Period
    from jobs.models import Rollup

    lines = Rollup.objects.counted(Period.EVER)

    def succeeded() -> int:
        return lines.aggregate(sum=Sum("succeeded"))["sum"] or 0

    before = succeeded()

    def ended() -> bool:
        time.sleep(0.1)  # a look costs the measured database something
        return succeeded() - before >= count

    return ended
