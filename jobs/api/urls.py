"""Every address of the API, each with and without a trailing slash."""

from collections.abc import Iterable, Iterator

from django.urls import URLPattern, path, re_path
from rest_framework.views import APIView

from jobs.api.actions import Actions
from jobs.api.audit import Audit
from jobs.api.bulk import Bulk
from jobs.api.dead_letter import DeadLetter, DeadLetters, RequeueDeadLetter
from jobs.api.deliveries import Deliveries, ResendDelivery, TestWebhook
from jobs.api.docs import Schema
from jobs.api.failures import (
    AcknowledgeFailure,
    AssignFailure,
    Failures,
    MuteFailure,
    NoteFailure,
    OneFailure,
    ReopenFailure,
    ResolveFailure,
)
from jobs.api.operations import (
    CancelOperation,
    OneOperation,
    OperationResults,
    Operations,
    PauseOperation,
    ResumeOperation,
    UndoOperation,
)
from jobs.api.queues import Lengths, OneQueue, PauseQueue, QueueList, ResumeQueue
from jobs.api.rerun import Rerun
from jobs.api.steering import MoveTask, Reschedule, Restore
from jobs.api.task_types import PauseType, ResumeType, TaskTypeList
from jobs.api.tasks import Cancel, Explain, OneTask, Requeue, Submit, Tasks
from jobs.api.views import UnknownAddress
from jobs.api.webhooks import OneWebhook, RotateSecret, WebhookList
from jobs.api.workers import Health, QuietWorker, ResumeWorker, Stats, StopWorker, WorkerList

app_name = "api"

Calls = Iterable[tuple[str, type[APIView], str]]

#: The busiest first: Django looks them through in order. Those without a name are synonyms.
CALLS: Calls = (
    ("tasks/submit", Submit, "submit"),
    ("tasks", Tasks, "tasks"),
    ("tasks/bulk", Bulk, "bulk"),
    ("tasks/actions", Actions, "actions"),
    ("tasks/dead-letter", DeadLetters, ""),
    ("tasks/dead-letter/<str:task_id>", DeadLetter, ""),
    ("tasks/dead-letter/<str:task_id>/requeue", RequeueDeadLetter, ""),
    ("tasks/<str:task_id>", OneTask, "task"),
    ("tasks/<str:task_id>/cancel", Cancel, "cancel"),
    ("tasks/<str:task_id>/requeue", Requeue, "requeue"),
    ("tasks/<str:task_id>/rerun", Rerun, "rerun"),
    ("tasks/<str:task_id>/reschedule", Reschedule, "reschedule"),
    ("tasks/<str:task_id>/move", MoveTask, "move"),
    ("tasks/<str:task_id>/restore", Restore, "restore"),
    ("tasks/<str:task_id>/explain", Explain, "explain"),
    ("workers/stats", Stats, "workers-stats"),
    ("workers/health", Health, "workers-health"),
    ("workers", WorkerList, "workers"),
    ("workers/<str:name>/quiet", QuietWorker, "worker-quiet"),
    ("workers/<str:name>/stop", StopWorker, "worker-stop"),
    ("workers/<str:name>/resume", ResumeWorker, "worker-resume"),
    ("queues", QueueList, "queues"),
    ("queues/<str:name>", OneQueue, "queue"),
    ("queues/<str:name>/pause", PauseQueue, "queue-pause"),
    ("queues/<str:name>/resume", ResumeQueue, "queue-resume"),
    ("failures", Failures, "failures"),
    ("failures/<str:fingerprint>", OneFailure, "failure"),
    ("failures/<str:fingerprint>/acknowledge", AcknowledgeFailure, "failure-acknowledge"),
    ("failures/<str:fingerprint>/mute", MuteFailure, "failure-mute"),
    ("failures/<str:fingerprint>/resolve", ResolveFailure, "failure-resolve"),
    ("failures/<str:fingerprint>/reopen", ReopenFailure, "failure-reopen"),
    ("failures/<str:fingerprint>/assign", AssignFailure, "failure-assign"),
    ("failures/<str:fingerprint>/note", NoteFailure, "failure-note"),
    ("operations", Operations, "operations"),
    ("operations/<str:operation_id>", OneOperation, "operation"),
    ("operations/<str:operation_id>/pause", PauseOperation, "operation-pause"),
    ("operations/<str:operation_id>/resume", ResumeOperation, "operation-resume"),
    ("operations/<str:operation_id>/cancel", CancelOperation, "operation-cancel"),
    ("operations/<str:operation_id>/undo", UndoOperation, "operation-undo"),
    ("operations/<str:operation_id>/results", OperationResults, "operation-results"),
    ("queue/stats", Lengths, "queue-stats"),
    ("task-types", TaskTypeList, "task-types"),
    ("task-types/<str:name>/pause", PauseType, "task-type-pause"),
    ("task-types/<str:name>/resume", ResumeType, "task-type-resume"),
    ("dead-letter", DeadLetters, "dead-letter"),
    ("dead-letter/<str:task_id>", DeadLetter, "dead-letter-task"),
    ("dead-letter/<str:task_id>/requeue", RequeueDeadLetter, "dead-letter-requeue"),
    ("audit", Audit, "audit"),
    ("webhooks", WebhookList, "webhooks"),
    ("webhooks/<str:webhook_id>", OneWebhook, "webhook"),
    ("webhooks/<str:webhook_id>/rotate", RotateSecret, "webhook-rotate"),
    ("webhooks/<str:webhook_id>/test", TestWebhook, "webhook-test"),
    ("webhooks/<str:webhook_id>/deliveries", Deliveries, "webhook-deliveries"),
    (
        "webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/resend",
        ResendDelivery,
        "webhook-resend",
    ),
    ("schema", Schema, "schema"),
    ("queue/dead-letter", DeadLetters, ""),
    ("queue/dead-letter/<str:task_id>", DeadLetter, ""),
    ("queue/dead-letter/<str:task_id>/requeue", RequeueDeadLetter, ""),
)


def addresses(calls: Calls) -> Iterator[URLPattern]:
    """Each call's address, with and without a trailing slash."""
    for route, view, name in calls:
        silent = view.as_view(schema=None)  # a synonym, which the schema need not tell again
        yield path(route, view.as_view() if name else silent, name=name or None)
        yield path(f"{route}/", silent)


urlpatterns = [*addresses(CALLS), re_path("", UnknownAddress.as_view())]
