"""Ring again for pending tasks whose tickets Redis has lost.

A queue's list is first in, first out, so a task that waits since before the task at the head of
its list cannot be in that list any more; behind an empty list, no pending task is. Whatever this
finds wrongly does no harm: the claim refuses a second ticket.

Tasks of a paused type have none, as workers use their tickets up: they are rung for after the
resume.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from jobs.broker import tickets
from jobs.broker.connection import queue_names
from jobs.models import Task
from jobs.selectors.pauses import paused_at
from jobs.store.sweep import waiting_since_before

logger = logging.getLogger(__name__)

#: A task is committed before its ticket is pushed, and popped before it is claimed; between, it
#: is pending and not in its list.
GRACE = timedelta(seconds=2)
MOST_PER_QUEUE = 5000
#: A look may take this share of the time: the tasks of a paused type are passed over one by one.
MOST_SHARE = 0.1
#: Before a ticket that was rung in vain is rung again; doubled each time.
PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0


class Sweeper:
    """Finds lost tickets; one that is lost again and again is rung for ever more slowly.

    Such a task is popped by workers that may not take it: they do not know its type. It waits for
    one that does, without keeping Redis and the log busy meanwhile.
    """

    def __init__(self) -> None:
        self._pauses: dict[str, _Pause] = {}
        self._passed_over: list[str] = []
        self._look_at = 0.0

    def sweep(self, *, now_seconds: float | None = None) -> int:
        """Ring for the lost of every queue, the longest waiting first; gives how many tickets.

        `now_seconds` is on the clock of `time.monotonic`, which is the default.
        """
        now = time.monotonic() if now_seconds is None else now_seconds
        paused = sorted(paused_at(timezone.now()).names)
        if now < self._look_at and paused == self._passed_over:
            return 0
        self._passed_over, began = paused, time.monotonic()
        rung = self._ring(now)
        self._look_at = now + (time.monotonic() - began) / MOST_SHARE if paused else now
        self._forget(now)
        return rung

    def _ring(self, now: float) -> int:
        rung = 0
        for queue in queue_names():
            watermark, at_front = _watermark(queue)
            if watermark is None:
                continue
            waiting = waiting_since_before(
                queue, watermark - GRACE, limit=MOST_PER_QUEUE, but=self._passed_over
            )
            lost = [task_id for task_id in waiting if self._may_ring(task_id, now)]
            if lost:
                tickets.push([(queue, task_id) for task_id in lost], at_front=at_front)
                self._remember(lost, now)
                logger.warning(
                    "%d ticket(s) of queue %s were lost and are rung again", len(lost), queue
                )
            rung += len(lost)
        return rung

    def _may_ring(self, task_id: str, now: float) -> bool:
        pause = self._pauses.get(task_id)
        return pause is None or now >= pause.until

    def _remember(self, task_ids: list[str], now: float) -> None:
        for task_id in task_ids:
            before = self._pauses.get(task_id)
            seconds = min(before.seconds * 2, LONGEST_PAUSE_SECONDS) if before else PAUSE_SECONDS
            self._pauses[task_id] = _Pause(now + seconds, seconds)

    def _forget(self, now: float) -> None:
        """Drop what was not lost again for as long as its last pause."""
        self._pauses = {
            task_id: pause
            for task_id, pause in self._pauses.items()
            if now < pause.until + pause.seconds
        }


class _Pause(NamedTuple):
    """Until when a task is not rung again (monotonic), and how long that was."""

    until: float
    seconds: float


def _watermark(queue: str) -> tuple[datetime | None, bool]:
    """Tasks waiting since before this moment are lost; None when nothing can be said now."""
    length, head = tickets.head(queue)
    if not length:
        return timezone.now(), False
    if head is None:
        return None, True
    row = Task.objects.filter(pk=head).values_list("run_after", flat=True).first()
    return row, True
