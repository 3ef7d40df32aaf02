"""Where coroutines' synchronous calls run: Django's ORM, and what else `sync_to_async` wraps.

asgiref's own place for them is one thread for the whole process. Here each task keeps one thread
of a few, so that one slow query does not hold up everybody's, and no task opens a connection for
itself alone.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import ThreadSensitiveContext

from jobs.worker.executors import mend_connections

P = ParamSpec("P")
R = TypeVar("R")

#: Threads, and with them database connections, of one event loop.
THREADS = 8


class DatabaseThreads(Executor):
    """The threads of one event loop, each started at its first use; `user` tells whose call it is.

    Used in the event loop's thread only.
    """

    def __init__(self, user: Callable[[], int]) -> None:
        self._user = user
        self._threads = [
            ThreadPoolExecutor(1, thread_name_prefix=f"coroutines-database-{number}")
            for number in range(THREADS)
        ]
        self._number_of: dict[int, int] = {}
        self._users = [0] * THREADS

    async def as_context(self) -> Context:
        """The context in which `sync_to_async` and the ORM's `a…` methods come here."""
        await ThreadSensitiveContext(executor=self).__aenter__()  # type: ignore[no-untyped-call]
        return copy_context()

    def submit(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
        """Run a call in its user's thread: at the first call, the one that the fewest use now."""
        user = self._user()
        number = self._number_of.get(user)
        if number is None:
            number = min(range(THREADS), key=self._users.__getitem__)
            self._number_of[user] = number
            self._users[number] += 1
        return self._threads[number].submit(call, *args, **kwargs)

    def quiet(self, user: int) -> "asyncio.Future[Any] | None":
        """Done when this user's last call has ended and its connections are fit for the next one.

        None for one that called nothing. Ask once: it has left its thread then.
        """
        number = self._number_of.pop(user, None)
        if number is None:
            return None
        quiet = asyncio.wrap_future(self._threads[number].submit(mend_connections))
        quiet.add_done_callback(partial(self._leave, number))
        return quiet

    def _leave(self, number: int, _: "asyncio.Future[None]") -> None:
        self._users[number] -= 1
