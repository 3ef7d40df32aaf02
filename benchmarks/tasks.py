"""What the measured workers run."""

import asyncio
import time
from pathlib import Path

from benchmarks.peers import marks
from jobs import task


@task(name="benchmarks.noop", max_retries=0)
def noop() -> None:
    """Do nothing."""


@task(name="benchmarks.stamp", max_retries=0)
def stamp(folder: str, enqueued: float) -> None:
    """Leave the seconds between the enqueue call and this line in a file of its own."""
    seconds = time.time() - enqueued
    Path(folder, f"{enqueued:.6f}").write_text(str(seconds))


@task(name="benchmarks.sleep", max_retries=0)
def sleep(seconds: float) -> None:
    """Wait, as for another server."""
    time.sleep(seconds)


@task(name="benchmarks.sleep_async", max_retries=0)
async def sleep_async(seconds: float) -> None:
    """Wait, and let others go on."""
    await asyncio.sleep(seconds)


@task(name="benchmarks.mark", max_retries=0)
def mark() -> None:
    """The work of the comparison with other queues."""
    marks.mark()
