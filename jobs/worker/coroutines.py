"""One event loop in a thread of its own: tasks that are coroutines, many at once.

Each has a slot, a context and its own place for synchronous calls. The supervisor's orders are
looked for in the shared page, not waited for as signals: those reach the main thread only, which
may be in a task of its own.
"""

import asyncio
import logging
import threading
import time
from functools import partial

from jobs.domain.outcomes import Outcome
from jobs.domain.registry import registry
from jobs.worker.database_threads import DatabaseThreads
from jobs.worker.executors import attempt, ended_by
from jobs.worker.flight import Flight, current_index, new_task
from jobs.worker.horse import Horse

logger = logging.getLogger(__name__)

#: How often the loop looks for orders.
WATCH_SECONDS = 0.02


class CoroutineLane:
    """The event loop of one horse and the tasks in it; of size 0 it takes none."""

    def __init__(self, horse: Horse) -> None:
        self.size = horse.slots.coroutines
        types = registry.all() if self.size else []
        self.names = frozenset(
            name for each in types if each.is_async for name in (each.name, *each.aliases)
        )
        """The names of the task types whose tasks belong here."""
        self._threads = DatabaseThreads(current_index)
        self._horse = horse
        self._free = list(range(horse.slots.executors, horse.slots.count))
        self._flights: dict[int, Flight] = {}
        self._begun = [0] * horse.slots.count
        self._obeyed = 0
        self._loop = asyncio.new_event_loop()
        self._context = self._loop.run_until_complete(self._threads.as_context())
        self._loop.set_task_factory(new_task)

    def start(self) -> None:
        """Begin to run what comes; a lane of size 0 starts nothing."""
        if self.size:
            threading.Thread(target=self._run, name="coroutines", daemon=True).start()

    def begin(self) -> None:
        """From any thread: there is something in `coming`; never more than places are free."""
        self._loop.call_soon_threadsafe(self._take_off, context=self._context)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._watch)
        while True:
            try:
                self._loop.run_forever()
            except BaseException:  # what a task's own background task may raise: SystemExit
                logger.exception("something stopped the event loop; it goes on")

    def _take_off(self) -> None:
        horse = self._horse
        while not horse.stopping:
            try:
                claim = horse.coming.popleft()
            except IndexError:
                return
            index = self._free.pop()
            self._begun[index] += 1
            horse.slots.occupy(
                index,
                claim.task_id,
                claim.fence,
                time.monotonic(),
                claim.timeout_seconds,
                begun_count=self._begun[index],
            )
            flight = Flight(claim, index, slots=horse.slots, threads=self._threads)
            flight.task = asyncio.Task(self._fly(flight), loop=self._loop)
            self._flights[index] = flight

    async def _fly(self, flight: Flight) -> None:
        horse, claim, index = self._horse, flight.claim, flight.index
        started = time.time()
        try:
            outcome = await attempt(
                claim,
                drive=flight.drive,
                report=partial(horse.report, claim),
                logged=partial(horse.log_tail.note, claim.task_id, claim.fence),
                should_stop=partial(horse.should_stop, index),
                result_limit_bytes=horse.result_limit_bytes,
            )
            horse.end_if_child()
        except BaseException as error:
            outcome = ended_by(claim, flight.told(error), started)
        del flight.task  # it knows its context, and that its flight: a circle
        self._land(index, outcome)

    def _land(self, index: int, outcome: Outcome) -> None:
        horse = self._horse
        horse.slots.vacate(index)
        del self._flights[index]
        self._free.append(index)
        horse.ended.append(outcome)
        if not self._flights:
            horse.wake.set()

    def _watch(self) -> None:
        given = self._horse.slots.orders_given()
        if given != self._obeyed:
            self._obeyed = given
            for flight in list(self._flights.values()):
                flight.obey()
        self._loop.call_later(WATCH_SECONDS, self._watch)
