"""News of changed rows, told only while somebody watches.

The message is a JSON list of `[task_id, state]`; `PROGRESS` stands in the state's place when only
the progress moved. Watchers re-read the rows: a lost message costs freshness, never truth.
"""

import time
from collections.abc import Sequence

import orjson
from redis.asyncio import Redis as AsyncRedis
from redis.client import Pipeline
from redis.exceptions import RedisError

from jobs.broker.connection import redis

CHANNEL = "taskqueue:changes"
WATCHED_KEY = "taskqueue:watched"
#: A watcher that goes away without a word is forgotten after this.
WATCHED_SECONDS = 5
PROGRESS = "PROGRESS"
#: Beyond this many rows a message would only say "a lot": watchers re-read their lists anyway.
MOST_PER_MESSAGE = 500


class _Watch:
    """What this process last heard of watchers; asked at most once a second."""

    watched = False
    asked_at = float("-inf")


def is_watched(*, now: float | None = None) -> bool:
    """Whether somebody watches, as of at most a second ago. False when Redis is away."""
    moment = time.monotonic() if now is None else now
    if moment - _Watch.asked_at >= 1.0:
        _Watch.asked_at = moment
        try:
            _Watch.watched = bool(redis().exists(WATCHED_KEY))
        except RedisError:
            _Watch.watched = False
    return _Watch.watched


def message(changes: Sequence[tuple[str, str]]) -> bytes:
    """The wire form of (task id, state) pairs."""
    return orjson.dumps(changes)


def tell(changes: Sequence[tuple[str, str]]) -> None:
    """Publish (task id, state) pairs, if somebody watches; a Redis that is away is not an error."""
    if changes and is_watched():
        try:
            redis().publish(CHANNEL, message(changes))
        except RedisError:
            _Watch.watched = False


def tell_in(pipe: Pipeline, changes: Sequence[tuple[str, str]]) -> None:
    """Add the news to a pipeline that is sent anyway."""
    if changes:
        pipe.publish(CHANNEL, message(changes))


async def mark_watched(client: "AsyncRedis") -> None:
    """Keep the tellers telling for another `WATCHED_SECONDS`; watchers call it each second."""
    await client.set(WATCHED_KEY, 1, ex=WATCHED_SECONDS)
