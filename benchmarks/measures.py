"""What can be measured. Each measure is a function of a world that gives one value."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.world import END_SECONDS, World, until


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: how to take it, its unit, and how many tasks it takes by default."""

    take: Callable[[World], float]
    unit: str
    count: int


def noop(world: World) -> float:
    """Tasks a second that do nothing, from the first claim to the last end."""
    _enqueue_noops(world)
    return _drained_per_second(world)


def sleep_threads(world: World) -> float:
    """Tasks a second that wait 20 ms, 50 threads a worker."""
    from benchmarks.tasks import sleep

    sleep.enqueue_many([([], {"seconds": 0.02})] * world.count)
    return _drained_per_second(world, "--threads", "50")


def sleep_async(world: World) -> float:
    """Coroutine tasks a second that wait 20 ms, 500 at once in each worker."""
    from benchmarks.tasks import sleep_async as task_type

    task_type.enqueue_many(([], {"seconds": 0.02}) for _ in range(world.count))
    return _drained_per_second(world, "--async", "500")


def enqueue(world: World) -> float:
    """Single `enqueue()` calls a second, in autocommit, row and ticket."""
    from benchmarks.tasks import noop as task_type
    from jobs.services.enqueue import enqueue as service

    service(task_type=task_type)
    began = time.perf_counter()
    for _ in range(world.count):
        service(task_type=task_type)
    return world.count / (time.perf_counter() - began)


def enqueue_many(world: World) -> float:
    """Tasks a second by one `enqueue_many()`, rows and tickets."""
    from benchmarks.tasks import noop as task_type

    began = time.perf_counter()
    task_type.enqueue_many(([], {}) for _ in range(world.count))
    return world.count / (time.perf_counter() - began)


def latency_p50(world: World) -> float:
    """Milliseconds from the enqueue call to the function's first line, idle workers: median."""
    return 1000 * statistics.median(_latencies(world))


def latency_p99(world: World) -> float:
    """The same, 99th percentile."""
    return 1000 * statistics.quantiles(_latencies(world), n=100)[98]


def memory(world: World) -> float:
    """Megabytes (PSS) of one idle worker tree after it has run tasks."""
    from jobs.models import WorkerLease

    _enqueue_noops(world)
    with world.running_workers():
        _wait_for_the_end(world)
        sizes = [_tree_megabytes(lease.pid) for lease in WorkerLease.objects.all()]
    return statistics.mean(sizes)


def _enqueue_noops(world: World) -> None:
    from benchmarks.tasks import noop as task_type

    task_type.enqueue_many(([], {}) for _ in range(world.count))


def _drained_per_second(world: World, *flags: str) -> float:
    """Run everything that waits; a second's share between the first start and the last end.

    The workers start suspended, so that their start-up is no part of the figure.
    """
    from django.db.models import Max, Min
    from rq.suspension import resume, suspend

    from jobs.broker.connection import redis
    from jobs.models import Attempt, Task

    suspend(redis())
    with world.running_workers(*flags):
        resume(redis())
        _wait_for_the_end(world)
    assert Task.objects.filter(state="SUCCESS").count() == world.count
    assert Attempt.objects.count() == world.count
    span = Attempt.objects.aggregate(first=Min("started_at"), last=Max("finished_at"))
    return float(world.count / (span["last"] - span["first"]).total_seconds())


def _wait_for_the_end(world: World) -> None:
    from django.db.models import Sum

    from jobs.models import Rollup

    def ended() -> bool:
        time.sleep(0.1)  # a look costs the measured database something
        return (Rollup.objects.aggregate(sum=Sum("succeeded"))["sum"] or 0) >= world.count

    until(ended, seconds=END_SECONDS)


def _latencies(world: World) -> list[float]:
    from benchmarks.tasks import stamp
    from jobs.services.enqueue import enqueue as service

    folder = world.folder / "stamps"
    folder.mkdir(exist_ok=True)
    with world.running_workers():
        for number in range(world.count):
            enqueued = time.time()
            service(task_type=stamp, kwargs={"folder": str(folder), "enqueued": enqueued})
            until((Path(folder) / f"{enqueued:.6f}").exists, seconds=10)
            time.sleep(0.001 * (number % 7))
        return [float(path.read_text()) for path in folder.iterdir()]


def _tree_megabytes(pid: int) -> float:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_pss_megabytes(process) for process in [pid, *map(int, children)])


def _pss_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


MEASURES = {
    "noop": Measure(noop, "tasks/s", 60_000),
    "sleep-threads": Measure(sleep_threads, "tasks/s", 20_000),
    "sleep-async": Measure(sleep_async, "tasks/s", 60_000),
    "enqueue": Measure(enqueue, "tasks/s", 5_000),
    "enqueue-many": Measure(enqueue_many, "tasks/s", 100_000),
    "latency-p50": Measure(latency_p50, "ms", 500),
    "latency-p99": Measure(latency_p99, "ms", 500),
    "memory": Measure(memory, "MB", 20_000),
}
