"""What the maintenance has done, counted in Redis: for people who look, not for correctness."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.exceptions import RedisError

from jobs.broker.connection import redis

KEY = "taskqueue:maintenance"
_LAST = ":last"
_SINCE = "since"


@dataclass(frozen=True, slots=True)
class Counter:
    """How often something was done since counting began, and when last."""

    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Counters:
    """By name; `since` is None while nothing was counted, or Redis is away."""

    since: datetime | None
    found: Mapping[str, Counter]


def count(**done: int) -> None:
    """Add what one round has done; nothing is sent when that is nothing. Raises RedisError."""
    if not any(done.values()):
        return
    now = time.time()
    pipe = redis().pipeline(transaction=False)
    pipe.hsetnx(KEY, _SINCE, now)
    for name, number in done.items():
        if number:
            pipe.hincrby(KEY, name, number)
            pipe.hset(KEY, f"{name}{_LAST}", now)
    pipe.execute()


def counters() -> Counters:
    """What was counted; a Redis that comes back empty begins anew."""
    try:
        told = {_text(key): _text(value) for key, value in redis().hgetall(KEY).items()}
    except RedisError:
        told = {}
    found = {
        name: Counter(int(value), _moment(told[f"{name}{_LAST}"]))
        for name, value in told.items()
        if f"{name}{_LAST}" in told
    }
    return Counters(_moment(told[_SINCE]) if _SINCE in told else None, found)


def _text(given: bytes | str) -> str:
    return given.decode() if isinstance(given, bytes) else given


def _moment(epoch_seconds: str) -> datetime:
    return datetime.fromtimestamp(float(epoch_seconds), UTC)
