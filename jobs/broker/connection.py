"""The one Redis client of a process."""

import functools
from types import MappingProxyType

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError
from redis.retry import Retry

#: What any command may raise while Redis is away.
BrokerAway = RedisError
#: A doorbell that does not answer must not hold up its caller: the row is already committed.
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
#: One repetition, at once: it mends the connection that a restarted Redis left behind. Not after a
#: silence, and never redis-py's ten with growing pauses: they would hold a caller for a minute.
CLIENT_OPTIONS = MappingProxyType(
    {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
    }
)


@functools.cache
def redis() -> Redis:
    """A cached client for short commands; its pool notices a fork by itself."""
    return Redis.from_url(settings.REDIS_URL, **CLIENT_OPTIONS)


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
