"""The operators' pages in the Django admin: importing this package registers them."""

from jobs.admin import (
    audit,
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
    "audit",
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
