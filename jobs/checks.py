"""What `manage.py check`, and so every start, refuses."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.management import get_commands

from jobs.backend import TaskBackend
from jobs.broker.connection import queue_names
from jobs.compat import InvalidTask, InvalidTaskBackend, task_backends
from jobs.conf import get_conf
from jobs.domain.arguments import LooseArguments, TypedArguments
from jobs.domain.registry import TaskType, registry
from jobs.exceptions import InvalidTaskType

#: What a process without pages checks at its start.
TAG = "task_queue"


@register(TAG)
def check_command(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """`manage.py rqworker` is ours."""
    owner = get_commands().get("rqworker")
    if owner == "jobs":
        return []
    return [
        Error(
            f"manage.py rqworker comes from {owner!r}: workers would not know --threads.",
            hint="List 'jobs' before 'django_rq' in INSTALLED_APPS.",
            id="jobs.E002",
        )
    ]


@register(TAG)
def check_webhooks_queue(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """Webhooks are delivered on a queue that there is."""
    queue = get_conf().webhooks_queue
    if queue in queue_names():
        return []
    return [
        Error(
            f"JOBS['WEBHOOKS_QUEUE'] is {queue!r}: it must be one of {', '.join(queue_names())}.",
            id="jobs.E005",
        )
    ]


@register(TAG)
def check_task_types(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """Every task type can be enqueued into rows, and its arguments can be checked and stored."""
    return [
        message
        for task_type in registry.all()
        for check in (_check_backend, _check_arguments)
        for message in check(task_type)
    ]


def _check_backend(task_type: TaskType[..., Any]) -> Iterator[CheckMessage]:
    try:
        backend = task_backends[task_type.backend]
        if not isinstance(backend, TaskBackend):
            kind = f"{type(backend).__module__}.{type(backend).__qualname__}"
            yield Error(
                f"Task type {task_type.name!r} goes to TASKS[{task_type.backend!r}], which is "
                f"{kind}: enqueue() would write no row.",
                hint=f"Set TASKS[{task_type.backend!r}]['BACKEND'] to 'jobs.backend.TaskBackend'.",
                id="jobs.E001",
            )
            return
        backend.validate_task(task_type)
    except (InvalidTask, InvalidTaskBackend) as error:
        yield Error(f"Task type {task_type.name!r}: {error}", id="jobs.E001")


def _check_arguments(task_type: TaskType[..., Any]) -> Iterator[CheckMessage]:
    try:
        arguments = task_type.arguments
    except InvalidTaskType as error:
        yield Error(str(error), id="jobs.E004")
        return
    if isinstance(arguments, LooseArguments):
        yield Warning(
            f"Task type {task_type.name!r}: its arguments are not checked by type: "
            f"{arguments.reason}",
            id="jobs.W001",
        )
    if isinstance(arguments, TypedArguments):
        for parameter, problem in arguments.unserialisable_defaults().items():
            yield Error(
                f"Task type {task_type.name!r}: the default of {parameter!r} cannot be stored as "
                f"JSON: {problem}.",
                id="jobs.E003",
            )
