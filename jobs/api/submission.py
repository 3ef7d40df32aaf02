"""From a submitted form to the row it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from jobs.api.forms import CallForm, SubmitForm, read
from jobs.api.problems import FieldError, InvalidInput
from jobs.domain.options import CallOptions
from jobs.domain.registry import TaskType, registry
from jobs.domain.states import State
from jobs.domain.wording import in_utc
from jobs.models import Task

#: Fields that mean the same, or decide the same.
EXCLUSIVE = (
    ("task_type", "name", "type"),
    ("kwargs", "payload", "data"),
    ("args", "data"),
    ("priority", "queue"),
    ("delay_seconds", "run_after"),
)
PRIORITIES = {"normal": "default"}
MISSING_TYPE: FieldError = {"field": "task_type", "message": "is missing"}


@dataclass(frozen=True, slots=True)
class Submission:
    """One call as `services.enqueue` takes it."""

    task_type: TaskType[..., Any]
    args: list[Any]
    kwargs: Mapping[str, Any]
    options: CallOptions


def submission_of(body: object, *, actor: str) -> Submission:
    """What a body asks for.

    Raises:
        InvalidInput: fields are unknown, of the wrong kind, or exclude each other.
        UnknownTaskType: there is no such type.
    """
    form = read(SubmitForm, body)
    name = form.task_type or form.name or form.type
    check_exclusive(form, *([] if name else [MISSING_TYPE]))
    args, kwargs = arguments_of(form)
    return Submission(
        task_type=registry.get_offered(name or ""),
        args=args or [],
        kwargs=kwargs or {},
        options=options_of(form, actor=actor) | CallOptions(unique_key=form.unique_key),
    )


def check_exclusive(form: CallForm, *faults: FieldError) -> None:
    """Raise InvalidInput for the faults, and for fields given together that exclude each other."""
    given = form.model_fields_set
    found = [fault for names in EXCLUSIVE if (fault := _both(names, given))] + [*faults]
    if found:
        raise InvalidInput(found)


def arguments_of(form: CallForm) -> tuple[list[Any] | None, Mapping[str, Any] | None]:
    """The positional and the named arguments, None for what is not given."""
    if "data" in form.model_fields_set:
        return None, {"data": form.data}
    return form.args, form.payload if form.kwargs is None else form.kwargs


def options_of(form: CallForm, *, actor: str) -> CallOptions:
    """The options, None for what is not given."""
    run_after = form.run_after
    if form.delay_seconds:
        run_after = timezone.now() + timedelta(seconds=form.delay_seconds)
    return CallOptions(
        queue=form.queue or PRIORITIES.get(form.priority or "", form.priority),
        max_retries=form.max_retries,
        timeout_seconds=form.timeout_seconds,
        run_after=run_after,
        expires_at=form.expires_at,
        tags=form.tags,
        depends_on=form.depends_on,
        submitted_by=actor,
    )


def accepted(task: Task, *, is_new: bool = True) -> dict[str, Any]:
    """The answer to a task that was written, or found by its `unique_key`."""
    if not is_new:
        done = f"with this unique_key is there already: it is {task.state} on {task.queue!r} queue"
    elif task.state == State.BLOCKED:
        done = f"waits for the tasks it depends on, and then on {task.queue!r} queue"
    elif task.state == State.SCHEDULED:
        done = f"scheduled on {task.queue!r} queue for {in_utc(task.run_after)}"
    else:
        done = f"queued on {task.queue!r} queue"
    answer = {
        "task_id": str(task.pk),
        "status": str(task.state),
        "priority": task.queue,
        "message": f"Task {task.name!r} {done}.",
        "max_retries": task.max_retries,
    }
    return answer if is_new else answer | {"existing": True}


def _both(names: tuple[str, ...], given: set[str]) -> FieldError | None:
    both = [name for name in names if name in given]
    if len(both) < 2:
        return None
    return {"field": both[1], "message": f"excludes {both[0]!r}: give one of {', '.join(names)}"}
