"""The worker: a supervisor that watches and a horse that works."""

from jobs.worker.worker import TaskWorker

__all__ = ["TaskWorker"]
