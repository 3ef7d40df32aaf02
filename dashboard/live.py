"""The live part of one web process: it wakes with the first watcher and sleeps with the last."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connections

from dashboard.hub import Hub, Seat
from dashboard.publisher import Publisher
from dashboard.reading import read
from dashboard.tracker import Tracker

logger = logging.getLogger(__name__)

RESTART_SECONDS = 1.0


class Live:
    """The hub of a process, the tasks it tracks and its publisher."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.tracker = Tracker(self.hub)
        self._publisher: asyncio.Task[None] | None = None
        self._endless: set[asyncio.Event] = set()
        self._is_ending = False

    def join(self, topic: str, seat: Seat) -> int:
        """Take a seat; gives the `seq` of the topic's last message."""
        seq = self.hub.join(topic, seat).seq
        if self._publisher is None or self._publisher.done():
            self._publisher = asyncio.create_task(self._publish())
        return seq

    async def leave(self, topic: str | None, seat: Seat) -> None:
        """Give back a seat, which may be at no topic; the last puts the publisher to sleep."""
        if topic is None:
            seat.leave()
            return
        if self.hub.leave(topic, seat):
            self.tracker.forget_unwatched()
        if self.hub.is_empty:
            await self.stop()

    @contextmanager
    def until_the_end(self, over: asyncio.Event) -> Iterator[None]:
        """Sets `over` when this process is told to end: the server waits for what it answers."""
        self._endless.add(over)
        if self._is_ending:
            over.set()
        try:
            yield
        finally:
            self._endless.discard(over)

    def end(self) -> None:
        """End, for good, all that would not end by itself."""
        self._is_ending = True
        for over in self._endless:
            over.set()

    async def stop(self) -> None:
        """Stop publishing, and let go of the database."""
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            publisher.cancel()
            with suppress(asyncio.CancelledError):
                await publisher
            await read(connections.close_all)

    async def _publish(self) -> None:
        while True:
            try:
                await Publisher(self.hub, self.tracker).run()
            except Exception:
                logger.exception("The publisher of the live pages failed and is started again")
                if self._publisher is not asyncio.current_task():
                    return  # it failed while it was being stopped
            await asyncio.sleep(RESTART_SECONDS)


live = Live()
