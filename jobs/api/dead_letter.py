"""Calls about the dead-letter queue."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.tasks import Accepted, DeadLetterPage, Discarded
from jobs.api.authentication import actor_of
from jobs.api.filters import PageQuery, page_query
from jobs.api.forms import ReasonForm
from jobs.api.schema import TASK_ID, WITH_ID, WITH_QUERY, WITH_REQUEUE, call
from jobs.api.submission import accepted
from jobs.api.tasks import task_of
from jobs.api.views import ApiView, address_after, reason_of, shown, task_id_of
from jobs.domain.states import State
from jobs.exceptions import TransitionRefused
from jobs.models import Task
from jobs.selectors.facts import task_facts
from jobs.selectors.pages import dead_letters
from jobs.services.discard import discard
from jobs.services.requeue import requeue


class DeadLetters(ApiView):
    """`/dead-letter`."""

    @call(
        "list_dead_letters",
        "List the dead letters, newest first",
        tag="dead-letter queue",
        description=(
            "Tasks that failed for good and were neither requeued nor discarded since. Also at "
            "`/api/queue/dead-letter` and `/api/tasks/dead-letter`."
        ),
        query=PageQuery,
        answers={200: DeadLetterPage},
        errors=WITH_QUERY,
    )
    def get(self, request: Request) -> Response:
        """A page of them, with arguments."""
        query = page_query(request.query_params)
        found = dead_letters(limit=query.limit, cursor=query.after())
        return Response(
            {
                "count": Task.objects.dead_letters().count(),
                "tasks": [shown(request, task_facts(task)) for task in found.tasks],
                "next": address_after(request, "api:dead-letter", found.cursor),
            }
        )


class DeadLetter(ApiView):
    """`/dead-letter/{task_id}`."""

    verbs: ClassVar = {"DELETE": "discard_task"}

    @call(
        "discard_dead_letter",
        "Discard a dead letter",
        tag="dead-letter queue",
        description="It leaves the dead-letter queue; its row and history stay.",
        path=TASK_ID,
        answers={200: Discarded},
        errors=(*WITH_ID, "transition_refused"),
    )
    def delete(self, request: Request, task_id: str) -> Response:
        """The id."""
        found = task_id_of(task_id)
        discard(task_id=found, actor=actor_of(request), reason=reason_of(request))
        return Response({"task_id": str(found), "status": "discarded"})


class RequeueDeadLetter(ApiView):
    """`/dead-letter/{task_id}/requeue`."""

    verbs: ClassVar = {"POST": "requeue_task"}

    @call(
        "requeue_dead_letter",
        "Run a dead letter again",
        tag="dead-letter queue",
        description="The same row with all its retries; its history stays.",
        path=TASK_ID,
        body=ReasonForm,
        answers={202: Accepted},
        errors=WITH_REQUEUE,
    )
    def post(self, request: Request, task_id: str) -> Response:
        """As a submit answers."""
        task = task_of(task_id)
        if task.state != State.FAILURE or task.discarded_at is not None:
            raise TransitionRefused(
                task_id=task.pk, state=task.state, move="leave the dead-letter queue"
            )
        task = requeue(task_id=task.pk, actor=actor_of(request), reason=reason_of(request))
        return Response(accepted(task), status=202)
