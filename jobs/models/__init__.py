"""What is kept: tasks and what belongs to them, leases, counts, failures, keys, webhooks."""

from jobs.models.attempt import Attempt
from jobs.models.audit import AuditEntry
from jobs.models.dependency import Dependency
from jobs.models.event import Event
from jobs.models.failure import Failure, FailureChange, FailureCount
from jobs.models.idempotency import IdempotencyKey
from jobs.models.live_log import LiveLog
from jobs.models.operation import Operation, OperationResult
from jobs.models.pages import System, TaskTypes
from jobs.models.pause import Pause, PauseQuerySet, QueuePause, TypePause
from jobs.models.release import Release
from jobs.models.rollup import Rollup
from jobs.models.tag import TaskTag
from jobs.models.task import Task
from jobs.models.token import ApiToken
from jobs.models.webhook import Webhook, WebhookDelivery
from jobs.models.worker import LostWorker, WorkerLease

__all__ = [
    "ApiToken",
    "Attempt",
    "AuditEntry",
    "Dependency",
    "Event",
    "Failure",
    "FailureChange",
    "FailureCount",
    "IdempotencyKey",
    "LiveLog",
    "LostWorker",
    "Operation",
    "OperationResult",
    "Pause",
    "PauseQuerySet",
    "QueuePause",
    "Release",
    "Rollup",
    "System",
    "Task",
    "TaskTag",
    "TaskTypes",
    "TypePause",
    "Webhook",
    "WebhookDelivery",
    "WorkerLease",
]
