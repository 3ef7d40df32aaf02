"""The TASKS backend: Django's door to the same services that all others use."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, cast

from django.db.models import Prefetch
from pydantic_core import to_jsonable_python

from jobs.compat import (
    AnyTaskResult,
    BaseTaskBackend,
    InvalidTask,
    Task,
    TaskError,
    TaskResult,
    TaskResultDoesNotExist,
    TaskResultStatus,
    task_enqueued,
)
from jobs.domain.registry import TaskType, registry
from jobs.domain.states import State
from jobs.exceptions import Revoked
from jobs.models import Attempt
from jobs.models import Task as Row
from jobs.services.enqueue import enqueue_many, enqueue_or_find

P = ParamSpec("P")
R = TypeVar("R")

#: Django has four words where we have eight.
STATUSES = {
    State.SCHEDULED: TaskResultStatus.READY,
    State.BLOCKED: TaskResultStatus.READY,
    State.PENDING: TaskResultStatus.READY,
    State.RETRY: TaskResultStatus.READY,
    State.STARTED: TaskResultStatus.RUNNING,
    State.SUCCESS: TaskResultStatus.SUCCESSFUL,
    State.FAILURE: TaskResultStatus.FAILED,
    State.REVOKED: TaskResultStatus.FAILED,
}


class TaskBackend(BaseTaskBackend):
    """Enqueues into rows, reads results from rows."""

    task_class = TaskType
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    #: By bands, for task types that name no queue: above 0 is `high`, below 0 is `low`.
    supports_priority = True

    def validate_task(self, task: Task[..., Any]) -> None:
        """Raise InvalidTask unless this backend can run it."""
        super().validate_task(task)
        if not isinstance(task, TaskType):
            raise InvalidTask(
                f"{task.module_path} was declared for another backend: declare it for "
                f"{self.alias!r}, as using(backend=…) cannot add what that one left out."
            )
        if self.queues and task.queue not in self.queues:
            raise InvalidTask(
                f"Priority {task.priority} stands for queue {task.queue!r}, which is not one of "
                f"this backend's: {', '.join(sorted(self.queues))}."
            )

    def enqueue(
        self, task: Task[P, R], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> "TaskResult[P, R]":
        """Write one task, or find the open one with its `unique_key`.

        Raises InvalidTask, and as `jobs.services.enqueue.enqueue` does.
        """
        task_type = self._checked(task)
        row, is_new = enqueue_or_find(
            task_type=task_type,
            args=args,
            kwargs=kwargs,
            queue=task_type.queue,
            run_after=task_type.run_after,
            expires_at=task_type.expires_at,
        )
        if not is_new:
            return cast("TaskResult[P, R]", self.get_result(str(row.pk)))
        result = self._result(
            task, row, [], args=to_jsonable_python(args), kwargs=to_jsonable_python(kwargs)
        )
        task_enqueued.send(type(self), task_result=result)
        return result

    def enqueue_many(
        self, task: Task[..., Any], calls: Iterable[tuple[Sequence[Any], Mapping[str, Any]]]
    ) -> list[str]:
        """Write a task for each call, all or none; gives their ids. Raises as `enqueue` does."""
        task_type = self._checked(task)
        return enqueue_many(
            task_type=task_type,
            calls=calls,
            queue=task_type.queue,
            run_after=task_type.run_after,
            expires_at=task_type.expires_at,
        )

    def get_result(self, result_id: str) -> AnyTaskResult:
        """How the task stands now. Raises TaskResultDoesNotExist if there is none of this id."""
        try:
            key = uuid.UUID(str(result_id))
        except ValueError:
            raise TaskResultDoesNotExist(f"{result_id!r} is not the id of a task.") from None
        attempts = Prefetch("attempts", Attempt.objects.order_by("number"))
        row = Row.objects.prefetch_related(attempts).filter(pk=key).first()
        if row is None:
            raise TaskResultDoesNotExist(f"There is no task {key}.")
        task_type = registry.find(row.name)
        if task_type is None:
            raise TaskResultDoesNotExist(
                f"Task {key} is of type {row.name!r}, which this process does not know."
            )
        return self._result(
            task_type, row, list(row.attempts.all()), args=row.args, kwargs=row.kwargs
        )

    def _checked(self, task: Task[..., Any]) -> TaskType[..., Any]:
        self.validate_task(task)
        return cast("TaskType[..., Any]", task)

    def _result(
        self,
        task_type: Task[P, R],
        row: Row,
        attempts: list[Attempt],
        *,
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> "TaskResult[P, R]":
        workers = [attempt.worker for attempt in attempts]
        if row.state == State.STARTED and row.worker:
            workers.append(row.worker)
        started = [attempt.started_at for attempt in attempts if attempt.started_at]
        if row.started_at:
            started.append(row.started_at)
        result: TaskResult[P, R] = TaskResult(
            task=task_type,
            id=str(row.pk),
            status=STATUSES[State(row.state)],
            enqueued_at=row.created_at,
            started_at=min(started, default=None),
            last_attempted_at=max(started, default=None),
            finished_at=row.finished_at,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=_errors(row, attempts),
            worker_ids=workers,
        )
        if row.state == State.SUCCESS:
            object.__setattr__(result, "_return_value", row.result)
        return result


def _errors(row: Row, attempts: list[Attempt]) -> list[TaskError]:
    errors = [
        TaskError(
            exception_class_path=attempt.exception, traceback=attempt.traceback or attempt.error
        )
        for attempt in attempts
        if attempt.exception
    ]
    if row.state == State.REVOKED:
        path = f"{Revoked.__module__}.{Revoked.__qualname__}"
        errors.append(TaskError(exception_class_path=path, traceback=str(Revoked(task_id=row.pk))))
    return errors
