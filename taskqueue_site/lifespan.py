"""What a web process does at its end: the requests are answered, the sockets closed."""

import asyncio
import logging

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, LifespanScope

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
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _close(self) -> None:
        busy = await asyncio.to_thread(self._http.close, wait_seconds=CLOSE_SECONDS)
        if busy:
            logger.error("%d request(s) did not end in time and were left behind", busy)
