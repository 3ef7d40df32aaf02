"""A task queue for Django: every task is a row, Redis is a doorbell.

Importable before settings are read: nothing here reaches the models.
"""

from jobs.domain.decorator import task
from jobs.domain.outcomes import Discard, Retry, Snooze
from jobs.domain.retries import RetryPolicy
from jobs.domain.running import current_task

__all__ = ["Discard", "Retry", "RetryPolicy", "Snooze", "current_task", "task"]
