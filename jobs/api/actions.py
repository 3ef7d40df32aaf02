"""Actions over all tasks of a filter."""

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.operations import OperationAnswer, PreviewAnswer
from jobs.api.authentication import actor_of
from jobs.api.filters import ActionFilter
from jobs.api.forms import Form, Moment, Reason, printable, read
from jobs.api.permissions import may
from jobs.api.problems import refuse
from jobs.api.schema import WITH_BODY, call
from jobs.api.views import ApiView
from jobs.domain.operations import Action, Parameters
from jobs.selectors.operations import operation_facts
from jobs.selectors.pages import TaskFilter
from jobs.services.advance import preview
from jobs.services.operate import operate

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads the settings, which name this module


class ActionForm(Form):
    """What to do, to which tasks."""

    action: Action = Field(strict=False, description="What to do to each of them.")
    filter: ActionFilter = Field(description="Which tasks, as `GET /api/tasks` takes it.")
    all: bool = Field(False, description="Must be true where the filter is empty: every task.")
    queue: str | None = Field(None, description="Of `move`: the queue to which.")
    run_after: Moment | None = Field(
        None, description="Of `reschedule`: from when on; a moment that has come means at once."
    )
    kwargs: dict[str, Any] | None = Field(
        None,
        description=(
            "Of `rerun`: arguments in place of each task's own of these names; its others stay."
        ),
    )
    reason: Reason = Field("", description="Kept in the history of each task.")
    dry_run: bool = Field(False, description="Count what it would do, and change nothing.")

    def wanted(self, *, sees_payload: bool) -> TaskFilter:
        """The tasks.

        Raises:
            InvalidInput: all are meant and it is not said, or said in vain.
            InvalidSearch, PayloadWithheld: name the place in the search.
        """
        found = self.filter.searched(sees_payload=sees_payload, prefix="filter.")
        if found.is_empty and not self.all:
            refuse("filter", 'is empty: for every task there is, say so with "all": true')
        if self.all and not found.is_empty:
            refuse("all", "is true, and the filter is not empty: give one of them")
        return found

    def parameters(self) -> Parameters:
        """What the action is done with."""
        return Parameters(queue=self.queue, run_after=self.run_after, kwargs=self.kwargs)


class MayAct(BasePermission):
    """Whether the caller may do any of the actions; which one it is stands in the body."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """As above; a method that there is not is answered with 405."""
        if request.method not in view.allowed_methods or request.method != "POST":
            return True
        return any(may_act(request, action) for action in Action)


def may_act(request: Request, action: Action) -> bool:
    """Whether the caller holds every permission that an action asks for."""
    return all(may(request, permission) for permission in action.permissions)


class Actions(ApiView):
    """`/tasks/actions`."""

    #: One of several: which, stands in the body. By this one the call is counted as an act.
    verbs: ClassVar = {"POST": "cancel_task"}
    permission_classes = (MayAct,)

    @call(
        "act_on_tasks",
        "Do something to all tasks of a filter",
        tag="tasks",
        description=(
            "With `dry_run` the tasks are counted: 200. Else an operation begins that does it in "
            "the background, to tasks that were created before it: 202. It asks for the "
            "permission of its action, as for a single task."
        ),
        body=ActionForm,
        answers={200: PreviewAnswer, 202: OperationAnswer},
        errors=(
            *WITH_BODY,
            "invalid_option",
            "invalid_search",
            "payload_withheld",
            "unknown_queue",
        ),
        examples={
            "How many failed e-mails are there?": {
                "action": "requeue",
                "filter": {"status": "FAILURE", "task_type": "send_email"},
                "dry_run": True,
            },
            "Requeue them": {
                "action": "requeue",
                "filter": {"status": "FAILURE", "task_type": "send_email"},
                "reason": "The mail server is back.",
            },
            "Run the failed ones again with another address": {
                "action": "rerun",
                "filter": {"status": "FAILURE", "task_type": "send_email"},
                "kwargs": {"to": "ann@example.com"},
            },
            "Cancel all that waits on a queue": {
                "action": "cancel",
                "filter": {"status": "pending", "queue": "low"},
            },
        },
    )
    def post(self, request: Request) -> Response:
        """The counts, or the operation."""
        form = read(ActionForm, request.data)
        if not may_act(request, form.action):
            self.permission_denied(request)
        sees_payload = may(request, "view_payload")
        wanted = form.wanted(sees_payload=sees_payload)
        reason = printable("reason", form.reason)
        form.parameters().check(form.action)
        if form.dry_run:
            found = preview(action=form.action, wanted=wanted)
            return Response(
                {
                    "action": form.action,
                    "dry_run": True,
                    "count": found.count,
                    "by_state": {state.value: count for state, count in found.by_state.items()},
                    "allowed": found.allowed,
                    "skipped": found.skipped,
                }
            )
        operation = operate(
            action=form.action,
            wanted=wanted,
            actor=actor_of(request),
            reason=reason,
            parameters=form.parameters(),
        )
        return Response(operation_facts(operation, sees_payload=sees_payload), status=202)
