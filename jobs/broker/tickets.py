"""Tickets: a row's id in an RQ list, beside the smallest hash that RQ's tools take for a job.

A ticket only says "look at this row". A lost one is rung again by the sweep, a doubled or stale
one is refused by the claim, so nothing here needs to be exact.
"""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from redis.client import Pipeline
from redis.exceptions import RedisError

from jobs.broker.connection import redis

logger = logging.getLogger(__name__)

PREFIX = "task-"
_TICKET = re.compile(PREFIX + "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
#: A forgotten ticket leaves nothing behind for longer than this.
HASH_SECONDS = 7 * 24 * 3600
#: Larger pushes leave the hashes out: 280 bytes a task, for pages that show the first hundred.
HASHED_PUSH_LIMIT = 1000
PUSH_CHUNK = 1000


def ticket(task_id: str) -> str:
    """The RQ job id of a task."""
    return PREFIX + task_id


def task_id_of(job_id: str) -> str | None:
    """The task behind an RQ job id; None for a plain RQ job, and for what only looks like ours."""
    match = _TICKET.fullmatch(job_id)
    return match[1] if match else None


def list_key(queue: str) -> str:
    """The Redis list of a queue, as RQ names it."""
    return f"rq:queue:{queue}"


def hash_key(task_id: str) -> str:
    """The Redis hash of a ticket, as RQ names it."""
    return f"rq:job:{PREFIX}{task_id}"


def ring(places: Sequence[tuple[str, str]], *, at_front: bool = False) -> bool:
    """Push tickets, given as (queue, task id), in order; False when Redis is away.

    Then the rows wait, and the sweep rings for them once Redis is back.
    """
    try:
        push(places, at_front=at_front)
    except RedisError as error:
        logger.warning("Redis is away, %d task(s) wait for the sweep: %s", len(places), error)
        return False
    return True


def push(places: Sequence[tuple[str, str]], *, at_front: bool = False) -> None:
    """Like `ring`, but a Redis that is away raises RedisError."""
    hashed = len(places) <= HASHED_PUSH_LIMIT
    for start in range(0, len(places), PUSH_CHUNK):
        pipe = redis().pipeline(transaction=False)
        chunk = places[start : start + PUSH_CHUNK]
        if hashed:
            describe(pipe, chunk)
        for queue, group in groupby(chunk, key=itemgetter(0)):
            ids = [ticket(task_id) for _, task_id in group]
            pipe.sadd("rq:queues", list_key(queue))
            if at_front:
                pipe.lpush(list_key(queue), *reversed(ids))
            else:
                pipe.rpush(list_key(queue), *ids)
        pipe.execute()


def describe(pipe: Pipeline, places: Sequence[tuple[str, str]], *, status: str = "queued") -> None:
    """Add to a pipeline: the hashes of tickets, given as (queue, task id).

    `status` is RQ's word for where they are.
    """
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for queue, task_id in places:
        key = hash_key(task_id)
        pipe.hset(
            key,
            mapping={
                "data": f'["jobs.broker.stock.refuse",null,["{task_id}"],{{}}]',
                "origin": queue,
                "status": status,
                "created_at": stamp,
                "enqueued_at": stamp,
            },
        )
        pipe.expire(key, HASH_SECONDS)


def drop(pipe: Pipeline, task_ids: Sequence[str]) -> None:
    """Add to a pipeline: forget the hashes of tasks whose tickets are used up."""
    if task_ids:
        pipe.unlink(*[hash_key(task_id) for task_id in task_ids])


def head(queue: str, *, depth: int = 100) -> tuple[int, str | None]:
    """How many tickets wait on a queue, and the first task id among the first `depth` of them."""
    client = redis()
    pipe = client.pipeline(transaction=False)
    pipe.llen(list_key(queue))
    pipe.lrange(list_key(queue), 0, depth - 1)
    length, items = pipe.execute()
    for item in items:
        task_id = task_id_of(item.decode(errors="replace"))
        if task_id is not None:
            return length, task_id
    return length, None
