"""Dramatiq on Redis."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers import marks

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))


@dramatiq.actor
def mark() -> None:
    """The work."""
    marks.mark()


def enqueue() -> None:
    """One call."""
    mark.send()
