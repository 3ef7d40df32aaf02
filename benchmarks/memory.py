"""How large a worker is."""

import statistics
from pathlib import Path

from benchmarks import limits
from benchmarks.figures import Reading
from benchmarks.throughput import ended_since_now
from benchmarks.world import END_SECONDS, World, until


def memory(world: World) -> tuple[Reading]:
    """Megabytes (PSS) of one idle worker tree after it has run tasks; the mean of the trees."""
    from benchmarks.tasks import noop as task_type
    from jobs.models import WorkerLease

    all_ended = ended_since_now(world.count)
    task_type.enqueue_many(([], {}) for _ in range(world.count))
    with world.running_workers():
        until(all_ended, seconds=END_SECONDS)
        sizes = [_tree_megabytes(lease.pid) for lease in WorkerLease.objects.all()]
    return (Reading(statistics.mean(sizes), {"django-process": limits.django_process()}),)


def _tree_megabytes(pid: int) -> float:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(pss_megabytes(process) for process in [pid, *map(int, children)])


def pss_megabytes(pid: int) -> float:
    """A process's memory: its own pages, and its share of those that it has in common."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)
