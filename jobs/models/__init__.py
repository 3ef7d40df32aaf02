"""What is kept: tasks, their attempts and events, leases, counts per minute, tokens."""

from jobs.models.attempt import Attempt
from jobs.models.event import Event
from jobs.models.rollup import Rollup
from jobs.models.task import Task
from jobs.models.token import ApiToken
from jobs.models.worker import WorkerLease

__all__ = ["ApiToken", "Attempt", "Event", "Rollup", "Task", "WorkerLease"]
