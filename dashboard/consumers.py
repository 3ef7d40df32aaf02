"""The sockets: each checks who comes, takes a seat at the hub, and says nothing more."""

from abc import ABC, abstractmethod
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from rest_framework.exceptions import AuthenticationFailed

from dashboard.arrivals import arrivals
from dashboard.doors import Place, doors
from dashboard.following import follow_task
from dashboard.hub import FORBIDDEN, NOT_FOUND, TOO_MANY, TRY_AGAIN_LATER, UNAUTHORIZED, Frame, Seat
from dashboard.live import live
from dashboard.publisher import FEED, STATS
from dashboard.visitors import Authority, credentials_in


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
        self._place: Place | None = None

    async def connect(self) -> None:
        """Let in who may see tasks."""
        await self.accept()
        credentials = credentials_in(self.scope)
        try:
            authority, reason = await arrivals.judge(credentials)
            if reason:
                await self.close(TOO_MANY, reason=reason)
            elif "view_task" not in authority.verbs:
                await self.close(FORBIDDEN)
            else:
                seat = Seat(self._tell, self.close, newest_only=self.newest_only)
                self._place = Place(credentials, authority, seat)
                doors.enter(self._place)
                self._topic = await self.enter(seat, authority)
        except AuthenticationFailed as refusal:
            await self.close(UNAUTHORIZED, reason=str(refusal.get_codes()))
        except DatabaseError:
            await self.close(TRY_AGAIN_LATER)

    @abstractmethod
    async def enter(self, seat: Seat, authority: Authority) -> str | None:
        """Tell what is to be told at once; gives the topic at which the seat then is, if any."""

    async def disconnect(self, code: int) -> None:
        """Give the seat back."""
        if self._place is not None:
            await doors.leave(self._place)
            await live.leave(self._topic, self._place.seat)

    async def _tell(self, frame: Frame) -> None:
        await self.send(frame.text)


class StatsConsumer(Watcher):
    """The numbers of the whole queue."""

    newest_only = True

    async def enter(self, seat: Seat, authority: Authority) -> str:
        """Sit with those who read the numbers."""
        live.join(STATS, seat)
        return STATS


class FeedConsumer(Watcher):
    """Which tasks changed."""

    async def enter(self, seat: Seat, authority: Authority) -> str:
        """Sit with those who read the feed."""
        live.join(FEED, seat)
        return FEED


class TaskConsumer(Watcher):
    """The events of one task."""

    async def enter(self, seat: Seat, authority: Authority) -> str | None:
        """Tell the present state; unless the task has ended, stay for what follows."""
        task_id = _uuid(self.scope["url_route"]["kwargs"]["task_id"])
        if task_id is None:
            seat.finish(NOT_FOUND)
            return None
        return await follow_task(seat, task_id, payload="view_payload" in authority.verbs)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
