"""Calls about actions over many tasks, while they run and after."""

from functools import partial
from typing import Any, ClassVar, TypedDict

from drf_spectacular.types import OpenApiTypes
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.actions import MayAct, may_act
from jobs.api.answers.operations import OperationAnswer, OperationPage, ResultPage
from jobs.api.authentication import actor_of
from jobs.api.filters import PAGE, PageQuery, page_query
from jobs.api.forms import ReasonForm, read
from jobs.api.permissions import may
from jobs.api.schema import WITH_BODY, WITH_OPERATION, WITH_QUERY, call
from jobs.api.views import ApiView, address_after, reason_of, task_id_of
from jobs.domain.operations import Action, Result
from jobs.exceptions import OperationNotFound
from jobs.models import Operation
from jobs.selectors.operations import operation_facts
from jobs.selectors.reports import report_page
from jobs.services.operate import (
    cancel_operation,
    pause_operation,
    resume_operation,
    undo_operation,
)

MOST_RESULTS = 1000
OPERATION_ID = {"operation_id": OpenApiTypes.UUID}
verb_call = partial(
    call,
    tag="operations",
    path=OPERATION_ID,
    body=ReasonForm,
    answers={200: OperationAnswer},
    errors=(*WITH_BODY, *WITH_OPERATION, "operation_refused"),
)


class _By(TypedDict):
    actor: str
    reason: str


class Operations(ApiView):
    """`/operations`."""

    @call(
        "list_operations",
        "List actions over many tasks, newest first",
        tag="operations",
        query=PageQuery,
        answers={200: OperationPage},
        errors=WITH_QUERY,
    )
    def get(self, request: Request) -> Response:
        """A page of them."""
        query = page_query(request.query_params)
        rows = Operation.objects.select_related("task")
        after = query.after()
        rows = rows if after is None else rows.filter(pk__lt=after)
        found = list(rows[: query.limit + 1])
        shown, more = found[: query.limit], len(found) > query.limit
        return Response(
            {
                "count": len(shown),
                "operations": [_facts(request, operation) for operation in shown],
                "next": address_after(request, "api:operations", shown[-1].pk if more else None),
            }
        )


class OneOperation(ApiView):
    """`/operations/{operation_id}`."""

    @call(
        "get_operation",
        "Show how far an action over many tasks has come",
        tag="operations",
        path=OPERATION_ID,
        answers={200: OperationAnswer},
        errors=WITH_OPERATION,
    )
    def get(self, request: Request, operation_id: str) -> Response:
        """Its counts, state and percent."""
        return Response(_facts(request, _operation(operation_id)))


class OperationVerb(ApiView):
    """What all three have in common: they ask for the permission of the operation's action."""

    #: One of several: which, stands in the operation. By this one the call is counted as an act.
    verbs: ClassVar = {"POST": "cancel_task"}
    permission_classes = (MayAct,)

    def allowed(self, request: Request, given: str) -> Operation:
        """The operation, if this caller may change it."""
        operation = _operation(given)
        if not may_act(request, Action(operation.action)):
            self.permission_denied(request)
        return operation


class PauseOperation(OperationVerb):
    """`/operations/{operation_id}/pause`."""

    @verb_call(
        "pause_operation",
        "Pause an action over many tasks",
        description="It stops after the chunk it is at, at most 1,000 tasks later.",
    )
    def post(self, request: Request, operation_id: str) -> Response:
        """The operation as it stands then."""
        operation = self.allowed(request, operation_id)
        changed = pause_operation(operation_id=operation.pk, **_by(request))
        return Response(_facts(request, changed))


class ResumeOperation(OperationVerb):
    """`/operations/{operation_id}/resume`."""

    @verb_call(
        "resume_operation",
        "Resume an action over many tasks",
        description="One that was paused, or whose task failed, goes on from where it stands.",
    )
    def post(self, request: Request, operation_id: str) -> Response:
        """The operation as it stands then."""
        operation = self.allowed(request, operation_id)
        changed = resume_operation(operation_id=operation.pk, **_by(request))
        return Response(_facts(request, changed))


class CancelOperation(OperationVerb):
    """`/operations/{operation_id}/cancel`."""

    @verb_call(
        "cancel_operation",
        "Stop an action over many tasks for good",
        description="What it has done stays done.",
    )
    def post(self, request: Request, operation_id: str) -> Response:
        """The operation as it stands then."""
        operation = self.allowed(request, operation_id)
        changed = cancel_operation(operation_id=operation.pk, **_by(request))
        return Response(_facts(request, changed))


class UndoOperation(OperationVerb):
    """`/operations/{operation_id}/undo`."""

    @verb_call(
        "undo_operation",
        "Take back what an action over many tasks did",
        description=(
            "Begins an operation of its own over the tasks that were changed: what was discarded "
            "is restored, and the other way; what was moved goes back to its queue, if it still "
            "waits. Other actions cannot be taken back."
        ),
        answers={202: OperationAnswer},
    )
    def post(self, request: Request, operation_id: str) -> Response:
        """The operation that does it."""
        operation = self.allowed(request, operation_id)
        undoing = undo_operation(operation_id=operation.pk, **_by(request))
        return Response(_facts(request, undoing), status=202)


class ResultsQuery(PageQuery):
    """Which lines of a report."""

    limit: int = Field(PAGE, ge=1, le=MOST_RESULTS)
    result: Result | None = Field(None, description="Only those with this result.")


class OperationResults(ApiView):
    """`/operations/{operation_id}/results`."""

    @call(
        "list_operation_results",
        "Show what an action over many tasks did to each",
        tag="operations",
        description=(
            "The oldest task first. Kept for a month, of the first million tasks; those whose "
            "state refused the action from the start are counted, and the first 10,000 listed."
        ),
        path=OPERATION_ID,
        query=ResultsQuery,
        answers={200: ResultPage},
        errors=WITH_OPERATION,
    )
    def get(self, request: Request, operation_id: str) -> Response:
        """A page of them."""
        operation = _operation(operation_id)
        query = read(ResultsQuery, request.query_params.dict())
        found = report_page(operation, result=query.result, after=query.after(), limit=query.limit)
        return Response(
            {
                "count": len(found.lines),
                "results": [
                    {"task_id": str(line.task_id), "result": line.result, "note": line.note}
                    for line in found.lines
                ],
                "next": address_after(request, "api:operation-results", found.cursor, operation.pk),
            }
        )


def _operation(given: str) -> Operation:
    """The operation of an address; raises InvalidInput or OperationNotFound."""
    operation_id = task_id_of(given, field="operation_id")
    found = Operation.objects.select_related("task").filter(pk=operation_id).first()
    if found is None:
        raise OperationNotFound(operation_id=operation_id)
    return found


def _by(request: Request) -> _By:
    return _By(actor=actor_of(request), reason=reason_of(request))


def _facts(request: Request, operation: Operation) -> dict[str, Any]:
    return operation_facts(operation, sees_payload=may(request, "view_payload"))
