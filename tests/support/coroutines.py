"""Coroutine task types that the tests run in real workers."""

import asyncio
import os
import time
from pathlib import Path

from asgiref.sync import sync_to_async
from django.db import connection, transaction

from jobs import RetryPolicy, Snooze, current_task, task
from jobs.domain.outcomes import TaskStopped, TaskTimeout
from jobs.models import Task

AT_ONCE = RetryPolicy(first_seconds=0, jitter=0)

_here: set[str] = set()


@task(name="tests.meet", max_retries=0)
async def meet(company: int) -> int:
    """End when `company` tasks are in this function at once, in one process; gives its pid."""
    _here.add(current_task().task_id)
    while len(_here) < company:
        await asyncio.sleep(0.02)
    return os.getpid()


@task(name="tests.mark_async", max_retries=5, backoff=AT_ONCE)
async def mark_async(directory: str, seconds: float = 0.0) -> None:
    """Leave a line at the beginning, at an interruption and at the end of the run."""
    path = Path(directory) / current_task().task_id

    def leave(mark: str) -> None:
        with path.open("a") as marks:
            marks.write(f"{mark}\n")

    leave("B")
    try:
        await asyncio.sleep(seconds)
    except (TaskTimeout, TaskStopped) as error:
        leave(f"{error}")
        raise
    leave("E")


@task(name="tests.group_async", max_retries=0)
async def group_async(directory: str) -> None:
    """Wait for parts in a group; each leaves a line when it is cancelled."""
    path = Path(directory) / current_task().task_id

    async def part() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            with path.open("a") as marks:
                marks.write("cancelled\n")

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(part())


@task(name="tests.forget_async", max_retries=0)
async def forget_async(directory: str) -> None:
    """Leave a background task running."""

    async def part() -> None:
        (Path(directory) / "running").touch()
        try:
            await asyncio.sleep(60)
        finally:
            (Path(directory) / "cancelled").touch()

    _parts.add(asyncio.create_task(part()))
    while not (Path(directory) / "running").exists():
        await asyncio.sleep(0.01)


_parts: set[asyncio.Task[None]] = set()


@task(name="tests.stubborn_async", max_retries=0)
async def stubborn_async(seconds: float) -> None:
    """Swallow every exception, orders to stop included."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.05)
        except BaseException:
            continue


@task(name="tests.block_async", max_retries=0)
async def block_async(seconds: float) -> None:
    """Hold the event loop."""
    time.sleep(seconds)


@task(name="tests.polite_async", max_retries=0)
async def polite_async() -> str:
    """End when asked to."""
    current = current_task()
    while not current.stop_requested:
        current.progress(1, 2, "waiting")
        await asyncio.sleep(0.02)
    return "asked"


@task(name="tests.snooze_async", max_retries=0)
async def snooze_async() -> str:
    """Come back once."""
    row = await Task.objects.aget(pk=current_task().task_id)
    if not await row.attempts.aexists():
        raise Snooze(0.01)
    return "back"


@task(name="tests.orm_async", max_retries=0)
async def orm_async() -> list[object]:
    """Read the own row; gives its name, whether transactions were left alone, and the threads."""
    own = current_task().task_id
    row = await Task.objects.aget(pk=own)

    def in_a_transaction() -> tuple[bool, bool]:
        before = connection.in_atomic_block
        with transaction.atomic():
            Task.objects.filter(pk=own).exists()
            return before, connection.in_atomic_block

    seen = [await sync_to_async(in_a_transaction)() for _ in range(3)]
    return [row.name, seen == [(False, True)] * 3, current_task().task_id == own]


@task(name="tests.wait_in_a_thread", max_retries=0)
async def wait_in_a_thread(seconds: float) -> None:
    """Wait in a synchronous call."""
    await sync_to_async(time.sleep)(seconds)
