"""Reads the rows while somebody watches, and tells every process's hub.

One process of the cluster reads for all. When Redis is away, or the elected one falls silent, each
process reads for its own sockets: the pages depend on the database alone.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from dashboard.hub import Hub
from dashboard.reading import measured
from dashboard.rhythm import Rhythm
from dashboard.snapshot import Fault, lines_of, snapshot
from dashboard.tracker import Tracker
from jobs.broker.watch import UNREACHABLE, Role, Watch

logger = logging.getLogger(__name__)

GROUP = "dashboard"
STATS = "stats"
FEED = "feed"
#: Of a core, what reading may take of a process: the numbers, and the rows that changed.
STATS_SHARE = 0.005
ROWS_SHARE = 0.005
#: A follower that has heard nothing for this many beats reads for itself.
PATIENT_BEATS = 3
KEEP_SECONDS = 1.0
RETRY_SECONDS = 1.0
END_SECONDS = 0.1

#: A topic, and what is told there.
Message = tuple[str, dict[str, Any]]


class Publisher:
    """Runs in each process that has watchers, for as long as it has them."""

    def __init__(self, hub: Hub, tracker: Tracker) -> None:
        self._hub = hub
        self._tracker = tracker
        self._beat_seconds: float = settings.DASHBOARD["BEAT_SECONDS"]
        self._role = Role.ALONE
        self._changed: set[str] = set()
        self._has_moved = False
        self._stats, self._rows = Rhythm(STATS_SHARE), Rhythm(ROWS_SHARE)
        self._beat_at = float("-inf")
        self._last: dict[str, Any] = {}
        self._wake, self._wanted = asyncio.Event(), asyncio.Event()
        self._heard_at = float("-inf")

    async def run(self) -> None:
        """Publish until cancelled; the first time at once, from this process's own reading."""
        watch = Watch()
        news = watch.listen(self._heard, wanted=self._wanted)
        parts = (news, self._relay(), self._keep(watch), self._publish())
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _end(tasks)
            await watch.close()

    def _heard(self, changed: set[str], has_moved: bool) -> None:
        self._changed |= changed
        self._has_moved |= has_moved
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
                        self._deliver((await layer.receive(channel))["messages"])
                finally:
                    await layer.group_discard(GROUP, channel)
            await asyncio.sleep(RETRY_SECONDS)

    async def _publish(self) -> None:
        loop = asyncio.get_running_loop()
        is_first = True
        while True:
            began = loop.time()
            is_beat = is_first or began >= self._beat_at
            changed, self._changed = self._changed, set()
            await self._patiently(self._look(changed, is_beat=is_beat, locally=is_first))
            if is_beat:
                self._beat_at = began + self._beat_seconds
            is_first = False
            self._wanted.clear()
            await asyncio.sleep(self._rows.due_at - loop.time())
            self._wanted.set()
            until = min(self._beat_at, self._stats.due_at) if self._has_moved else self._beat_at
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            self._wake.clear()

    async def _patiently(self, looking: Coroutine[Any, Any, None]) -> None:
        """Look, and say so when the database is away: refusing, or silent."""
        look = asyncio.create_task(looking)
        try:
            while not (await asyncio.wait([look], timeout=PATIENT_BEATS * self._beat_seconds))[0]:
                logger.warning("The live pages stand still, the database does not answer")
                await self._tell_of_database()
            look.result()
        except DatabaseError as error:
            logger.warning("The live pages stand still, the database is away: %s", error)
            await self._tell_of_database()
        finally:
            look.cancel()

    async def _look(self, changed: set[str], *, is_beat: bool, locally: bool) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        messages: list[Message] = []
        cpu_seconds = 0.0
        try:
            cpu_seconds = await self._tracker.look(None if is_beat else changed)
            if locally or not self._is_told_by_another():
                if is_beat or (self._has_moved and began >= self._stats.due_at):
                    messages.append((STATS, await self._snapshot()))
                if changed:
                    lines, seconds = await measured(lines_of, changed)
                    cpu_seconds += seconds
                    told = {"type": "feed", "changed": len(changed), "tasks": lines}
                    messages.append((FEED, told))
        finally:
            self._rows.took(began=began, now=loop.time(), cpu_seconds=cpu_seconds)
        await self._tell(messages, locally=locally)

    async def _snapshot(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._has_moved = False
        message, cpu_seconds = await measured(snapshot)
        self._stats.took(began=began, now=loop.time(), cpu_seconds=cpu_seconds)
        return message

    def _is_told_by_another(self) -> bool:
        """Whether the elected publisher is another process, and was heard lately."""
        silence = asyncio.get_running_loop().time() - self._heard_at
        return self._role is Role.FOLLOWER and silence <= PATIENT_BEATS * self._beat_seconds

    async def _tell_of_database(self) -> None:
        """The last numbers once more, said to be old."""
        if self._last and not self._is_told_by_another():
            await self._tell([(STATS, self._last | {"fault": Fault.DATABASE})], locally=False)

    async def _tell(self, messages: Sequence[Message], *, locally: bool) -> None:
        if not messages:
            return
        if not locally and self._role is Role.LEADER:
            try:
                frame = {"type": "dashboard.messages", "messages": messages}
                await get_channel_layer().group_send(GROUP, frame)
            except UNREACHABLE:
                self._role = Role.ALONE
            else:
                return
        self._deliver(messages)

    def _deliver(self, messages: Sequence[Message]) -> None:
        for topic, message in messages:
            if topic == STATS:
                self._heard_at = asyncio.get_running_loop().time()
                self._last = message
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
