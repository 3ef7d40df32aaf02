"""The watching side of `changes`: an ear at the news, and one elected publisher per cluster."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto

import orjson
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from jobs.broker.changes import CHANNEL, WATCHED_KEY, WATCHED_SECONDS
from jobs.broker.connection import ANSWER_SECONDS, CONNECT_SECONDS

LEADER_KEY = "taskqueue:publisher"
#: A publisher that dies without a word is replaced after this.
LEADER_SECONDS = 3
#: Pause before listening again once Redis has gone away.
RETRY_SECONDS = 0.5

#: What a channel layer, too, raises while Redis is away.
UNREACHABLE = (RedisError, OSError)

ELECT = """
redis.call('SET', KEYS[1], 1, 'EX', ARGV[2])
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
                keys=[WATCHED_KEY, LEADER_KEY], args=[self._token, WATCHED_SECONDS, LEADER_SECONDS]
            )
        except UNREACHABLE:
            return Role.ALONE
        return Role.LEADER if elected else Role.FOLLOWER

    async def listen(self, heard: Callable[[Sequence[tuple[str, str]]], None]) -> None:
        """Hand each message, a list of (task id, state), to `heard`; never returns."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    while True:
                        message = await pubsub.get_message(
                            ignore_subscribe_messages=True, timeout=ANSWER_SECONDS
                        )
                        if message is not None:
                            heard(orjson.loads(message["data"]))
            except UNREACHABLE:
                await asyncio.sleep(RETRY_SECONDS)

    async def close(self) -> None:
        """Make room for the next publisher at once."""
        with suppress(*UNREACHABLE):
            await self._resign(keys=[LEADER_KEY], args=[self._token])
        await self._redis.aclose()
