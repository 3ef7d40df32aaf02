"""HTTP requests as an ASGI server makes them, in this process."""

import asyncio
from collections.abc import Callable
from typing import Any

from taskqueue_site.handler import PooledHandler

SECONDS = 30
STEP_SECONDS = 0.02
Message = dict[str, Any]


class AsgiClient:
    """One HTTP request, as an ASGI server makes it."""

    def __init__(
        self,
        handler: PooledHandler,
        url: str,
        *body: bytes,
        method: str = "POST",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        for number, chunk in enumerate(body or (b"",), start=1):
            more = number < len(body)
            self.incoming.put_nowait({"type": "http.request", "body": chunk, "more_body": more})
        path, _, query = url.partition("?")
        scope: Any = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost"), *headers],
            "client": ("127.0.0.1", 4711),
        }
        self.task = asyncio.create_task(handler(scope, self.incoming.get, self.take))

    async def take(self, message: Message) -> None:
        """Take what the handler sends."""
        await self.sent.put(message)

    def leave(self) -> None:
        """The client closes its connection."""
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def next(self) -> Message:
        """The next thing that the handler sends."""
        return await asyncio.wait_for(self.sent.get(), SECONDS)

    async def answer(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers and body, once all is sent."""
        await asyncio.wait_for(self.task, SECONDS)
        start, *parts = [self.sent.get_nowait() for _ in range(self.sent.qsize())]
        body = b"".join(part.get("body", b"") for part in parts)
        return start["status"], dict(start["headers"]), body


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go on until the condition holds; TimeoutError after a while."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(STEP_SECONDS)


def left_running() -> set[str]:
    """What runs in the loop beside the test; the channel layer keeps a reader of its own."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    names = {str(getattr(task.get_coro(), "__qualname__", task)) for task in tasks}
    return {name for name in names if not name.startswith("RedisSingleShardConnection.")}
