"""The way of plain RQ jobs through the feeder.

A task that is popped is safe in its row; a plain job that is popped is nowhere but in our hands
until RQ's own bookkeeping has it. So none is ever held: one begins at once, or all go back.
"""

import logging
import time

from redis import Redis
from redis.exceptions import RedisError

from jobs.broker.tickets import list_key
from jobs.worker.horse import Horse, PlainJob

logger = logging.getLogger(__name__)

#: While the main thread runs one plain job and only plain jobs come, look at the lists this rarely.
PAUSE_SECONDS = 0.1


class PlainLane:
    """Decides when a plain job may begin, and returns those that may not."""

    def __init__(self, horse: Horse, client: "Redis") -> None:
        self._horse = horse
        self._client = client
        self._shares_thread = horse.plain is horse.ready
        self._running = 0
        self._waits = False
        """One thread, and a plain job waits for what it was popped with or behind."""
        self._pause_until = 0.0
        self._homeless: list[PlainJob] = []
        """Could not be put back while Redis was away."""

    def may_pop(self, *, outstanding: int) -> bool:
        """Whether to take more ids now; `outstanding` items are with the executors."""
        self._waits = self._waits and outstanding > 0
        return not self._waits and time.monotonic() >= self._pause_until

    def admit(
        self, jobs: list[tuple[str, str]], *, outstanding: int, alone: bool
    ) -> list[PlainJob]:
        """Which of the popped (queue, job id) to begin now: one, or none; the others go back.

        `alone` tells that no ticket came with them.
        """
        if self._homeless:
            self._return([], at_front=True)
        if not jobs:
            return []
        free = not outstanding if self._shares_thread else not self._running
        begins = [PlainJob(*jobs[0])] if free else []
        rest = [PlainJob(*job) for job in jobs[len(begins) :]]
        if self._shares_thread:
            self._waits = True
            self._return(rest, at_front=True)
        else:
            # To the end: tasks in the same list must not wait for the one thread of plain jobs.
            self._return(rest, at_front=False)
            if alone and not begins:
                self._pause_until = time.monotonic() + PAUSE_SECONDS
        self._running += len(begins)
        return begins

    def ended(self) -> None:
        """A plain job has ended."""
        self._running -= 1

    def put_back(self, jobs: list[PlainJob]) -> None:
        """Return jobs that have not begun to the front of their lists."""
        self._return(jobs, at_front=True)

    def withdraw(self, jobs: list[PlainJob]) -> None:
        """Return admitted jobs that no executor has taken yet."""
        self._running -= len(jobs)
        self._return(jobs, at_front=True)

    def _return(self, jobs: list[PlainJob], *, at_front: bool) -> None:
        jobs, self._homeless = [*self._homeless, *jobs], []
        if not jobs:
            return
        try:
            pipe = self._client.pipeline(transaction=False)
            for job in reversed(jobs) if at_front else jobs:
                push = pipe.lpush if at_front else pipe.rpush
                push(list_key(job.queue), job.job_id)
            pipe.execute()
        except RedisError as error:
            logger.warning("Redis is away, %d plain job(s) wait to go back: %s", len(jobs), error)
            self._homeless = jobs
