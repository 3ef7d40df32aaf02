"""The key that says which live process does the maintenance.

Only a saving: every maintenance service is idempotent, so two leaders do no harm.
"""

import time
from datetime import UTC, datetime

from redis.exceptions import RedisError

from jobs.broker.connection import redis

KEY = "taskqueue:leader"
SINCE_KEY = "taskqueue:leader:since"
#: A leader that goes silent is replaced after this.
LEADER_SECONDS = 3


def lead(name: str) -> bool:
    """Whether `name` leads for the next `LEADER_SECONDS`; False when Redis is away."""
    try:
        client = redis()
        if client.set(KEY, name, nx=True, ex=LEADER_SECONDS):
            client.set(SINCE_KEY, time.time())
            return True
        if client.get(KEY) != name.encode():
            return False
        return bool(client.expire(KEY, LEADER_SECONDS))
    except RedisError:
        return False


def leader() -> str | None:
    """Who leads; None for nobody. Raises RedisError."""
    name = redis().get(KEY)
    return name.decode() if isinstance(name, bytes) else None


def since() -> datetime | None:
    """Since when whoever leads does so; None for nobody knows. Raises RedisError."""
    moment = redis().get(SINCE_KEY)
    return datetime.fromtimestamp(float(moment), UTC) if isinstance(moment, bytes) else None


def resign(name: str) -> None:
    """Let another lead at once, if `name` leads."""
    try:
        if redis().get(KEY) == name.encode():
            redis().delete(KEY)
    except RedisError:
        return
