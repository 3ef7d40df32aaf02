"""The operators' pages in the Django admin: importing this package registers them."""

from jobs.admin import rollup, rq_pages, task, token, worker

__all__ = ["rollup", "rq_pages", "task", "token", "worker"]
