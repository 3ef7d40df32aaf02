"""Orders carried into a coroutine: at its next await it meets the exception that a thread would.

The exception is a cancellation as well, so that `asyncio.timeout()`, `TaskGroup`, `wait_for()` and
every library that tidies up when it is cancelled do so here too.
"""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Protocol

from jobs.domain.outcomes import TaskStopped, TaskTimeout
from jobs.worker.slots import Order


class _TimedOut(TaskTimeout, asyncio.CancelledError):
    """What the coroutine sees of TaskTimeout."""


class _Stopped(TaskStopped, asyncio.CancelledError):
    """What the coroutine sees of TaskStopped."""


_SEEN: dict[Order, Callable[[str], asyncio.CancelledError]] = {
    Order.TIME_OUT: _TimedOut,
    Order.STOP: _Stopped,
}
_TOLD: dict[Order, Callable[[str], BaseException]] = {
    Order.TIME_OUT: TaskTimeout,
    Order.STOP: TaskStopped,
}


class Steered(Protocol):
    """The task that a coroutine is a part of."""

    order: Order
    why: str

    def step(self) -> None:
        """The loop enters one of its coroutines."""

    def step_out(self) -> None:
        """The loop leaves it."""


@types.coroutine
def steered(coroutine: Coroutine[Any, Any, object], task: Steered) -> Generator[Any, Any, object]:
    """See a coroutine through: tell when the loop is in it, and name the reason of a cancel."""
    thrown: BaseException | None = None
    while True:
        task.step()
        try:
            waited = coroutine.send(None) if thrown is None else coroutine.throw(thrown)
        except StopIteration as done:
            return done.value
        finally:
            task.step_out()
        thrown = None
        try:
            yield waited
        except asyncio.CancelledError as error:
            thrown = _SEEN[task.order](task.why) if task.order else error
        except BaseException as error:
            thrown = error


def told(error: BaseException, order: Order, why: str) -> BaseException:
    """What ended a task that was under an order: the order, unless it had its own reason."""
    cancelled = (
        error.subgroup(asyncio.CancelledError)
        if isinstance(error, BaseExceptionGroup)
        else isinstance(error, asyncio.CancelledError)
    )
    if not order or not cancelled:
        return error
    return _TOLD[order](why).with_traceback(error.__traceback__)
