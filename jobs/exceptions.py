"""The errors that callers of this app may meet: each with a stable code and its facts."""


class TaskQueueError(Exception):
    """Base of all; `code` is stable, `context` holds the facts, `str()` is a sentence."""

    code = "task_queue_error"
    message = "Task queue error."

    def __init__(self, **context: object) -> None:
        self.context = context
        super().__init__(self.message.format(**context))


class TaskNotFound(TaskQueueError):
    """No task has this id."""

    code = "task_not_found"
    message = "There is no task {task_id}."


class UnknownTaskType(TaskQueueError):
    """No function is registered under this name."""

    code = "unknown_task_type"
    message = "There is no task type {name!r}."


class UnknownQueue(TaskQueueError):
    """The queue is not one of those configured."""

    code = "unknown_queue"
    message = "There is no queue {queue!r}: use one of {allowed}."


class InvalidOption(TaskQueueError):
    """An option of a task holds a value that is not allowed."""

    code = "invalid_option"
    message = "{field} is {given!r}: it must be {allowed}."


class InvalidSearch(TaskQueueError):
    """A search cannot be read; `position` is the character, from 1, at which it goes wrong."""

    code = "invalid_search"
    message = "The search goes wrong at character {position}: {problem}"


class PayloadWithheld(TaskQueueError):
    """A search looks into payloads for somebody who may not see them."""

    code = "payload_withheld"
    message = (
        "At character {position} the search looks into payloads: that needs the permission "
        "jobs.view_payload."
    )


class InvalidArguments(TaskQueueError):
    """The arguments do not fit the task type; `errors` has one entry for each fault.

    Each entry is `{"field": "span.end", "message": "…"}`: the path begins with the parameter.
    """

    code = "invalid_arguments"
    message = "The arguments do not fit task type {name!r}: {summary}"

    def __init__(self, *, name: str, errors: list[dict[str, str]]) -> None:
        self.errors = errors
        summary = "; ".join(f"{error['field']}: {error['message']}" for error in errors)
        super().__init__(name=name, summary=summary)


class PayloadError(TaskQueueError):
    """A value cannot be stored as JSON that every layer reads back alike."""

    code = "invalid_payload"
    message = "{problem}"


class PayloadTooLarge(PayloadError):
    """The JSON text of a value is longer than allowed."""

    code = "payload_too_large"
    message = "it is {size} bytes of JSON: at most {limit} are allowed"


class TransitionRefused(TaskQueueError):
    """The task is not in a state that allows the move. Nothing was written."""

    code = "transition_refused"
    message = "Task {task_id} is {state}: it cannot {move}."


class OperationNotFound(TaskQueueError):
    """No operation has this id."""

    code = "operation_not_found"
    message = "There is no operation {operation_id}."


class OperationRefused(TaskQueueError):
    """The operation is not in a state that allows it. Nothing was written."""

    code = "operation_refused"
    message = "Operation {operation_id} is {state}: it cannot {verb}."


class FailureNotFound(TaskQueueError):
    """No failures have this fingerprint."""

    code = "failure_not_found"
    message = "There are no failures {fingerprint!r}."


class WorkerNotFound(TaskQueueError):
    """No worker is registered under this name."""

    code = "worker_not_found"
    message = "There is no worker {worker!r}."


class WorkerRefused(TaskQueueError):
    """The worker is on its way out. Nothing was written."""

    code = "worker_refused"
    message = "Worker {worker!r} is {state}: it cannot be told to {verb}."


class WebhookNotFound(TaskQueueError):
    """No webhook has this id."""

    code = "webhook_not_found"
    message = "There is no webhook {webhook_id}."


class DeliveryNotFound(TaskQueueError):
    """The webhook's log has no delivery with this id, or has it no longer."""

    code = "delivery_not_found"
    message = "Webhook {webhook_id} has no delivery {delivery_id}."


class WebhookDisabled(TaskQueueError):
    """Nothing can be sent: the webhook is disabled."""

    code = "webhook_disabled"
    message = "Webhook {webhook_id} is disabled: enable it first."


class UniqueKeyTaken(TransitionRefused):
    """The task may not open again: another one of its type with its key is open."""

    code = "unique_key_taken"
    message = (
        "Task {task_id} is {state}: it cannot {move}, as task {holder} is open with the same "
        "unique_key {unique_key!r}."
    )


class DependencyFailed(TransitionRefused):
    """The task may not open again: what it depends on failed."""

    code = "dependency_failed"
    message = (
        "Task {task_id} is {state}: it cannot {move}, as it depends on task {dependency}, which is "
        "{dependency_state}: requeue that first."
    )


class IdempotencyKeyReused(TaskQueueError):
    """The caller used this Idempotency-Key for another request. Nothing was written."""

    code = "idempotency_key_reused"
    message = "The Idempotency-Key {key!r} was used with another body before: use a new one."


class DuplicateTaskName(TaskQueueError):
    """Two functions claim one name."""

    code = "duplicate_task_name"
    message = "Two task types are named {name!r}: {first} and {second}. Give one of them a name."


class InvalidTaskType(TaskQueueError):
    """A function cannot be a task type as it stands."""

    code = "invalid_task_type"
    message = "Task type {name!r}: {problem}"


class NotInTask(TaskQueueError):
    """`current_task()` was called where no task runs."""

    code = "not_in_task"
    message = (
        "No task runs here: current_task() works inside a task's function, and in what it calls "
        "through asyncio, but not in threads that it starts by itself."
    )


class Revoked(TaskQueueError):
    """Names, in a result of Django's, why a task without a result counts as failed."""

    code = "revoked"
    message = "Task {task_id} was revoked."
