"""The sockets: each checks who comes, takes a seat at the hub, and says nothing more."""

from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError

from dashboard.access import allowed, socket_request
from dashboard.events import connected, final, is_ended
from dashboard.hub import TRY_AGAIN_LATER, Seat, encode
from dashboard.live import live
from dashboard.publisher import FEED, STATS
from dashboard.reading import read
from dashboard.tracker import NORMAL_CLOSURE, NOT_FOUND, topic_of
from jobs.selectors.facts import without_payload

#: Close codes of our own: HTTP's, plus 4000.
FORBIDDEN = 4403


class Refusal(AsyncWebsocketConsumer):
    """Accepts only to say why not: a browser shows no code for a refused handshake."""

    channel_layer_alias = "none"

    def __init__(self, *, code: int) -> None:
        super().__init__()
        self._code = code

    async def connect(self) -> None:
        """Close with the code."""
        await self.accept()
        await self.close(self._code)


class Watcher(AsyncWebsocketConsumer, ABC):
    """A socket that only listens. It has no channel of its own in the layer: the hub has one."""

    channel_layer_alias = "none"
    newest_only = False

    def __init__(self) -> None:
        super().__init__()
        self._topic: str | None = None
        self._seat: Seat | None = None

    async def connect(self) -> None:
        """Let in who may see tasks."""
        await self.accept()
        try:
            self.request = await read(socket_request, self.scope)
            if await self.may("view_task"):
                await self.enter()
            else:
                await self.close(FORBIDDEN)
        except DatabaseError:
            await self.close(TRY_AGAIN_LATER)

    async def may(self, verb: str) -> bool:
        """Whether whoever opened this socket holds the permission."""
        return bool(await read(allowed, self.request, verb))

    @abstractmethod
    async def enter(self) -> None:
        """Take a seat, once it is known that whoever came may."""

    async def disconnect(self, code: int) -> None:
        """Give the seat back."""
        if self._seat is not None and self._topic is not None:
            await live.leave(self._topic, self._seat)
            self._seat = None

    def sit(self, topic: str) -> int:
        """Take a seat; gives the `seq` of the topic's last message."""
        self._topic, self._seat = topic, self.seat()
        return live.join(topic, self._seat)

    def seat(self) -> Seat:
        """A seat whose frames leave through this socket."""
        return Seat(self.send, self.close, newest_only=self.newest_only)


class StatsConsumer(Watcher):
    """The numbers of the whole queue."""

    newest_only = True

    async def enter(self) -> None:
        """Sit with those who read the numbers."""
        self.sit(STATS)


class FeedConsumer(Watcher):
    """Which tasks changed."""

    async def enter(self) -> None:
        """Sit with those who read the feed."""
        self.sit(FEED)


class TaskConsumer(Watcher):
    """The events of one task."""

    async def enter(self) -> None:
        """Tell the present state; unless the task has ended, stay for what follows."""
        task_id = _uuid(self.scope["url_route"]["kwargs"]["task_id"])
        payload = await self.may("view_payload")
        facts = await live.tracker.first_look(task_id) if task_id else None
        if task_id is None or facts is None:
            await self.close(NOT_FOUND)
            return
        shown = facts if payload else without_payload(facts)
        if is_ended(facts):
            await self._tell_end(shown)
        else:
            seq = self.sit(topic_of(task_id, payload=payload))
            self._seat_put(encode(connected(shown), seq))

    async def _tell_end(self, facts: dict[str, Any]) -> None:
        await self.send(encode(connected(facts), 0))
        await self.send(encode(final(facts), 1))
        await self.close(NORMAL_CLOSURE)

    def _seat_put(self, frame: str) -> None:
        if self._seat is not None:
            self._seat.put(frame)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
