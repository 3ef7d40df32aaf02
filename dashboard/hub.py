"""One hub per process: frames are encoded once, and each reader has a sender of its own.

A reader that is slow delays nobody: where only the newest frame counts it skips what it
missed, where every frame counts it is closed once it has fallen too far behind.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

#: Frames that a socket may owe its reader where none may be skipped.
MOST_OWED = 256
#: Close codes: WebSocket's own, and HTTP's plus 4000.
NORMAL_CLOSURE = 1000
TRY_AGAIN_LATER = 1013
UNAUTHORIZED = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404
TOO_MANY = 4429


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, encoded once for all its readers."""

    seq: int
    event: str
    text: str


Send = Callable[[Frame], Awaitable[None]]
Close = Callable[[int, str], Awaitable[None]]


def frame_of(message: dict[str, Any], seq: int) -> Frame:
    """A message with its number in the topic."""
    text = orjson.dumps(message | {"seq": seq}, default=str).decode()
    return Frame(seq, str(message.get("event") or message["type"]), text)


class Seat:
    """A reader's place: frames go in at once and out at the reader's pace."""

    def __init__(self, send: Send, close: Close, *, newest_only: bool) -> None:
        self._send = send
        self._close = close
        self._newest_only = newest_only
        self._frames: deque[Frame] = deque()
        self._last_word: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._sender = asyncio.create_task(self._run())

    def put(self, frame: Frame) -> None:
        """Owe the reader one more frame, unless there is a last word already."""
        if self._last_word is not None:
            return
        if self._newest_only:
            self._frames.clear()
        elif len(self._frames) >= MOST_OWED:
            self.dismiss(TRY_AGAIN_LATER, "you read too slowly")
            return
        self._frames.append(frame)
        self._wake.set()

    def finish(self, code: int) -> None:
        """Close once everything is sent."""
        self._last_word = (code, "")
        self._wake.set()

    def dismiss(self, code: int, reason: str) -> None:
        """Close, and send nothing of what is owed."""
        self._frames.clear()
        self._last_word = (code, reason)
        self._wake.set()

    def leave(self) -> None:
        """Forget the reader, who has gone."""
        self._sender.cancel()

    async def _run(self) -> None:
        # OSError: the reader has gone; whoever holds the seat is told so, and gives it back.
        with suppress(OSError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._frames:
                    await self._send(self._frames.popleft())
                if self._last_word is not None:
                    await self._close(*self._last_word)
                    return


@dataclass(slots=True)
class Topic:
    """Who reads about one thing, and what they were told last."""

    seq: int = 0
    last: Frame | None = None
    seats: set[Seat] = field(default_factory=set)


class Hub:
    """The topics of this process; those without readers do not exist."""

    def __init__(self) -> None:
        self._topics: dict[str, Topic] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody reads anything."""
        return not self._topics

    def has(self, name: str) -> bool:
        """Whether somebody reads this topic."""
        return name in self._topics

    def join(self, name: str, seat: Seat) -> Topic:
        """Take a seat; what was published last, if anything, is sent at once."""
        topic = self._topics.setdefault(name, Topic())
        topic.seats.add(seat)
        if topic.last is not None:
            seat.put(topic.last)
        return topic

    def leave(self, name: str, seat: Seat) -> bool:
        """Give the seat back; tells whether it was the topic's last."""
        seat.leave()
        topic = self._topics[name]
        topic.seats.discard(seat)
        if topic.seats:
            return False
        del self._topics[name]
        return True

    def publish(self, name: str, message: dict[str, Any], *, keep: bool = False) -> None:
        """Send to every reader; with `keep` also, at once, to those who come later."""
        topic = self._topics.get(name)
        if topic is None:
            return
        topic.seq += 1
        frame = frame_of(message, topic.seq)
        if keep:
            topic.last = frame
        for seat in topic.seats:
            seat.put(frame)

    def finish(self, name: str, code: int) -> None:
        """Close every reader of a topic once it has read everything."""
        topic = self._topics.get(name)
        for seat in topic.seats if topic else ():
            seat.finish(code)
