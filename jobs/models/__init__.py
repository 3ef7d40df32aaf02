"""What is kept: tasks, their attempts and events, the workers' leases, and counts per minute."""

from jobs.models.attempt import Attempt
from jobs.models.event import Event
from jobs.models.rollup import Rollup
from jobs.models.task import Task
from jobs.models.worker import WorkerLease

__all__ = ["Attempt", "Event", "Rollup", "Task", "WorkerLease"]
