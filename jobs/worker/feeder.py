"""The horse's one thread for all input and output: tickets in, outcomes out, rows exchanged.

Each cycle is one LMPOP and one transaction, however many tasks end and begin with it.
"""

import logging
import os
import threading
import time

from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from jobs.broker import tickets
from jobs.store.claim import Claim
from jobs.worker.appetite import Appetite, Room
from jobs.worker.coroutines import CoroutineLane
from jobs.worker.departure import Departure
from jobs.worker.horse import Horse, PlainJob
from jobs.worker.ledger import Ledger
from jobs.worker.options import LEAVE_SHARE, RunLimits, WorkerOptions
from jobs.worker.plain_lane import PlainLane
from jobs.worker.popping import NOTHING, Popped, pop
from jobs.worker.queue_order import QueueOrder
from jobs.worker.scout import Scout
from jobs.worker.slots import NONE_PAUSED
from jobs.worker.unstarted import Item, take_back

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
        lane: CoroutineLane,
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
        self._lane = lane
        self._client = client
        self._supervisor_pid = supervisor_pid
        self._queues = frozenset(queues)
        self._paused = NONE_PAUSED
        """The queues, as of this cycle."""
        self._paused_types = NONE_PAUSED
        """The names of the task types, as of this cycle."""
        self._order = QueueOrder(queues, options.dequeue_strategy)
        self._plain = PlainLane(horse, client)
        self._options = options
        self._ledger = Ledger(
            horse,
            client=client,
            worker=worker,
            worker_key=worker_key,
            release_name=options.release,
        )
        self._appetite = Appetite(horse, lane, options)
        self._scout = Scout(client, self._ledger.runnable)
        self._thread_names = frozenset(self._ledger.names) - lane.names
        self._in_threads = 0
        """Handed to the threads and not yet collected."""
        self._in_loop = 0
        """Handed to the event loop and not yet collected."""
        self._fenced = False
        self._departure = Departure(horse, options, limits)

    @property
    def exit_status(self) -> int:
        """What the process is to end with once this thread has."""
        return self._departure.exit_status()

    def run(self) -> None:
        """Feed until done; a feeder that breaks takes the process with it, and a new one comes."""
        try:
            while self._cycle():
                pass
            connection.close()
            self._horse.dismiss()
        except BaseException:
            logger.exception("the feeder broke down")
            os._exit(BROKEN)

    def _cycle(self) -> bool:
        """One round; False when there is nothing more to do, ever."""
        self._leave_if_fenced()
        self._collect()
        stuck = self._is_stuck()
        if self._must_not_begin() or (stuck and self._horse.ready.qsize()):
            self._give_back()
        self._heed_pauses()
        idle = not (self._in_threads or self._in_loop) and self._ledger.is_clear
        room = self._room(stuck=stuck)
        took = self._take(room, listen=idle and not self._departure.is_in_a_hurry)
        self._ledger.reconcile()
        if idle and not took and not self._ledger.is_unsure and self._departure.may_leave():
            return False
        self._rest(room)
        return True

    def _leave_if_fenced(self) -> None:
        """End the process when nobody renews our lease: what we hold will be taken over."""
        silence = time.monotonic() - self._horse.slots.renewed()
        was_fenced, self._fenced = (
            self._fenced,
            silence > LEAVE_SHARE * self._options.lease_seconds,
        )
        if os.getppid() != self._supervisor_pid or (was_fenced and self._fenced):
            os._exit(1)

    def _take(self, room: Room, *, listen: bool) -> bool:
        """Write what has ended, hand out what is new; False when there was nothing of either."""
        one_kind = self._lane.size > 0 and (room.threads > 0) != (room.loop > 0)
        popped = self._look(room) if one_kind else self._pop(self._most_to_pop(room), listen=listen)
        for job in self._plain.admit(
            popped.plain, outstanding=self._in_threads, alone=not popped.tickets
        ):
            self._in_threads += 1
            self._departure.begun += 1
            self._horse.plain.put(job)
        self._ledger.flush_progress()
        self._ledger.flush_logs()
        if not popped.tickets and self._ledger.is_clear:
            return bool(popped.plain)
        claims = self._ledger.exchange(popped.tickets, still_listed=one_kind)
        self._hand_out(claims, room)
        if one_kind:
            self._scout.settle(popped, claims)
        else:
            self._appetite.learn(popped.tickets, claims)
        return True

    def _rest(self, room: Room) -> None:
        """Wait for something to end; an idle feeder has already waited for Redis."""
        if self._in_threads or self._in_loop:
            self._departure.not_idle()
            quick = self._in_loop or max(room) > 0 or not self._is_stuck()
            self._horse.wake.wait(self._options.tick_seconds if quick else NAP_SECONDS)
        elif max(room) <= 0:
            self._horse.wake.wait(NAP_SECONDS)
        self._horse.wake.clear()

    def _must_not_begin(self) -> bool:
        return self._departure.must_not_begin()

    def _collect(self) -> None:
        """Move what the executors ended into the backlog."""
        count = len(self._horse.ended)
        for item in self._horse.ended[:count]:
            if isinstance(item, PlainJob):
                self._in_threads -= 1
                self._plain.ended()
                continue
            ledger = self._ledger
            (ledger.written if item.is_written else ledger.backlog).append(item)
            if item.name in self._lane.names:
                self._in_loop -= 1
            else:
                self._in_threads -= 1
        del self._horse.ended[:count]

    def _is_stuck(self) -> bool:
        """Whether every executor has been in one task for longer than the window."""
        now = time.monotonic()
        return all(
            (began := self._horse.slots.began(index)) and now - began > self._options.window_seconds
            for index in range(self._horse.threads)
        )

    def _room(self, *, stuck: bool) -> Room:
        if self._fenced or self._must_not_begin() or self._paused >= self._queues:
            return Room(0, 0)
        room = self._appetite.room(in_threads=self._in_threads, in_loop=self._in_loop)
        if stuck or not self._plain.may_pop(outstanding=self._in_threads):
            room = Room(0, room.loop)
        left = self._departure.left_to_begin()
        return Room(int(min(room.threads, left)), int(min(room.loop, left)))

    def _most_to_pop(self, room: Room) -> int:
        if room.threads <= 0:
            return 0
        return int(min(self._appetite.in_one_pop(room), self._departure.left_to_begin()))

    def _look(self, room: Room) -> Popped:
        """One kind has no room: what there is of the other, wherever it stands in the lists."""
        for_threads = room.threads > 0
        try:
            return self._scout.look(
                self._order.ask(but=self._paused),
                (self._thread_names if for_threads else self._lane.names) - self._paused_types,
                most=max(room),
                with_plain=for_threads,
            )
        except RedisError as error:
            self._redis_away(error)
            return NOTHING

    def _pop(self, most: int, *, listen: bool) -> Popped:
        if most <= 0:
            return NOTHING
        try:
            queues = self._order.ask(but=self._paused)
            popped = pop(self._client, queues, most=most, listen=listen)
        except RedisError as error:
            self._redis_away(error)
            return NOTHING
        self._departure.redis_answers = True
        barred = self._queues if self._must_not_begin() else self._horse.slots.paused()
        if barred:  # since we asked, if they hold anything of it
            back, popped = popped.parted(barred)
            tickets.ring(back.tickets, at_front=True)
            self._plain.put_back([PlainJob(*job) for job in back.plain])
        if popped.queue is not None:
            self._order.took_from(popped.queue)
        return popped

    def _redis_away(self, error: RedisError) -> None:
        logger.warning("Redis is away: %s", error)
        self._departure.redis_answers = False
        self._departure.not_idle()
        self._horse.wake.wait(PAUSE_SECONDS)

    def _hand_out(self, claims: list[Claim], room: Room) -> None:
        """Each to its kind of executor; what is more than it has room for goes back at once."""
        self._departure.begun += len(claims)
        if self._lane.size:
            claims = self._hand_to_loop(claims, room)
        self._in_threads += len(claims)
        for claim in claims:
            self._horse.ready.put(claim)

    def _hand_to_loop(self, claims: list[Claim], room: Room) -> list[Claim]:
        """Gives the claims that are for threads."""
        names = self._lane.names
        for_loop = [claim for claim in claims if claim.name in names]
        for_threads = [claim for claim in claims if claim.name not in names]
        excess = for_loop[room.loop :] + for_threads[room.threads :]
        del for_loop[room.loop :], for_threads[room.threads :]
        self._departure.begun -= len(excess)
        self._ledger.give_back(excess)
        if for_loop:
            self._in_loop += len(for_loop)
            self._horse.coming.extend(for_loop)
            self._lane.begin()
        return for_threads

    def _heed_pauses(self) -> None:
        """Know what is paused now; what waits here of a queue or type that just was goes back."""
        slots = self._horse.slots
        queues, types = slots.paused(), slots.paused_types()
        is_news = bool(queues - self._paused or types - self._paused_types)
        self._paused, self._paused_types = queues, types
        if is_news:
            self._give_back(only_paused=True)

    def _is_paused(self, item: Item) -> bool:
        return item.queue in self._paused or (
            isinstance(item, Claim) and item.name in self._paused_types
        )

    def _give_back(self, *, only_paused: bool = False) -> None:
        """Return what waits unstarted: all of it, or what is paused.

        So it never waits behind a long task, a shutdown or a pause.
        """
        taken = take_back(
            self._horse,
            wanted=lambda item: not only_paused or self._is_paused(item),
            also_coroutines=only_paused or self._must_not_begin(),
        )
        if self._horse.coming:
            self._lane.begin()
        self._in_threads -= len(taken.claims) + len(taken.plain)
        self._in_loop -= len(taken.coroutines)
        self._departure.begun -= taken.count
        self._plain.withdraw(taken.plain)
        self._ledger.give_back(taken.claims + taken.coroutines)
