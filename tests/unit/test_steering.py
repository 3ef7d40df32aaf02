"""Orders carried into coroutines: what they meet, and what is told of it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from jobs.domain.outcomes import TaskStopped, TaskTimeout
from jobs.worker.slots import Order
from jobs.worker.steering import steered, told


class Steps:
    """A task under an order that counts the loop's visits."""

    def __init__(self, order: Order = Order.NONE) -> None:
        self.order = order
        self.why = "because"
        self.inside = 0
        self.visits = 0

    def step(self) -> None:
        self.inside += 1
        self.visits += 1

    def step_out(self) -> None:
        self.inside -= 1


async def cancelled_in(
    function: Callable[[], Coroutine[Any, Any, object]], order: Order
) -> BaseException | object:
    """What comes of a coroutine that is cancelled under an order at its first await."""
    steps = Steps(order)

    async def whole() -> object:
        return await steered(function(), steps)

    task = asyncio.get_running_loop().create_task(whole())
    await asyncio.sleep(0)
    task.cancel()
    done = (await asyncio.gather(task, return_exceptions=True))[0]
    assert steps.inside == 0
    return done


@pytest.mark.parametrize(
    ("order", "expected"), [(Order.TIME_OUT, TaskTimeout), (Order.STOP, TaskStopped)]
)
@pytest.mark.asyncio
async def test_an_order_is_met_as_itself_and_as_a_cancellation(
    order: Order, expected: type[BaseException]
) -> None:
    met: list[BaseException] = []

    async def function() -> str:
        for kind in (expected, asyncio.CancelledError):
            try:
                await asyncio.sleep(60)
            except kind as error:
                met.append(error)
                if len(met) == 1:
                    asyncio.current_task().cancel()  # type: ignore[union-attr]
        return "went on"

    assert await cancelled_in(function, order) == "went on"
    assert [str(error) for error in met] == ["because", "because"]


@pytest.mark.asyncio
async def test_a_cancel_without_an_order_stays_a_plain_one() -> None:
    met: list[BaseException] = []

    async def function() -> None:
        try:
            await asyncio.sleep(60)
        except BaseException as error:
            met.append(error)

    await cancelled_in(function, Order.NONE)
    assert type(met[0]) is asyncio.CancelledError


@pytest.mark.parametrize("where", ["body", "end"])
@pytest.mark.asyncio
async def test_a_group_tidies_up_whether_it_is_stopped_in_its_body_or_at_its_end(
    where: str,
) -> None:
    ended: list[str] = []

    async def part() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("part")

    async def function() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(part())
            await asyncio.sleep(0 if where == "end" else 60)

    async def whole() -> None:
        await steered(function(), Steps(Order.TIME_OUT))

    # given a group whose parts run
    task = asyncio.get_running_loop().create_task(whole())
    for _ in range(3):
        await asyncio.sleep(0)

    # when it is stopped
    task.cancel()
    with pytest.raises(BaseException) as raised:  # a group, or a cancellation
        await task

    # then nothing runs on, and the order is what is told
    assert ended == ["part"]
    assert type(told(raised.value, Order.TIME_OUT, "because")) is TaskTimeout


@pytest.mark.asyncio
async def test_wait_for_does_not_leave_its_task_running() -> None:
    ended: list[str] = []

    async def part() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("part")

    async def function() -> None:
        await asyncio.wait_for(part(), 30)

    async def whole() -> None:
        await steered(function(), Steps(Order.STOP))

    task = asyncio.get_running_loop().create_task(whole())
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert ended == ["part"]


@pytest.mark.parametrize(
    ("error", "order"),
    [
        (RuntimeError("own"), Order.TIME_OUT),
        (ExceptionGroup("own", [ValueError()]), Order.STOP),
        (asyncio.CancelledError(), Order.NONE),
    ],
)
def test_a_reason_of_its_own_is_told_as_it_is(error: BaseException, order: Order) -> None:
    assert told(error, order, "because") is error
