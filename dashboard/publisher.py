"""Reads the rows while somebody watches, and tells every process's hub.

One process of the cluster reads for all. When Redis is away, or the elected one falls silent, each
process reads for its own sockets: the pages depend on the database alone.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from dashboard.hub import Hub
from dashboard.reading import read
from dashboard.snapshot import lines_of, snapshot
from dashboard.tracker import Tracker
from jobs.broker.changes import PROGRESS
from jobs.broker.watch import UNREACHABLE, Role, Watch

logger = logging.getLogger(__name__)

GROUP = "dashboard"
STATS = "stats"
FEED = "feed"
#: No two publications follow each other sooner, in seconds.
SHORTEST_PAUSE = 0.25
#: Pause at least this many times as long as the reading took.
PAUSE_FACTOR = 4
#: A follower that has heard nothing for this many beats reads for itself.
PATIENT_BEATS = 3
KEEP_SECONDS = 1.0
RETRY_SECONDS = 1.0
END_SECONDS = 0.1


class Publisher:
    """Runs in each process that has watchers, for as long as it has them."""

    def __init__(self, hub: Hub, tracker: Tracker) -> None:
        self._hub = hub
        self._tracker = tracker
        self._beat_seconds: float = settings.DASHBOARD["BEAT_SECONDS"]
        self._role = Role.ALONE
        self._changed: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._heard_at = float("-inf")

    async def run(self) -> None:
        """Publish until cancelled; the first time at once, from this process's own reading."""
        watch = Watch()
        parts = (watch.listen(self._heard), self._relay(), self._keep(watch), self._publish())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _end(tasks)
            await watch.close()

    def _heard(self, changes: Sequence[tuple[str, str]]) -> None:
        self._changed.update(changes)
        self._wake.set()

    async def _keep(self, watch: Watch) -> None:
        while True:
            self._role = await watch.keep()
            await asyncio.sleep(KEEP_SECONDS)

    async def _relay(self) -> None:
        """Hand what the elected publisher sends to the hub, over one channel a process."""
        layer = get_channel_layer()
        while True:
            with suppress(*UNREACHABLE):
                channel = await layer.new_channel()
                try:
                    await layer.group_add(GROUP, channel)
                    while True:
                        message = await layer.receive(channel)
                        self._deliver(message["topic"], message["message"])
                finally:
                    await layer.group_discard(GROUP, channel)
            await asyncio.sleep(RETRY_SECONDS)

    async def _publish(self) -> None:
        loop = asyncio.get_running_loop()
        is_first = True
        beat_at = loop.time()
        while True:
            began = loop.time()
            is_beat = is_first or began >= beat_at
            changed, self._changed = self._changed, {}
            try:
                await self._tracker.look(None if is_beat else set(changed))
                await self._tell_all(changed, is_beat=is_beat, locally=is_first)
            except DatabaseError as error:
                logger.warning("The live pages stand still, the database is away: %s", error)
            if is_beat:
                beat_at = began + self._beat_seconds
            is_first = False
            pause = max(SHORTEST_PAUSE, PAUSE_FACTOR * (loop.time() - began))
            await asyncio.sleep(pause)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(beat_at):
                    await self._wake.wait()
            self._wake.clear()

    async def _tell_all(self, changed: dict[str, str], *, is_beat: bool, locally: bool) -> None:
        now = asyncio.get_running_loop().time()
        silent = now - self._heard_at > PATIENT_BEATS * self._beat_seconds
        if self._role is Role.FOLLOWER and not silent and not locally:
            return
        locally = locally or self._role is not Role.LEADER
        moved = any(state != PROGRESS for state in changed.values())
        if moved or is_beat:
            await self._tell(STATS, await read(snapshot), locally=locally)
        if changed:
            lines = await read(lines_of, changed)
            message = {"type": "feed", "changed": len(changed), "tasks": lines}
            await self._tell(FEED, message, locally=locally)

    async def _tell(self, topic: str, message: dict[str, Any], *, locally: bool) -> None:
        if not locally:
            frame = {"type": "dashboard.frame", "topic": topic, "message": message}
            try:
                await get_channel_layer().group_send(GROUP, frame)
            except UNREACHABLE:
                self._role = Role.ALONE
            else:
                return
        self._deliver(topic, message)

    def _deliver(self, topic: str, message: dict[str, Any]) -> None:
        if topic == STATS:
            self._heard_at = asyncio.get_running_loop().time()
        self._hub.publish(topic, message, keep=topic == STATS)


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until all have ended.

    Once is not enough: under redis-py lies `asyncio.wait_for`, which before Python 3.12 swallows a
    cancellation that meets an answer.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=END_SECONDS)
