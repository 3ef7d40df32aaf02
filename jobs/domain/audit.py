"""What is kept of an operator's deeds, as data: the doors they come by and the verbs there are."""

from enum import StrEnum


class Door(StrEnum):
    """Where a deed came in."""

    ADMIN = "admin"
    API = "api"
    DASHBOARD = "dashboard"
    COMMAND = "command"
    """`manage.py`, on a machine of this site."""
    SYSTEM = "system"
    """None of them: the queue's own doing, or code of this site."""


class Verb(StrEnum):
    """What was done, and before the dot to what."""

    TASK_SUBMIT = "task.submit"
    """By hand: what programs submit is no operator's deed."""
    TASK_CANCEL = "task.cancel"
    TASK_REQUEUE = "task.requeue"
    TASK_RERUN = "task.rerun"
    TASK_DISCARD = "task.discard"
    TASK_RESTORE = "task.restore"
    TASK_RESCHEDULE = "task.reschedule"
    TASK_MOVE = "task.move"
    TASK_EXPORT = "task.export"
    QUEUE_PAUSE = "queue.pause"
    QUEUE_RESUME = "queue.resume"
    QUEUE_EMPTY = "queue.empty"
    QUEUE_REQUEUE_FAILED = "queue.requeue_failed"
    QUEUE_CLEAR_FAILED = "queue.clear_failed"
    TYPE_PAUSE = "type.pause"
    TYPE_RESUME = "type.resume"
    WORKER_QUIET = "worker.quiet"
    WORKER_STOP = "worker.stop"
    WORKER_WORK = "worker.work"
    FAILURE_ACKNOWLEDGE = "failure.acknowledge"
    FAILURE_MUTE = "failure.mute"
    FAILURE_RESOLVE = "failure.resolve"
    FAILURE_REOPEN = "failure.reopen"
    FAILURE_ASSIGN = "failure.assign"
    FAILURE_NOTE = "failure.note"
    OPERATION_BEGIN = "operation.begin"
    OPERATION_PAUSE = "operation.pause"
    OPERATION_RESUME = "operation.resume"
    OPERATION_CANCEL = "operation.cancel"
    OPERATION_UNDO = "operation.undo"
    RQ_JOB_DELETE = "rq_job.delete"
    RQ_JOB_REQUEUE = "rq_job.requeue"
    RQ_JOB_ENQUEUE = "rq_job.enqueue"
    RQ_JOB_STOP = "rq_job.stop"
    TOKEN_CREATE = "token.create"  # noqa: S105 - a verb
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 - a verb
    WEBHOOK_CREATE = "webhook.create"
    WEBHOOK_CHANGE = "webhook.change"
    WEBHOOK_ROTATE = "webhook.rotate"
    WEBHOOK_ENABLE = "webhook.enable"
    WEBHOOK_DISABLE = "webhook.disable"
    WEBHOOK_REMOVE = "webhook.remove"
    WEBHOOK_TEST = "webhook.test"
    WEBHOOK_RESEND = "webhook.resend"

    @property
    def subject(self) -> str:
        """The kind of thing it is done to."""
        return self.value.partition(".")[0]


SUBJECTS = tuple(dict.fromkeys(verb.subject for verb in Verb))
