"""What a web process does at its end: the requests are answered, the sockets closed."""

import asyncio
import logging
import signal
from multiprocessing import parent_process

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, LifespanScope

from dashboard.live import live
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
                _end_with_parent()
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


def _parent_died(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    signal.raise_signal(signal.SIGTERM)
