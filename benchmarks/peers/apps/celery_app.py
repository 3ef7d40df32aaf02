"""Celery on Redis, results ignored."""

import os

from celery import Celery

from benchmarks.peers import marks

app = Celery("peer", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True


@app.task
def mark() -> None:
    """The work."""
    marks.mark()


def enqueue() -> None:
    """One call."""
    mark.delay()
