"""One coroutine task in the event loop, with all that its function starts there."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

from asgiref.sync import sync_to_async

from jobs.announcements import is_started_heard, tell_started
from jobs.domain.outcomes import TaskStopped, TaskTimeout
from jobs.store.claim import Claim
from jobs.worker.database_threads import DatabaseThreads
from jobs.worker.horse import why
from jobs.worker.slots import Order, Slots
from jobs.worker.steering import steered, told

_current: ContextVar["Flight"] = ContextVar("jobs_flight")


class Flight:
    """From the claim to the end of everything that belongs to the task."""

    def __init__(self, claim: Claim, index: int, *, slots: Slots, threads: DatabaseThreads) -> None:
        self.claim = claim
        self.index = index
        self.order = Order.NONE
        self.why = ""
        self.task: asyncio.Task[None]
        self._slots = slots
        self._threads = threads
        self._parts: set[asyncio.Task[Any]] = set()

    def step(self) -> None:
        """The loop enters one of its coroutines."""
        self._slots.step(self.index)

    def step_out(self) -> None:
        """The loop leaves it."""
        self._slots.step_out()

    async def drive(self, coroutine: Coroutine[Any, Any, object]) -> object:
        """See the function through, and then what it left running."""
        _current.set(self)
        try:
            try:
                if is_started_heard():
                    await sync_to_async(tell_started)(self.claim.task_id, self.claim.name)
                return await steered(coroutine, self)
            finally:
                coroutine.close()
                await self._settle()
        except BaseException as error:
            reason = self.told(error)
            if reason is error:
                raise
            raise reason from None

    def told(self, error: BaseException) -> BaseException:
        """What ended the task: the order that it was under, unless it had a reason of its own."""
        return told(error, self.order, self.why)

    def obey(self) -> None:
        """Carry a new order into the task, at its next await."""
        order = self._slots.order(self.index)
        if order > self.order:
            self.order = order
            error = TaskTimeout if order is Order.TIME_OUT else TaskStopped
            self.why = why(error, self.claim.timeout_seconds)
            self._slots.confirm(self.index, self.claim.fence)
            self.task.cancel()

    def start_part(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
    ) -> "asyncio.Task[Any]":
        """A background task of the function: part of this flight, and ended with it."""
        part = asyncio.Task(_part(coroutine, self), loop=loop, **options)
        self._parts.add(part)
        part.add_done_callback(self._parts.discard)
        return part

    async def _settle(self) -> None:
        """Cancel what the function left running; the place is free when nothing runs any more.

        An order does not shorten this: what does not end is ended with the process.
        """
        interrupted: asyncio.CancelledError | None = None
        quiet: asyncio.Future[Any] | None = None
        while True:
            left: set[asyncio.Future[Any]] = {part for part in self._parts if not part.done()}
            for part in left:
                part.cancel()
            if not left:
                quiet = quiet or self._threads.quiet(self.index)
                if quiet is None or quiet.done():
                    break
                left = {quiet}
            try:
                await asyncio.wait(left)
            except asyncio.CancelledError as error:
                interrupted = error
        if interrupted is not None:
            raise interrupted


def current_index() -> int:
    """The slot of the task that runs here; 0, which is a thread's, outside of any."""
    flight = _current.get(None)
    return flight.index if flight else 0


def new_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, /, **options: Any
) -> "asyncio.Task[Any]":
    """The loop's task factory: what a flight starts is part of it."""
    flight = _current.get(None)
    if flight is None:
        return asyncio.Task(coroutine, loop=loop, **options)
    return flight.start_part(loop, coroutine, **options)


async def _part(coroutine: Coroutine[Any, Any, Any], flight: Flight) -> object:
    return await steered(coroutine, flight)
