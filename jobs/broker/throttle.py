"""Who called how often, counted in Redis for all web processes together."""

import time

from redis import Redis
from redis.exceptions import RedisError

from jobs.broker.connection import redis
from jobs.domain.rates import Rate

#: A Redis that did not answer is left alone so long: no caller waits for it on every call.
AWAY_SECONDS = 5.0


class _Away:
    """The client that got no answer, and until when it is left alone, on the monotonic clock."""

    client: Redis | None = None
    until = 0.0


def seconds_to_wait(caller: str, rate: Rate, *, now: float | None = None) -> float:
    """Count one call; 0 when it is within the rate, else the seconds until the next window.

    Windows are fixed, counted from the epoch. While Redis is away everything is allowed.
    """
    client = redis()
    if client is _Away.client and time.monotonic() < _Away.until:
        return 0.0
    moment = time.time() if now is None else now
    window = int(moment // rate.window_seconds)
    key = f"taskqueue:throttle:{caller}:{window}"
    pipe = client.pipeline(transaction=False)
    pipe.incr(key)
    pipe.expire(key, 2 * rate.window_seconds, nx=True)
    try:
        count, _ = pipe.execute()
    except RedisError:
        _Away.client, _Away.until = client, time.monotonic() + AWAY_SECONDS
        return 0.0
    return 0.0 if count <= rate.count else (window + 1) * rate.window_seconds - moment
