"""RQ as it comes."""

import os

from redis import Redis
from rq import Queue

from benchmarks.peers import marks

queue = Queue(connection=Redis.from_url(os.environ["REDIS_URL"]))


def enqueue() -> None:
    """One call."""
    queue.enqueue(marks.mark)


def enqueue_many(count: int) -> None:
    """Many calls."""
    for start in range(0, count, 1000):
        size = min(1000, count - start)
        queue.enqueue_many([Queue.prepare_data(marks.mark) for _ in range(size)])
