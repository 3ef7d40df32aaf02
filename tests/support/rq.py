"""Tickets and plain RQ jobs, and the addresses of django-rq's pages."""

from typing import Any

import django_rq
from redis import Redis

from jobs.broker import tickets
from jobs.models import Task
from tests.support.rows import make_task

HOME = "/admin/django_rq/dashboard/"


#: django-rq numbers the queues by name: default 0, high 1, low 2.
QUEUE = f"{HOME}queues/1/"


def rung(**columns: Any) -> Task:
    """A task on queue high whose ticket lies in Redis."""
    task = make_task(**({"queue": "high"} | columns))
    tickets.push([("high", str(task.pk))])
    return task


def plain(*, fails: bool = False) -> Any:
    """A plain RQ job on queue high; with `fails` it lies in the registry of failures."""
    queue = django_rq.get_queue("high", commit_mode="auto")
    job = queue.enqueue("builtins.len", "abc")
    if fails:
        queue.remove(job)
        queue.failed_job_registry.add(job, ttl=3600)
        job.set_status("failed")
    return job


def line(redis: Redis) -> list[str]:
    return [item.decode() for item in redis.lrange("rq:queue:high", 0, -1)]
