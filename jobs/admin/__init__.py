"""The operators' pages in the Django admin: importing this package registers them."""

from jobs.admin import (
    failure,
    operation,
    queue,
    rollup,
    rq_pages,
    system,
    task,
    task_types,
    token,
    webhook,
    worker,
)

__all__ = [
    "failure",
    "operation",
    "queue",
    "rollup",
    "rq_pages",
    "system",
    "task",
    "task_types",
    "token",
    "webhook",
    "worker",
]
