"""Calls about task types."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.cluster import TaskTypeAnswer, TaskTypes
from jobs.api.authentication import actor_of
from jobs.api.forms import ReasonForm, printable, read
from jobs.api.pause_form import PAUSES, PauseForm
from jobs.api.schema import WITH_BODY, call
from jobs.api.views import ApiView, reason_of
from jobs.domain.registry import TaskType, registry
from jobs.selectors.pauses import PauseFacts, paused_at
from jobs.services.pause import pause_type, resume_type

NAME = {"name": OpenApiTypes.STR}


class TaskTypeList(ApiView):
    """`/task-types`."""

    @call("list_task_types", "What can be run", tag="task types", answers={200: TaskTypes})
    def get(self, request: Request) -> Response:
        """Each with the JSON Schema of its payload."""
        paused = paused_at(timezone.now()).types
        found = [_facts(each, paused.get(each.name)) for each in registry.offered()]
        return Response({"count": len(found), "task_types": found})


class PauseType(ApiView):
    """`/task-types/{name}/pause`."""

    verbs: ClassVar = {"POST": "pause_queue"}

    @call(
        "pause_task_type",
        "Pause a task type",
        tag="task types",
        description=(
            "Within about a second no worker begins any of its tasks: they wait on their queues, "
            "while those of other types are served. What runs goes on. Of a type that is paused "
            "already, reason and end are replaced."
        ),
        path=NAME,
        body=PauseForm,
        answers={200: TaskTypeAnswer},
        errors=(*WITH_BODY, "invalid_option", "not_found"),
        examples=PAUSES,
    )
    def post(self, request: Request, name: str) -> Response:
        """The type as it stands then."""
        task_type, form = _known(name), read(PauseForm, request.data)
        reason = printable("reason", form.reason)
        pause_type(name=task_type.name, actor=actor_of(request), reason=reason, until=form.end())
        return _shown(task_type)


class ResumeType(ApiView):
    """`/task-types/{name}/resume`."""

    verbs: ClassVar = {"POST": "pause_queue"}

    @call(
        "resume_task_type",
        "Resume a task type",
        tag="task types",
        description=(
            "Its tasks begin within a few seconds. A type that is not paused stays as it is."
        ),
        path=NAME,
        body=ReasonForm,
        answers={200: TaskTypeAnswer},
        errors=(*WITH_BODY, "not_found"),
        examples={"With a word": {"reason": "The mail server is back."}},
    )
    def post(self, request: Request, name: str) -> Response:
        """The type as it stands then."""
        task_type = _known(name)
        resume_type(name=task_type.name, actor=actor_of(request), reason=reason_of(request))
        return _shown(task_type)


def _known(name: str) -> TaskType[..., Any]:
    """The type of this name; raises NotFound."""
    found = registry.find(name)
    if found is None:
        known = ", ".join(registry.names())
        raise NotFound(f"There is no task type {name[:60]!r}: use one of {known}.")
    return found


def _shown(task_type: TaskType[..., Any]) -> Response:
    paused = paused_at(timezone.now()).types
    return Response(_facts(task_type, paused.get(task_type.name)))


def _facts(task_type: TaskType[..., Any], paused: PauseFacts | None) -> dict[str, Any]:
    return {
        "name": task_type.name,
        "description": task_type.description,
        "queue": task_type.queue,
        "max_retries": task_type.max_retries,
        "timeout_seconds": task_type.timeout_seconds,
        "arguments": task_type.arguments.json_schema(),
        "paused": paused.as_dict() if paused else None,
    }
