"""What stands in Redis, for people who ask why. Nothing here raises when Redis is away."""

from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError

from jobs.broker import leader
from jobs.broker.connection import redis
from jobs.broker.tickets import list_key, ticket

#: How far into a queue's list is looked for a ticket.
DEPTH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where a task's ticket stands in its queue's list."""

    redis_answers: bool = True
    place: int | None = None
    """How many tickets are before it; None when it is not within sight."""
    is_whole: bool = True
    """Whether the whole list is within sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The Redis server; `fault` is empty when it answers."""

    fault: str = ""
    version: str = ""
    eviction: str = ""
    """Its `maxmemory-policy`; empty where it does not tell."""
    memory_bytes: int = 0
    client_count: int = 0
    up_seconds: int = 0
    persistence: str = ""
    """What of it outlives a restart: `aof`, `rdb`, or nothing."""


def line(queue: str, task_id: str) -> Line:
    """Look for a task's ticket among the first `DEPTH` of its queue."""
    try:
        pipe = redis().pipeline(transaction=False)
        pipe.lpos(list_key(queue), ticket(task_id), maxlen=DEPTH)
        pipe.llen(list_key(queue))
        place, length = pipe.execute()
    except RedisError:
        return Line(redis_answers=False)
    return Line(place=place, is_whole=length <= DEPTH)


def server() -> Server:
    """Ask the server about itself."""
    try:
        info = redis().info()
    except RedisError as error:
        return Server(fault=f"{type(error).__name__}: {error}")
    return Server(
        version=str(info.get("redis_version", "")),
        eviction=str(info.get("maxmemory_policy", "")),
        memory_bytes=int(info.get("used_memory", 0)),
        client_count=int(info.get("connected_clients", 0)),
        up_seconds=int(info.get("uptime_in_seconds", 0)),
        persistence="aof" if info.get("aof_enabled") else "rdb" if info.get("rdb_saves") else "",
    )


def ticket_count(queue: str) -> int | None:
    """How many tickets wait on a queue; None when Redis is away."""
    try:
        return int(redis().llen(list_key(queue)))
    except RedisError:
        return None


def leader_name() -> str | None:
    """Who does the maintenance; None for nobody, or when Redis is away."""
    try:
        return leader.leader()
    except RedisError:
        return None


def leader_since() -> datetime | None:
    """Since when; None when nobody leads or Redis is away."""
    try:
        return leader.since() if leader.leader() else None
    except RedisError:
        return None
