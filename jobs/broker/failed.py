"""Dead letters in RQ's registry of failed jobs, for tools that look there. Only for eyes."""

import time
from collections.abc import Mapping
from typing import cast

from jobs.broker.connection import redis
from jobs.broker.tickets import task_id_of, ticket

#: RQ forgets an entry past its score.
KEPT_SECONDS = 365 * 24 * 3600


def key(queue: str) -> str:
    """The registry of a queue, as RQ names it."""
    return f"rq:failed:{queue}"


def mirror(queue: str, failed_at: Mapping[str, float]) -> int:
    """Make the registry's tickets be these, task id -> epoch seconds; gives how many changed.

    Plain RQ jobs are left alone. Raises RedisError.
    """
    client = redis()
    there = set(tickets_in(queue))
    pipe = client.pipeline(transaction=False)
    gone = there - failed_at.keys()
    if gone:
        pipe.zrem(key(queue), *[ticket(task_id) for task_id in gone])
    new = failed_at.keys() - there
    if new:
        pipe.zadd(
            key(queue), {ticket(task_id): failed_at[task_id] + KEPT_SECONDS for task_id in new}
        )
        pipe.sadd("rq:queues", f"rq:queue:{queue}")
    if len(pipe):
        pipe.execute()
    return len(gone) + len(new)


def tickets_in(queue: str, start: int = 0, stop: int = -1, *, desc: bool = False) -> list[str]:
    """The task ids among the places `start` to `stop` of a queue's registry. Raises RedisError."""
    client = redis()
    client.zremrangebyscore(key(queue), 0, time.time())
    members = cast(list[bytes], client.zrange(key(queue), start, stop, desc=desc))
    found = (task_id_of(member.decode(errors="replace")) for member in members)
    return [task_id for task_id in found if task_id is not None]


def take_out(queue: str, task_ids: list[str]) -> None:
    """Take tasks out of a queue's registry. Raises RedisError."""
    if task_ids:
        redis().zrem(key(queue), *[ticket(task_id) for task_id in task_ids])
