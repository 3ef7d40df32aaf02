"""When a horse begins no more tasks, and when it goes."""

import logging
import os
import time

from jobs.worker.horse import Horse
from jobs.worker.options import RunLimits, WorkerOptions
from jobs.worker.recycling import RECYCLED, Recycling

logger = logging.getLogger(__name__)


class Departure:
    """Weighs the worker's limits, the horse's own, and the words of the supervisor."""

    def __init__(self, horse: Horse, options: WorkerOptions, limits: RunLimits) -> None:
        self.begun = 0
        """Tasks and plain jobs handed to the executors."""
        self.redis_answers = True
        """False since Redis went away: then nobody can say that nothing waits."""
        self._horse = horse
        self._limits = limits
        self._recycling = Recycling(options)
        self._idle_since = time.monotonic()

    @property
    def is_in_a_hurry(self) -> bool:
        """Whether to go as soon as nothing waits."""
        return self._limits.burst

    def not_idle(self) -> None:
        """There was something to do just now, or nobody could tell."""
        self._idle_since = time.monotonic()

    def must_not_begin(self) -> bool:
        """Whether nothing new may begin: the worker drains or is suspended, or we are too large."""
        return (
            self._horse.stopping
            or self._horse.slots.is_suspended()
            or self._recycling.is_too_large(self.begun)
        )

    def left_to_begin(self) -> float:
        """How many more may begin here."""
        return min(self._left_for_the_worker(), self._recycling.left_to_begin(self.begun))

    def may_leave(self) -> bool:
        """Whether a horse that holds nothing, and has found nothing, should go."""
        if self._horse.stopping or self.left_to_begin() <= 0:
            return True
        if not self.redis_answers:
            return False
        if self._limits.burst:
            return True
        if self._horse.slots.is_suspended():
            self.not_idle()  # it waits for the word to go on, not for work
        most_idle = self._limits.max_idle_seconds
        return most_idle is not None and time.monotonic() - self._idle_since > most_idle

    def exit_status(self) -> int:
        """What tells the supervisor whether a new horse is to come; the log is told why."""
        reason = self._recycling.reason(self.begun)
        if not reason or self._horse.stopping or self._left_for_the_worker() <= 0:
            return 0
        logger.info("work-horse %d leaves for a new one: %s", os.getpid(), reason)
        return RECYCLED

    def _left_for_the_worker(self) -> float:
        most = self._limits.max_jobs
        return float("inf") if most is None else most - self.begun
