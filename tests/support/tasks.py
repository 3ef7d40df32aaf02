"""Task types that the tests run in real workers."""

import os
import signal
import time
from pathlib import Path

from jobs import RetryPolicy, current_task, task
from tests.support import coroutines as coroutines  # this module is the one that apps are asked for
from tests.support import listening
from tests.support.listening import LISTENING

AT_ONCE = RetryPolicy(first_seconds=0, jitter=0)


@task(name="tests.mark", max_retries=5, backoff=AT_ONCE)
def mark(directory: str, seconds: float = 0.0) -> int:
    """Leave a line at the beginning and at the end of the run; gives the pid it ran in."""
    context = current_task()
    path = Path(directory) / context.task_id
    with path.open("a") as marks:
        marks.write(f"B {os.getpid()} {time.time()}\n")
    time.sleep(seconds)
    with path.open("a") as marks:
        marks.write(f"E {os.getpid()} {time.time()}\n")
    return os.getpid()


@task(name="tests.boom", max_retries=2, backoff=AT_ONCE)
def boom(message: str = "boom") -> None:
    """Fail."""
    raise RuntimeError(message)


@task(name="tests.sleep", max_retries=0)
def sleep(seconds: float) -> None:
    """Sleep in one piece."""
    time.sleep(seconds)


@task(name="tests.stubborn", max_retries=0)
def stubborn(seconds: float) -> None:
    """Swallow every exception, orders to stop included."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            time.sleep(0.05)
        except BaseException:
            continue


@task(name="tests.segfault", max_retries=5, backoff=AT_ONCE)
def segfault() -> None:
    """Take the process down."""
    os.kill(os.getpid(), signal.SIGSEGV)


@task(name="tests.unstorable", max_retries=0)
def unstorable(kind: str) -> object:
    """Give back, or raise, what no database takes."""
    if kind == "object":
        return object()
    if kind == "large":
        return "x" * 2_000_000
    if kind == "nul":
        return "a\0b"
    raise RuntimeError("nul \0 and half a pair \ud800")


@task(name="tests.greet", max_retries=0)
async def greet(name: str) -> str:
    """A coroutine."""
    return f"hello {name}"


@task(name="tests.exit", max_retries=1, backoff=AT_ONCE)
def leave() -> None:
    """End the process without a word."""
    os._exit(3)


if LISTENING in os.environ:
    listening.connect(Path(os.environ[LISTENING]))
