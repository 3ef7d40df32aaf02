"""What a web process does at its start, and at its end: requests are answered, sockets closed."""

import asyncio
import logging
import signal
import threading
from multiprocessing import parent_process
from types import FrameType
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, LifespanScope

from dashboard.live import live
from taskqueue_site import collector
from taskqueue_site.handler import PooledHandler

logger = logging.getLogger(__name__)

#: The server has already waited for every request; what still runs now is stuck.
CLOSE_SECONDS = 1.0


class Lifespan:
    """An ASGI application for the lifespan scope."""

    def __init__(self, http: PooledHandler) -> None:
        self._http = http

    async def __call__(
        self, scope: LifespanScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Confirm the start; at the end close the threads and their database connections."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                collector.settle()
                _end_with_parent()
                _end_streams_at_once()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _close(self) -> None:
        await live.stop()
        busy = await asyncio.to_thread(self._http.close, wait_seconds=CLOSE_SECONDS)
        if busy:
            logger.error("%d request(s) did not end in time and were left behind", busy)


def _end_with_parent() -> None:
    """One of several web processes ends as on SIGTERM when the one that started it has died."""
    parent = parent_process()
    if parent is not None:
        loop = asyncio.get_running_loop()
        loop.add_reader(parent.sentinel, _parent_died, loop, parent.sentinel)


def _end_streams_at_once() -> None:
    """At the signal to end, what is endless ends: the server waits for every answer under way."""
    if threading.current_thread() is not threading.main_thread():
        return  # the signals are somebody else's
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)

        def end(number: int, frame: FrameType | None, then: Any = handler) -> None:
            loop.call_soon_threadsafe(live.end)
            if callable(then):
                then(number, frame)

        signal.signal(number, end)


def _parent_died(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    signal.raise_signal(signal.SIGTERM)
