"""A task once more, as a new one."""

from typing import ClassVar

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.tasks import Accepted
from jobs.api.authentication import actor_of
from jobs.api.forms import RerunForm, printable, read
from jobs.api.permissions import may
from jobs.api.schema import TASK_ID, WITH_ID, WITH_TASK, call
from jobs.api.submission import accepted, arguments_of, check_exclusive, options_of
from jobs.api.views import ApiView, task_id_of
from jobs.services.rerun import rerun


class Rerun(ApiView):
    """`/tasks/{task_id}/rerun`."""

    verbs: ClassVar = {"POST": "requeue_task"}

    @call(
        "rerun_task",
        "Run a task again as a new one",
        tag="tasks",
        description=(
            "A new task whose `parent` is this one: with its arguments and options, or with those "
            "that the body gives. Not while it runs. Asks for `submit_task` too."
        ),
        path=TASK_ID,
        body=RerunForm,
        answers={202: Accepted},
        errors=(*WITH_TASK, *WITH_ID, "transition_refused"),
    )
    def post(self, request: Request, task_id: str) -> Response:
        """As a submit answers."""
        if not may(request, "submit_task"):
            raise PermissionDenied
        form = read(RerunForm, request.data)
        check_exclusive(form)
        args, kwargs = arguments_of(form)
        actor = actor_of(request)
        task = rerun(
            task_id=task_id_of(task_id),
            actor=actor,
            reason=printable("reason", form.reason),
            args=args,
            kwargs=kwargs,
            **options_of(form, actor=actor),
        )
        return Response(accepted(task), status=202)
