"""Work of one kind, found behind tickets of the other kind while that has no room.

A ticket does not tell its kind. So a few hundred are read without being taken, their rows are
asked for their names, and only the tickets of what is then claimed leave the list: the others
keep their place and their turn, for this worker or any other.
"""

import logging
import time
from collections.abc import Callable, Sequence

from redis import Redis
from redis.exceptions import RedisError

from jobs.broker.tickets import list_key, ticket
from jobs.store.claim import Claim
from jobs.worker.popping import NOTHING, Popped, told_apart

logger = logging.getLogger(__name__)

#: How far into each list it looks.
DEPTH = 1000
#: After a look that found nothing, the next one comes after this; the pause doubles up to the most.
FIRST_PAUSE_SECONDS = 0.01
MOST_PAUSE_SECONDS = 0.05
#: A ticket once passed over is asked about again after this: its task may have been requeued.
MEMORY_SECONDS = 2.0


class Scout:
    """Looks into the lists of one worker.

    `runnable` picks, of some task ids, those that may run here and have one of the names.
    """

    def __init__(
        self, client: "Redis", runnable: Callable[[Sequence[str], frozenset[str]], set[str]]
    ) -> None:
        self._client = client
        self._runnable = runnable
        self._names: frozenset[str] = frozenset()
        self._passed: set[str] = set()
        """Tickets seen lately that were of the other kind, or stale."""
        self._forget_at = 0.0
        self._pause_seconds = 0.0
        self._next_at = 0.0

    def look(
        self, queues: list[str], names: frozenset[str], *, most: int, with_plain: bool
    ) -> Popped:
        """Up to `most` tickets of tasks of these names, the most urgent first.

        If wanted, one plain job is taken out of its list. Raises RedisError.
        """
        now = time.monotonic()
        if names != self._names or now > self._forget_at:
            self._next_at = self._next_at if names == self._names else 0.0
            self._names, self._forget_at = names, now + MEMORY_SECONDS
            self._passed.clear()
        if now < self._next_at:
            return NOTHING
        seen = self._read(queues)
        self._passed.intersection_update(task_id for _, task_id in seen.tickets)
        new = {task_id: queue for queue, task_id in seen.tickets if task_id not in self._passed}
        runnable = self._runnable(list(new), names) if new else set()
        self._passed |= new.keys() - runnable
        found = Popped(
            [(queue, task_id) for task_id, queue in new.items() if task_id in runnable][:most],
            self._taken(seen.plain[:1]) if with_plain else [],
        )
        self._rest_after(fruitful=found != NOTHING)
        return found

    def settle(self, looked: Popped, claims: Sequence[Claim]) -> None:
        """Take out the tickets of what was claimed.

        While Redis is away they stay; they are stale then, and whoever pops one finds out.
        """
        claimed = {claim.task_id for claim in claims}
        pipe = self._client.pipeline(transaction=False)
        for queue, task_id in looked.tickets:
            if task_id in claimed:
                pipe.lrem(list_key(queue), 1, ticket(task_id))
        try:
            pipe.execute()
        except RedisError as error:
            logger.warning("Redis is away, %d stale ticket(s) stay: %s", len(claimed), error)

    def _read(self, queues: list[str]) -> Popped:
        pipe = self._client.pipeline(transaction=False)
        for queue in queues:
            pipe.lrange(list_key(queue), 0, DEPTH - 1)
        lists = zip(queues, pipe.execute(), strict=True)
        return told_apart((queue, item) for queue, items in lists for item in items)

    def _taken(self, plain: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [place for place in plain if self._client.lrem(list_key(place[0]), 1, place[1])]

    def _rest_after(self, *, fruitful: bool) -> None:
        longer = min(max(2 * self._pause_seconds, FIRST_PAUSE_SECONDS), MOST_PAUSE_SECONDS)
        self._pause_seconds = 0.0 if fruitful else longer
        self._next_at = time.monotonic() + self._pause_seconds
