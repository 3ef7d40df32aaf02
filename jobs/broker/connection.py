"""The one Redis client of a process."""

import functools

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

#: What any command may raise while Redis is away.
BrokerAway = RedisError
#: A doorbell that does not answer must not hold up its caller: the row is already committed.
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0


@functools.cache
def redis() -> Redis:
    """A cached client for short commands; its pool notices a fork by itself.

    One repetition, at once: it mends the connection that a restarted Redis left behind.
    """
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def redis_fault() -> str:
    """Why Redis does not answer, in a few words; empty when it does."""
    try:
        redis().ping()
    except RedisError as error:
        return type(error).__name__
    return ""


def queue_names() -> tuple[str, ...]:
    """The queues of this project, the most urgent first."""
    return tuple(settings.RQ_QUEUES)
