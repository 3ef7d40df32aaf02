"""In which order a worker asks its queues: RQ's three strategies, applied to whole batches."""

import random
from collections.abc import Container

from rq.worker.base import DequeueStrategy


class QueueOrder:
    """The queues of one worker. `default` is strict: the first that has anything is emptied first.

    `round_robin` puts a queue behind the others after each batch taken from it; `random` asks in
    a new order each time.
    """

    def __init__(self, queues: list[str], strategy: DequeueStrategy) -> None:
        self._queues = list(queues)
        self._strategy = strategy

    def ask(self, *, but: Container[str] = ()) -> list[str]:
        """The queues in the order to look at them now, without those that are paused."""
        if self._strategy is DequeueStrategy.RANDOM:
            random.shuffle(self._queues)
        return [queue for queue in self._queues if queue not in but]

    def took_from(self, queue: str) -> None:
        """A batch came from this queue."""
        if self._strategy is DequeueStrategy.ROUND_ROBIN:
            place = self._queues.index(queue) + 1
            self._queues = self._queues[place:] + self._queues[:place]
