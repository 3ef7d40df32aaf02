"""How many tickets a horse takes: enough to stay busy, and never what would wait for a place."""

from collections.abc import Sequence
from typing import NamedTuple

from jobs.store.claim import Claim
from jobs.worker.coroutines import CoroutineLane
from jobs.worker.horse import Horse
from jobs.worker.options import WorkerOptions

#: The most tasks that one transaction claims for the event loop.
MOST_COROUTINES = 1000
#: How fast the mix of what came is learnt: the weight of the latest batch.
LEARNING = 0.5


class Room(NamedTuple):
    """How many more tasks may come for the threads, and for the event loop."""

    threads: int
    loop: int


class Appetite:
    """Weighs up room and expectation for one feeder.

    A ticket does not tell which kind of task it stands for, so a pop is sized by the mix seen
    lately. What comes beyond the room all the same is given back.
    """

    def __init__(self, horse: Horse, lane: CoroutineLane, options: WorkerOptions) -> None:
        self._horse = horse
        self._lane = lane
        self._options = options
        self._share = 0.5 if lane.size else 0.0
        """The share of coroutines among the tasks that came lately."""
        self._reach = 1
        """How many tickets to try at least; grows while all that come are stale."""

    def room(self, *, in_threads: int, in_loop: int) -> Room:
        """Free places: for threads about a window of expected work, in the loop real places."""
        loop = min(self._lane.size - in_loop, MOST_COROUTINES)
        return Room(max(0, self._for_threads(in_threads)), loop)

    def in_one_pop(self, room: Room) -> int:
        """How many tickets to pop so that, by the mix, neither kind gets more than its room."""
        share = self._share
        by_threads = room.threads / (1 - share) if share < 1 else room.loop
        by_loop = room.loop / share if share else room.threads
        return max(1, min(int(by_threads), int(by_loop)))

    def learn(self, tickets: Sequence[object], claims: Sequence[Claim]) -> None:
        """Adjust the expectations by what a pop has brought: these tickets, good for these."""
        if tickets:
            self._reach = 1 if claims else min(2 * self._reach, self._options.batch_size)
        if claims and self._lane.size:
            share = sum(claim.name in self._lane.names for claim in claims) / len(claims)
            self._share += LEARNING * (share - self._share)

    def _for_threads(self, in_threads: int) -> int:
        threads, most = self._horse.threads, self._options.batch_size
        per_window = int(
            threads * self._options.window_seconds / max(self._horse.average_seconds, 1e-6)
        )
        if threads > 1:
            return max(self._reach, min(most, threads + per_window)) - in_threads
        held, room = self._horse.ready.qsize(), max(self._reach, min(most, per_window))
        return room - held if held <= room // 2 else 0
