"""Huey on Redis."""

import os

from huey import RedisHuey

from benchmarks.peers import marks

huey = RedisHuey("peer", url=os.environ["REDIS_URL"])


@huey.task()
def mark() -> None:
    """The work."""
    marks.mark()


def enqueue() -> None:
    """One call."""
    mark()
