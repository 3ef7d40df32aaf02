"""Keep in mind which workers died, and what they held."""

from collections.abc import Sequence

from jobs.models import LostWorker, Task, WorkerLease

#: Losses that are kept, the newest; tasks that are named in each.
MOST_LOSSES = 1000
MOST_TASKS = 100


def record_loss(lease: WorkerLease, held: Sequence[Task], *, why: str) -> None:
    """Note that the worker of a lease is dead, and the tasks that were rescued from it."""
    loss = LostWorker.objects.create(
        name=lease.name,
        host=lease.host,
        pid=lease.pid,
        release=lease.release,
        started_at=lease.started_at,
        why=why,
        task_count=len(held),
        task_ids=[str(task.pk) for task in held[:MOST_TASKS]],
    )
    LostWorker.objects.filter(pk__lte=loss.pk - MOST_LOSSES).delete()
