"""Tell RQ's tools how many tasks have failed for good: `rq info` reads nothing but Redis."""

from jobs.broker import failed
from jobs.broker.connection import queue_names
from jobs.models import Task

#: Beyond these, RQ is told no more: its registry lives in memory.
MOST_PER_QUEUE = 10_000


def mirror_failures() -> int:
    """Bring RQ's registries of failed jobs in line with the rows; gives how many changed.

    Raises BrokerAway.
    """
    changed = 0
    for queue in queue_names():
        rows = (
            Task.objects.dead_letters()
            .on_queue(queue)
            .newest_first()
            .values_list("pk", "finished_at")[:MOST_PER_QUEUE]
        )
        failed_at = {str(pk): at.timestamp() for pk, at in rows if at is not None}
        changed += failed.mirror(queue, failed_at)
    return changed
