"""The one thread in which a web process reads rows for its sockets.

Of its own, so that its connection is kept, and no request waits for it.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-reader")


async def read(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function gives, or raises."""
    result, _ = await measured(function, *args, **kwargs)
    return result


async def measured(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, float]:
    """The same, and for how many seconds it kept a core: waiting for the database is none."""
    call = partial(_with_fresh_connections, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_thread, call)


def _with_fresh_connections(function: Callable[[], T]) -> tuple[T, float]:
    began = time.thread_time()
    close_old_connections()
    try:
        return function(), time.thread_time() - began
    finally:
        close_old_connections()
