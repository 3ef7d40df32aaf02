"""Waiting for a task's end without a thread: `?wait=` of the API."""

import asyncio
from contextlib import suppress
from uuid import UUID

from asgiref.typing import ASGIReceiveCallable
from django.db import Error as DatabaseError

from dashboard.events import is_ended
from dashboard.hub import Frame, Seat
from dashboard.live import live
from dashboard.reading import read
from dashboard.tracker import topic_of
from jobs.api.waiting import Wait
from jobs.selectors.ending import has_ended

#: Most tasks that are waited for end soon: these looks, each after so many seconds, wake nobody.
FIRST_LOOKS = (0.05, 0.1, 0.2, 0.4)
#: Within this many seconds every worker hears that somebody watches, and tells its news.
HEARD_SECONDS = 1.25


async def waited(wait: Wait, receive: ASGIReceiveCallable) -> bool:
    """Wait until the task has ended, the time is over or this process is to end.

    False when the client left instead: nobody is to be answered.
    """
    over = asyncio.Event()
    with live.until_the_end(over):
        ways = [
            asyncio.create_task(way)
            for way in (client_leaves(receive), _ends(wait.task_id), over.wait())
        ]
        try:
            done, _ = await asyncio.wait(
                ways, timeout=wait.seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
    return ways[0] not in done


async def client_leaves(receive: ASGIReceiveCallable) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ends(task_id: UUID) -> None:
    """Returns when the task has ended, or cannot be looked at: the answer then says so."""
    with suppress(DatabaseError):
        for pause in FIRST_LOOKS:
            await asyncio.sleep(pause)
            if await read(has_ended, task_id):
                return
        await _told(task_id)


async def _told(task_id: UUID) -> None:
    """Returns when the tracker tells the end."""
    facts = await live.tracker.first_look(task_id)
    if facts is None or is_ended(facts):
        return
    told = asyncio.Event()

    async def ignore(_frame: Frame) -> None:
        pass

    async def close(_code: int, _reason: str) -> None:
        told.set()

    topic, seat = topic_of(task_id, payload=False), Seat(ignore, close, newest_only=True)
    live.join(topic, seat)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARD_SECONDS):
                await told.wait()
        await live.tracker.look({str(task_id)})
        await told.wait()
    finally:
        await live.leave(topic, seat)
