"""When a horse has done enough, or grown too large, and a fresh one is to take its place."""

import time

from jobs.domain.processes import memory_mb
from jobs.worker.options import WorkerOptions

#: Exit status of a horse that leaves so that a new one comes: it holds nothing any more.
RECYCLED = 75
#: How often, in seconds, the horse looks at its size.
LOOK_SECONDS = 0.5


class Recycling:
    """The limits of one horse's life; without any it lives as long as its worker."""

    def __init__(self, options: WorkerOptions) -> None:
        self._most_tasks = options.max_tasks_per_horse
        self._most_mb = options.max_memory_mb
        self._looked_at = 0.0
        self._seen_mb = 0.0

    def is_too_large(self, begun: int) -> bool:
        """Whether this horse, having begun so many tasks, has outgrown its limit.

        One that has begun nothing stays, whatever its size: a new one would be no smaller.
        """
        if not self._most_mb or not begun:
            return False
        now = time.monotonic()
        if self._seen_mb <= self._most_mb and now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._seen_mb = memory_mb()
        return self._seen_mb > self._most_mb

    def left_to_begin(self, begun: int) -> float:
        """How many more tasks this horse may begin after so many."""
        if self.is_too_large(begun):
            return 0
        return self._most_tasks - begun if self._most_tasks else float("inf")

    def reason(self, begun: int) -> str:
        """Why this horse begins no more tasks, in words; empty while it may."""
        if self.is_too_large(begun):
            return f"it holds {self._seen_mb:.0f} MiB (max-memory-mb {self._most_mb})"
        if self.left_to_begin(begun) <= 0:
            return f"it has run {begun} tasks (max-tasks-per-horse {self._most_tasks})"
        return ""
