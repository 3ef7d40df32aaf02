"""The operators' pages in the Django admin: importing this package registers them."""

from jobs.admin import audit, operation, queue, rollup, rq_pages, task, token, webhook, worker

__all__ = [
    "audit",
    "operation",
    "queue",
    "rollup",
    "rq_pages",
    "task",
    "token",
    "webhook",
    "worker",
]
