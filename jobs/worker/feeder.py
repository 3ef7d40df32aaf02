"""The horse's one thread for all input and output: tickets in, outcomes out, rows exchanged.

Each cycle is one LMPOP and one transaction, however many tasks end and begin with it.
"""

import logging
import os
import queue
import threading
import time

from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from jobs.broker import tickets
from jobs.domain.outcomes import Outcome
from jobs.store.claim import Claim
from jobs.worker.horse import Horse, PlainJob
from jobs.worker.ledger import Ledger
from jobs.worker.options import RunLimits, WorkerOptions
from jobs.worker.plain_lane import PlainLane
from jobs.worker.popping import NOTHING, Popped, pop
from jobs.worker.queue_order import QueueOrder
from jobs.worker.recycling import RECYCLED, Recycling

logger = logging.getLogger(__name__)

#: Exit status of a horse whose feeder broke down.
BROKEN = 70
#: While Redis is away, ask again this rarely.
PAUSE_SECONDS = 0.5
#: While every executor is busy and nothing waits to be told, look up this rarely.
NAP_SECONDS = 0.1


class Feeder(threading.Thread):
    """Feeds one horse until it drains, or its limits are reached."""

    def __init__(
        self,
        horse: Horse,
        *,
        client: "Redis",
        worker: str,
        worker_key: str,
        supervisor_pid: int,
        queues: list[str],
        options: WorkerOptions,
        limits: RunLimits,
    ) -> None:
        super().__init__(name="feeder", daemon=True)
        self._horse = horse
        self._client = client
        self._supervisor_pid = supervisor_pid
        self._order = QueueOrder(queues, options.dequeue_strategy)
        self._lane = PlainLane(horse, client)
        self._options = options
        self._limits = limits
        self._ledger = Ledger(
            horse,
            client=client,
            worker=worker,
            worker_key=worker_key,
            release_name=options.release,
        )
        self._outstanding = 0
        """Handed to the executors and not yet collected."""
        self._begun = 0
        self._recycling = Recycling(options)
        self._redis_answers = True
        """False since Redis went away: then nobody can say that nothing waits."""
        self._idle_since = time.monotonic()
        self.exit_status = 0
        """What the process is to end with once this thread has."""

    def run(self) -> None:
        """Feed until done; a feeder that breaks takes the process with it, and a new one comes."""
        try:
            while self._cycle():
                pass
            connection.close()
            self._say_why()
            self._horse.dismiss()
        except BaseException:
            logger.exception("the feeder broke down")
            os._exit(BROKEN)

    def _cycle(self) -> bool:
        """One round; False when there is nothing more to do, ever."""
        if os.getppid() != self._supervisor_pid:
            os._exit(1)  # nobody renews our lease any more: what we hold will be taken over
        self._collect()
        stuck = self._is_stuck()
        if self._horse.ready.qsize() and (stuck or self._must_not_begin()):
            self._give_back()
        idle = not self._outstanding and self._ledger.is_clear
        want = self._want(stuck=stuck)
        popped = self._pop(want, listen=idle) if want > 0 else NOTHING
        for job in self._lane.admit(
            popped.plain, outstanding=self._outstanding, alone=not popped.tickets
        ):
            self._hand_out(job)
        self._ledger.flush_progress()
        if popped.tickets or not self._ledger.is_clear:
            for claim in self._ledger.exchange(popped.tickets):
                self._hand_out(claim)
        elif idle and not popped.plain and self._may_leave():
            return False
        self._rest(stuck=stuck, want=want)
        return True

    def _rest(self, *, stuck: bool, want: int) -> None:
        """Wait for something to end; an idle feeder has already waited for Redis."""
        if self._outstanding:
            self._idle_since = time.monotonic()
            self._horse.wake.wait(NAP_SECONDS if stuck else self._options.tick_seconds)
        elif want <= 0:
            self._horse.wake.wait(NAP_SECONDS)
        self._horse.wake.clear()

    def _must_not_begin(self) -> bool:
        """Whether nothing new may begin: the worker drains or is suspended, or we are too large."""
        return (
            self._horse.stopping
            or self._horse.slots.is_suspended()
            or self._recycling.is_too_large(self._begun)
        )

    def _may_leave(self) -> bool:
        if self._horse.stopping or self._left_to_begin() <= 0:
            return True
        if not self._redis_answers:
            return False
        if self._limits.burst:
            return True
        now = time.monotonic()
        if self._horse.slots.is_suspended():
            self._idle_since = now  # it waits for the word to go on, not for work
        most_idle = self._limits.max_idle_seconds
        return most_idle is not None and now - self._idle_since > most_idle

    def _left_to_begin(self) -> float:
        return min(self._left_for_the_worker(), self._recycling.left_to_begin(self._begun))

    def _left_for_the_worker(self) -> float:
        most = self._limits.max_jobs
        return float("inf") if most is None else most - self._begun

    def _say_why(self) -> None:
        """Tell the supervisor, and the log, whether this horse leaves for a new one to come."""
        reason = self._recycling.reason(self._begun)
        if not reason or self._horse.stopping or self._left_for_the_worker() <= 0:
            return
        logger.info("work-horse %d leaves for a new one: %s", os.getpid(), reason)
        self.exit_status = RECYCLED

    def _collect(self) -> None:
        """Move what the executors ended into the backlog."""
        count = len(self._horse.ended)
        for item in self._horse.ended[:count]:
            self._outstanding -= 1
            if isinstance(item, Outcome):
                ledger = self._ledger
                (ledger.written if item.is_written else ledger.backlog).append(item)
            else:
                self._lane.ended()
        del self._horse.ended[:count]

    def _is_stuck(self) -> bool:
        """Whether every executor has been in one task for longer than the window."""
        now = time.monotonic()
        return all(
            (began := self._horse.slots.began(index)) and now - began > self._options.window_seconds
            for index in range(self._horse.threads)
        )

    def _want(self, *, stuck: bool) -> int:
        """How many ids to take: about a window of expected work beyond what runs."""
        if stuck or self._must_not_begin():
            return 0
        if not self._lane.may_pop(outstanding=self._outstanding):
            return 0
        threads, most = self._horse.threads, self._options.batch_size
        per_window = int(
            threads * self._options.window_seconds / max(self._horse.average_seconds, 1e-6)
        )
        if threads == 1:
            held, room = self._horse.ready.qsize(), max(1, min(most, per_window))
            want = room - held if held <= room // 2 else 0
        else:
            want = min(most, threads + per_window) - self._outstanding
        return int(min(want, self._left_to_begin()))

    def _pop(self, want: int, *, listen: bool) -> Popped:
        try:
            popped = pop(
                self._client, self._order.ask(), most=want, listen=listen and not self._limits.burst
            )
        except RedisError as error:
            logger.warning("Redis is away: %s", error)
            self._redis_answers = False
            self._idle_since = time.monotonic()
            self._horse.wake.wait(PAUSE_SECONDS)
            return NOTHING
        self._redis_answers = True
        if self._must_not_begin():  # since we asked
            tickets.ring(popped.tickets, at_front=True)
            self._lane.put_back([PlainJob(*job) for job in popped.plain])
            return NOTHING
        if popped.queue is not None:
            self._order.took_from(popped.queue)
        return popped

    def _hand_out(self, item: Claim | PlainJob) -> None:
        self._outstanding += 1
        self._begun += 1
        if isinstance(item, PlainJob):
            self._horse.plain.put(item)
        else:
            self._horse.ready.put(item)

    def _give_back(self) -> None:
        """Return what waits unstarted, so that it never waits behind a long task or a shutdown."""
        held: list[Claim] = []
        plain: list[PlainJob] = []
        while True:
            try:
                item = self._horse.ready.get_nowait()
            except queue.Empty:
                break
            if isinstance(item, PlainJob):
                plain.append(item)
            elif item is not None:
                held.append(item)
        self._outstanding -= len(held) + len(plain)
        self._begun -= len(held) + len(plain)
        self._lane.withdraw(plain)
        self._ledger.give_back(held)
