"""RQ's own lists and registries, where tickets and plain RQ jobs lie side by side."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from redis.exceptions import RedisError
from rq.exceptions import DeserializationError, NoSuchJobError

from jobs.broker.connection import redis
from jobs.broker.tickets import describe, hash_key, list_key, task_id_of, ticket
from jobs.exceptions import TaskQueueError

#: RQ's name of each registry, and the key it keeps it under.
REGISTRIES = {
    "started": "rq:wip:",
    "finished": "rq:finished:",
    "failed": "rq:failed:",
    "deferred": "rq:deferred:",
    "scheduled": "rq:scheduled:",
}


class RedisAway(TaskQueueError):
    """Redis does not answer."""

    code = "redis_away"
    message = "Redis is away: {problem}"


class NoSuchJob(TaskQueueError):
    """RQ no longer knows the job."""

    code = "no_such_job"
    message = "RQ knows no such job: {problem}"


class UnreadableJob(TaskQueueError):
    """RQ reads the job's data with another serialiser than it was written by."""

    code = "unreadable_job"
    message = "RQ cannot read this job's data: {problem}"


@contextmanager
def rq_errors() -> Iterator[None]:
    """Turn the errors of Redis and RQ into ours, for callers that import neither."""
    try:
        yield
    except RedisError as error:
        raise RedisAway(problem=error) from error
    except NoSuchJobError as error:
        raise NoSuchJob(problem=error) from error
    except DeserializationError as error:
        raise UnreadableJob(problem=error) from error


def plain_counts(queue: str) -> dict[str, int]:
    """How many plain RQ jobs each registry of a queue holds, by the registry's name."""
    pipe = redis().pipeline(transaction=False)
    for prefix in REGISTRIES.values():
        pipe.zrange(prefix + queue, 0, -1)
    return {
        name: sum(
            task_id_of(member.decode(errors="replace").partition(":")[0]) is None
            for member in members
        )
        for name, members in zip(REGISTRIES, pipe.execute(), strict=True)
    }


def waiting_on(queue: str, start: int, stop: int) -> list[str]:
    """The task ids among the places `start` to `stop` (inclusive) of a queue's list."""
    places = cast(list[bytes], redis().lrange(list_key(queue), start, stop))
    found = (task_id_of(place.decode(errors="replace")) for place in places)
    return [task_id for task_id in found if task_id is not None]


def make_readable(queue: str, task_ids: Sequence[str], *, status: str = "queued") -> None:
    """Give tickets the hash that RQ's pages want: they throw an id without one off the list.

    `status` is RQ's word for where they are.
    """
    client = redis()
    pipe = client.pipeline(transaction=False)
    for task_id in task_ids:
        pipe.exists(hash_key(task_id))
    bare = [task_id for task_id, found in zip(task_ids, pipe.execute(), strict=True) if not found]
    if bare:
        pipe = client.pipeline(transaction=False)
        describe(pipe, [(queue, task_id) for task_id in bare], status=status)
        pipe.execute()


def forget(queue: str, task_ids: Sequence[str]) -> None:
    """Take tickets off a queue's list and its registry of failures."""
    pipe = redis().pipeline(transaction=False)
    for task_id in task_ids:
        pipe.lrem(list_key(queue), 0, ticket(task_id))
        pipe.zrem(REGISTRIES["failed"] + queue, ticket(task_id))
        pipe.unlink(hash_key(task_id))
    if task_ids:
        pipe.execute()


def is_worker(key: str) -> bool:
    """Whether a key is that of a worker that RQ knows."""
    return key.startswith("rq:worker:") and bool(redis().exists(key))
