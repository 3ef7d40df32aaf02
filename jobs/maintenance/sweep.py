"""Ring again for pending tasks whose tickets Redis has lost.

A queue's list is first in, first out, so a task that waits since before the task at the head of
its list cannot be in that list any more; behind an empty list, no pending task is. Whatever this
finds wrongly does no harm: the claim refuses a second ticket.
"""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.broker import tickets
from jobs.broker.connection import queue_names
from jobs.models import Task
from jobs.store.sweep import waiting_since_before

logger = logging.getLogger(__name__)

#: A task is committed before its ticket is pushed, and popped before it is claimed; between, it
#: is pending and not in its list.
GRACE = timedelta(seconds=2)
MOST_PER_QUEUE = 5000


def sweep() -> int:
    """Ring for the lost of every queue, the longest waiting first; gives how many tickets."""
    rung = 0
    for queue in queue_names():
        watermark, at_front = _watermark(queue)
        if watermark is None:
            continue
        lost = waiting_since_before(queue, watermark - GRACE, limit=MOST_PER_QUEUE)
        if lost:
            tickets.push([(queue, task_id) for task_id in lost], at_front=at_front)
            logger.warning(
                "%d ticket(s) of queue %s were lost and are rung again", len(lost), queue
            )
        rung += len(lost)
    return rung


def _watermark(queue: str) -> tuple[datetime | None, bool]:
    """Tasks waiting since before this moment are lost; None when nothing can be said now."""
    length, head = tickets.head(queue)
    if not length:
        return timezone.now(), False
    if head is None:
        return None, True
    row = Task.objects.filter(pk=head).values_list("run_after", flat=True).first()
    return row, True
