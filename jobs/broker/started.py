"""Tasks that run for long, told to RQ's tools: its registry of started jobs, and their executions.

Only for eyes: no worker reads it. RQ itself acts on an entry past its score, so that lies far
ahead; who announced it, or who buries its worker, withdraws it.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from redis.client import Pipeline
from redis.exceptions import RedisError

from jobs.broker.connection import redis
from jobs.broker.tickets import describe, hash_key, task_id_of, ticket

#: An announcement that nobody withdraws or renews is forgotten after this.
ANNOUNCED_SECONDS = 3600

#: A hash that says otherwise is that of a new ticket.
_FORGET = (
    "if redis.call('HGET', KEYS[1], 'status') == 'started' then redis.call('DEL', KEYS[1]) end"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """One running task."""

    task_id: str
    fence: int
    queue: str
    name: str
    started_at: datetime


def announce(pipe: Pipeline, tasks: Iterable[Announced], *, worker: str) -> None:
    """Add to a pipeline: these tasks run on `worker`."""
    moment = time.time()
    for task in tasks:
        describe(pipe, [(task.queue, task.task_id)], status="started")
        stamp = task.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        says: dict[Any, Any] = {
            "started_at": stamp,
            "last_heartbeat": stamp,
            "worker_name": worker,
            "description": task.name,
        }
        pipe.hset(hash_key(task.task_id), mapping=says)
        job, execution = ticket(task.task_id), str(task.fence)
        place = f"rq:execution:{job}:{execution}"
        began = task.started_at.timestamp()
        pipe.hset(
            place,
            mapping={
                "id": execution,
                "created_at": began,
                "last_heartbeat": moment,
                "worker_name": worker,
            },
        )
        pipe.expire(place, ANNOUNCED_SECONDS)
        pipe.zadd(f"rq:executions:{job}", {execution: moment + ANNOUNCED_SECONDS})
        pipe.expire(f"rq:executions:{job}", ANNOUNCED_SECONDS)
        pipe.zadd(f"rq:wip:{task.queue}", {f"{job}:{execution}": moment + ANNOUNCED_SECONDS})


def withdraw(pipe: Pipeline, places: Iterable[tuple[str, str, int]]) -> None:
    """Add to a pipeline: these, given as (queue, task id, fence), run no more."""
    for queue, task_id, fence in places:
        job = ticket(task_id)
        pipe.zrem(f"rq:wip:{queue}", f"{job}:{fence}")
        pipe.unlink(f"rq:execution:{job}:{fence}", f"rq:executions:{job}")
        pipe.eval(_FORGET, 1, hash_key(task_id))


def announced_on(queue: str) -> list[str]:
    """The task ids in a queue's registry of started jobs. Raises RedisError."""
    members = cast(list[bytes], redis().zrange(f"rq:wip:{queue}", 0, -1))
    jobs = (member.decode(errors="replace").partition(":")[0] for member in members)
    return [task_id for job in jobs if (task_id := task_id_of(job)) is not None]


def withdraw_now(places: Iterable[tuple[str, str, int]]) -> None:
    """The same at once; while Redis is away the announcements are left to expire."""
    pipe: Any = redis().pipeline(transaction=False)
    withdraw(pipe, places)
    try:
        pipe.execute()
    except RedisError:
        return
