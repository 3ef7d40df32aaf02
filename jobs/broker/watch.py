"""The watching side of `changes`: who reads the news, and one elected publisher per cluster."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from jobs.broker.changes import MOVED, STREAM, WATCHED_KEY, WATCHED_SECONDS
from jobs.broker.connection import ANSWER_SECONDS, CONNECT_SECONDS

LEADER_KEY = "taskqueue:publisher"
#: A publisher that dies without a word is replaced after this.
LEADER_SECONDS = 3
#: Pause before listening again once Redis has gone away.
RETRY_SECONDS = 0.5
BLOCK_MS = int(ANSWER_SECONDS * 500)
#: The stream outlives a watcher that goes away without a word by this.
STREAM_SECONDS = 2 * WATCHED_SECONDS

#: What a channel layer, too, raises while Redis is away.
UNREACHABLE = (RedisError, OSError)

ELECT = """
redis.call('SET', KEYS[1], 1, 'EX', ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[4])
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[3])
return 1
"""
RESIGN = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class Role(Enum):
    """What a watching process is to do."""

    LEADER = auto()
    """Publish to every process."""
    FOLLOWER = auto()
    """Another process publishes."""
    ALONE = auto()
    """Redis is away: serve the own watchers."""


class Watch:
    """One watching process. Must be used and closed inside one event loop."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)
        self._redis = Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._elect = self._redis.register_script(ELECT)
        self._resign = self._redis.register_script(RESIGN)

    async def keep(self) -> Role:
        """Keep the tellers telling and stand for election; to be called each second."""
        try:
            elected = await self._elect(
                keys=[WATCHED_KEY, LEADER_KEY, STREAM],
                args=[self._token, WATCHED_SECONDS, LEADER_SECONDS, STREAM_SECONDS],
            )
        except UNREACHABLE:
            return Role.ALONE
        return Role.LEADER if elected else Role.FOLLOWER

    async def listen(
        self, heard: Callable[[set[str], bool], None], *, wanted: asyncio.Event
    ) -> None:
        """Hand on which tasks changed, and whether more than their progress did; never returns.

        While news are not `wanted` they gather: to read them costs the same for a hundred entries
        as for one.
        """
        while True:
            try:
                latest = await self._redis.xrevrange(STREAM, count=1)
                place = latest[0][0] if latest else "0"
                while True:
                    await wanted.wait()
                    place = await self._read(place, heard)
            except UNREACHABLE:
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, place: Any, heard: Callable[[set[str], bool], None]) -> Any:
        """Wait for entries behind a place, and give the place behind them."""
        found: Any = await self._redis.xread({STREAM: place}, block=BLOCK_MS)
        entries = [entry for _, entries in found for entry in entries]
        if entries:
            fields = [field for _, entry in entries for field in entry.items()]
            changed = {task_id for _, ids in fields for task_id in ids.decode().split(",")}
            heard(changed, any(name == MOVED.encode() for name, _ in fields))
            place = entries[-1][0]
        return place

    async def close(self) -> None:
        """Make room for the next publisher at once."""
        with suppress(*UNREACHABLE):
            await self._resign(keys=[LEADER_KEY], args=[self._token])
        await self._redis.aclose()
