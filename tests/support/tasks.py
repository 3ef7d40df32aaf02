"""Task types that the tests run in real workers."""

import asyncio
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from django.db import IntegrityError, transaction

from jobs import RetryPolicy, current_task, task
from jobs.domain.outcomes import TaskTimeout
from jobs.models import Event
from tests.support import coroutines as coroutines  # this module is the one that apps are asked for
from tests.support import listening
from tests.support.listening import LISTENING
from tests.support.marks import leave_marks

logger = logging.getLogger(__name__)
_EATEN: list[bytes] = []

AT_ONCE = RetryPolicy(first_seconds=0, jitter=0)


@task(name="tests.mark", max_retries=5, backoff=AT_ONCE)
def mark(directory: str, seconds: float = 0.0) -> int:
    """Leave marks of the run; gives the pid it ran in."""
    leave_marks(directory, current_task().task_id, seconds)
    return os.getpid()


@task(name="tests.held", max_retries=5, backoff=AT_ONCE)
def held(directory: str) -> None:
    """Leave marks of the run until there is a file `release` in the folder, at most a minute."""
    release = Path(directory) / "release"
    leave_marks(directory, current_task().task_id, 60, unless=release.exists)


@task(name="tests.boom", max_retries=2, backoff=AT_ONCE)
def boom(message: str = "boom") -> None:
    """Fail."""
    raise RuntimeError(message)


#: What goes wrong with a charge in each currency that is none.
TROUBLES: dict[str, tuple[type[Exception], str]] = {
    "bank": (ConnectionError, "the bank does not answer"),
    "coins": (KeyError, "no such currency"),
    "shells": (ValueError, "not a number"),
    "gold": (PermissionError, "not allowed"),
    "tea": (TimeoutError, "too slow"),
    "salt": (ZeroDivisionError, "worth nothing"),
}


@task(name="tests.charge", max_retries=0)
def charge(order: int, currency: str, folder: str) -> str:
    """Fail by the currency, but for EUR, and but for the bank once its file is in the folder."""
    if currency == "EUR" or (Path(folder) / currency).exists():
        return f"charged {order}"
    kind, message = TROUBLES[currency]
    raise kind(message)


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


@task(name="tests.has_loaded", max_retries=0)
def has_loaded(module: str) -> bool:
    """Whether this process has imported the module."""
    return module in sys.modules


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


@task(name="tests.devour", max_retries=0)
def devour() -> int:
    """Ask for more memory than there is."""
    return len(bytearray(1 << 60))


@task(name="tests.killed", max_retries=0, backoff=AT_ONCE)
def killed() -> None:
    """Die as the kernel lets die who has eaten too much."""
    os.kill(os.getpid(), signal.SIGKILL)


@task(name="tests.spin", max_retries=0)
def spin() -> None:
    """Never come to an end."""
    while True:
        pass


@task(name="tests.leave_politely", max_retries=0)
def leave_politely() -> None:
    """Ask the interpreter to end."""
    sys.exit(3)


@task(name="tests.fork", max_retries=0, backoff=AT_ONCE)
def fork(directory: str, seconds: float, wait: bool = False) -> None:
    """Leave a child behind that lives for so long, and then comes out of here too.

    Its pid is in the file `child`. With `wait`, the task lives as long as the child.
    """
    child = os.fork()
    if child:
        (Path(directory) / "child.new").write_text(str(child))
        (Path(directory) / "child.new").rename(Path(directory) / "child")
    if wait or not child:
        time.sleep(seconds)


@task(name="tests.chatter", max_retries=0)
def chatter(word: str, times: int = 3, *, fails: bool = False) -> None:
    """Log a word again and again, let others have their say between, and perhaps fail."""
    for number in range(times):
        logger.info("%s %d", word, number)
        time.sleep(0.01)
    logger.debug("%s in detail", word)
    if fails:
        raise RuntimeError(word)


@task(name="tests.chatter_async", max_retries=0)
async def chatter_async(word: str) -> None:
    """Log from a coroutine, and from a thread that asyncio starts for it."""
    logger.info("%s in the loop", word)
    await asyncio.to_thread(logger.info, "%s in a thread", word)


@task(name="tests.chatter_badly", max_retries=0)
def chatter_badly() -> None:
    """Log what no text column takes, and what cannot be formatted."""
    logger.info("nul \0 and half a pair \ud800")
    logger.info("%d", "no number")


@task(name="tests.entry", max_retries=3, backoff=AT_ONCE, atomic=True)
def entry(directory: str, blow: str = "") -> None:
    """Write a row; on the first attempt let a blow follow."""
    task_id = current_task().task_id
    Event.objects.create(task_id=task_id, kind=Event.Kind.REQUEUED, actor="tests.entry")
    transaction.on_commit(partial(logger.info, "committed"))
    mark = Path(directory) / task_id
    if blow and not mark.exists():
        mark.touch()
        if blow == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if blow == "hang":
            time.sleep(60)
        if blow == "swallow":
            with suppress(IntegrityError):
                Event.objects.create(task_id=task_id, pk=Event.objects.get(task_id=task_id).pk)
        raise RuntimeError(blow)


@task(name="tests.eat", max_retries=0)
def eat(megabytes: int) -> int:
    """Take memory and never give it back; gives the pid."""
    _EATEN.append(b"x" * (megabytes * 1024 * 1024))
    return os.getpid()


@task(name="tests.picky", max_retries=5, backoff=AT_ONCE, dont_retry_on=(ValueError, TaskTimeout))
def picky(kind: str) -> None:
    """Fail once in a way that is not worth another try."""
    if kind == "value":
        raise ValueError(kind)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(TaskTimeout):
            time.sleep(0.05)


@task(name="tests.slow_entry", max_retries=0, atomic=True)
def slow_entry(seconds: float) -> None:
    """Write a row and hold the transaction open."""
    Event.objects.create(task_id=current_task().task_id, kind=Event.Kind.REQUEUED)
    time.sleep(seconds)


if LISTENING in os.environ:
    listening.connect(Path(os.environ[LISTENING]))
