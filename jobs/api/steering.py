"""Calls that change how one task stands: when it runs, where it waits, whether it is dead."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.tasks import TaskLine
from jobs.api.authentication import actor_of
from jobs.api.forms import Form, Moment, Reason, ReasonForm, printable, read
from jobs.api.permissions import may
from jobs.api.schema import TASK_ID, WITH_BODY, WITH_ID, call
from jobs.api.views import ApiView, reason_of, shown_line, task_id_of
from jobs.models import Task
from jobs.services.move import move
from jobs.services.reschedule import reschedule
from jobs.services.restore import restore

verb_call = partial(call, tag="tasks", path=TASK_ID, answers={200: TaskLine})
_ERRORS = (*WITH_BODY, *WITH_ID, "transition_refused")


class RescheduleForm(Form):
    """When it may run."""

    run_after: Moment = Field(description="From here on; a moment that has come means at once.")
    reason: Reason = Field("", description="Kept in the history of the task.")


class MoveForm(Form):
    """Where it waits."""

    queue: str = Field(description="The name of a queue.")
    reason: Reason = Field("", description="Kept in the history of the task.")


class Reschedule(ApiView):
    """`/tasks/{task_id}/reschedule`."""

    verbs: ClassVar = {"POST": "reschedule_task"}

    @verb_call(
        "reschedule_task",
        "Let a waiting task run at another moment",
        description="Or at once. One that waits for its next attempt keeps its tries.",
        body=RescheduleForm,
        errors=(*_ERRORS, "invalid_option"),
    )
    def post(self, request: Request, task_id: str) -> Response:
        """The task as it stands then."""
        form = read(RescheduleForm, request.data)
        reason = printable("reason", form.reason)
        verb = partial(reschedule, run_after=form.run_after, reason=reason)
        return _done(request, task_id, verb)


class MoveTask(ApiView):
    """`/tasks/{task_id}/move`."""

    verbs: ClassVar = {"POST": "move_task"}

    @verb_call(
        "move_task",
        "Let a waiting task wait on another queue",
        description="At the end of it.",
        body=MoveForm,
        errors=(*_ERRORS, "unknown_queue"),
    )
    def post(self, request: Request, task_id: str) -> Response:
        """The task as it stands then."""
        form = read(MoveForm, request.data)
        reason = printable("reason", form.reason)
        return _done(request, task_id, partial(move, queue=form.queue, reason=reason))


class Restore(ApiView):
    """`/tasks/{task_id}/restore`."""

    verbs: ClassVar = {"POST": "discard_task"}

    @verb_call(
        "restore_task",
        "Put a discarded task back among the dead letters",
        body=ReasonForm,
        errors=_ERRORS,
    )
    def post(self, request: Request, task_id: str) -> Response:
        """The task as it stands then."""
        return _done(request, task_id, partial(restore, reason=reason_of(request)))


def _done(request: Request, task_id: str, verb: Callable[..., Task]) -> Response:
    task = verb(task_id=task_id_of(task_id), actor=actor_of(request))
    return Response(shown_line(task, payload=may(request, "view_payload")))
