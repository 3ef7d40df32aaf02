"""Server-sent events: what the sockets tell, for clients that have only HTTP."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from uuid import UUID

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.db import Error as DatabaseError
from django.http import StreamingHttpResponse

from dashboard.doors import Place, doors
from dashboard.following import follow_feed, follow_task
from dashboard.hub import Frame, Seat
from dashboard.live import live
from dashboard.visitors import Authority, Credentials
from dashboard.waiting import client_leaves

MEDIA_TYPE = "text/event-stream"
#: A comment that often keeps proxies from cutting a silent stream.
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = ": still here\n\n"
#: A reader that takes nothing for so long is dropped.
PATIENCE_SECONDS = 30.0
#: When a client whose stream broke off may come again.
RETRY = "retry: 3000\n\n"


class Source(ABC):
    """What a stream tells."""

    @abstractmethod
    async def follow(self, seat: Seat) -> str | None:
        """Tell the seat the present, and let it hear the rest; gives its topic, if it has one."""


@dataclass(frozen=True, slots=True)
class OneTask(Source):
    """The events of one task."""

    task_id: UUID
    payload: bool

    async def follow(self, seat: Seat) -> str | None:
        """As its socket does."""
        return await follow_task(seat, self.task_id, payload=self.payload)


class Feed(Source):
    """Which tasks change."""

    async def follow(self, seat: Seat) -> str | None:
        """As its socket does, after the newest tasks."""
        return await follow_feed(seat)


class EventStream(StreamingHttpResponse):
    """What a view answers with; the ASGI handler sends its headers and lets it `run`."""

    def __init__(self, source: Source, *, credentials: Credentials, authority: Authority) -> None:
        super().__init__(content_type=MEDIA_TYPE)
        self._source = source
        self._credentials = credentials
        self._authority = authority
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # nginx would hold events back

    async def run(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Tell until the source ends, the client leaves or is too slow, or the process ends."""
        reader = _Reader(send)
        seat, topic = Seat(reader.tell, reader.close, newest_only=False), None
        place = Place(self._credentials, self._authority, seat)
        doors.enter(place)
        beside = [
            asyncio.create_task(reader.leave_with(receive)),
            asyncio.create_task(reader.beat()),
        ]
        try:
            with live.until_the_end(reader.over):
                await reader.write(RETRY)
                topic = await self._source.follow(seat)
                await reader.over.wait()
        except (DatabaseError, TimeoutError):
            pass  # the client comes again, and is then told by the view
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await doors.leave(place)
            await live.leave(topic, seat)
        await reader.end()


class _Reader:
    """The client's side of a stream."""

    def __init__(self, send: ASGISendCallable) -> None:
        self.over = asyncio.Event()
        self._send = send
        self._turn = asyncio.Lock()
        self._is_stuck = False

    async def tell(self, frame: Frame) -> None:
        """Write one event."""
        await self.write(f"id: {frame.seq}\nevent: {frame.event}\ndata: {frame.text}\n\n")

    async def close(self, _code: int, _reason: str) -> None:
        """Nothing follows."""
        self.over.set()

    async def write(self, text: str) -> None:
        """Write lines; TimeoutError when the client does not read."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._turn:
                await self._send(
                    {"type": "http.response.body", "body": text.encode(), "more_body": True}
                )
        except TimeoutError:
            self._is_stuck = True
            self.over.set()
            raise

    async def end(self) -> None:
        """Complete the answer. One whose client is stuck is left broken: the server cuts it off."""
        if not self._is_stuck:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def beat(self) -> None:
        """Write a comment now and then."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.write(HEARTBEAT)

    async def leave_with(self, receive: ASGIReceiveCallable) -> None:
        """Be over when the client has gone."""
        await client_leaves(receive)
        self.over.set()
