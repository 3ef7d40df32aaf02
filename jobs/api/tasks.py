"""Calls about tasks."""

from functools import partial
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.tasks import Accepted, Cancelled, Explanation, TaskDetail, TaskPage
from jobs.api.authentication import actor_of
from jobs.api.filters import TaskQuery, WaitQuery, task_query, wait_query
from jobs.api.forms import ReasonForm, SubmitForm
from jobs.api.idempotency import HEADER, answered
from jobs.api.links import links
from jobs.api.permissions import may
from jobs.api.schema import (
    TASK_ID,
    WITH_BODY,
    WITH_ID,
    WITH_QUERY,
    WITH_REQUEUE,
    WITH_TASK,
    call,
)
from jobs.api.submission import accepted, submission_of
from jobs.api.views import ApiView, address_after, reason_of, shown, shown_line, task_id_of
from jobs.api.waiting import Wait, turn_of
from jobs.domain.states import ENDED, Move, State
from jobs.exceptions import TaskNotFound, TransitionRefused
from jobs.models import Task
from jobs.selectors.ending import state_within
from jobs.selectors.explain import explain
from jobs.selectors.facts import moment, whole_facts
from jobs.selectors.pages import page
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue_or_find
from jobs.services.requeue import requeue
from jobs.store.whole import read_whole

#: How long a cancel waits for a running task to end before it answers "revoking".
CANCEL_SECONDS = 2.0

EMAIL = {"to": "ada@example.com", "subject": "Hello", "body": "A first task."}
EXAMPLES: dict[str, Any] = {
    "An e-mail, at once": {"task_type": "send_email", "priority": "high", "payload": EMAIL},
    "A sum, by position": {"name": "add", "args": [2, 3]},
    "In a minute, without retries": {
        "task_type": "process",
        "data": "some words",
        "delay_seconds": 60,
        "max_retries": 0,
        "timeout_seconds": 30,
    },
}


def submit(request: Request) -> Response:
    """Write the task that the body asks for, once for each `Idempotency-Key`."""
    return Response(answered(request, partial(_written, request)), status=202)


def _written(request: Request) -> dict[str, Any]:
    asked = submission_of(request.data, actor=actor_of(request))
    task, is_new = enqueue_or_find(
        task_type=asked.task_type, args=asked.args, kwargs=asked.kwargs, **asked.options
    )
    return accepted(task, is_new=is_new)


class Submit(ApiView):
    """`/tasks/submit`."""

    verbs: ClassVar = {"POST": "submit_task"}

    @call(
        "submit_task",
        "Submit a task",
        tag="tasks",
        body=SubmitForm,
        headers=HEADER,
        answers={202: Accepted},
        errors=(*WITH_TASK, "idempotency_key_reused"),
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Answered as soon as the task is safe in the database."""
        return submit(request)


class Tasks(ApiView):
    """`/tasks`."""

    verbs: ClassVar = {"GET": "view_task", "POST": "submit_task"}

    @call(
        "create_task",
        "Submit a task",
        tag="tasks",
        description="The same as `POST /api/tasks/submit`.",
        body=SubmitForm,
        headers=HEADER,
        answers={202: Accepted},
        errors=(*WITH_TASK, "idempotency_key_reused"),
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Answered as soon as the task is safe in the database."""
        return submit(request)

    @call(
        "list_tasks",
        "List tasks, newest first",
        tag="tasks",
        description="Arguments and results are left out: ask for the task.",
        query=TaskQuery,
        answers={200: TaskPage},
        errors=(*WITH_QUERY, "invalid_search", "payload_withheld"),
    )
    def get(self, request: Request) -> Response:
        """A page of tasks."""
        query = task_query(request.query_params)
        payload = may(request, "view_payload")
        found = page(query.searched(sees_payload=payload), limit=query.limit, cursor=query.after())
        return Response(
            {
                "count": len(found.tasks),
                "tasks": [shown_line(task, payload=payload) for task in found.tasks],
                "next": address_after(request, "api:tasks", found.cursor),
                "complete": found.searched_to is None,
                "searched_back_to": moment(found.searched_to),
            }
        )


def cancelled(request: Request, task_id: str) -> Response:
    """Cancel a task and answer with what became of it, waiting a moment for a running one."""
    task = cancel(task_id=task_id_of(task_id), actor=actor_of(request), reason=reason_of(request))
    state = State(task.state)
    if state is State.STARTED:
        state = state_within(task.pk, seconds=CANCEL_SECONDS)
    if state in {State.SUCCESS, State.FAILURE}:
        raise TransitionRefused(task_id=task.pk, state=state.value, move=Move.CANCEL.value)
    revoked = state is State.REVOKED
    return Response(
        {"task_id": str(task.pk), "status": "revoked" if revoked else "revoking"},
        status=200 if revoked else 202,
    )


cancel_call = partial(
    call,
    summary="Cancel a task",
    tag="tasks",
    path=TASK_ID,
    answers={200: Cancelled, 202: Cancelled},
)


class OneTask(ApiView):
    """`/tasks/{task_id}`."""

    verbs: ClassVar = {"GET": "view_task", "DELETE": "cancel_task"}

    @call(
        "get_task",
        "Show a task with its history",
        tag="tasks",
        path=TASK_ID,
        query=WaitQuery,
        answers={200: TaskDetail},
        errors=WITH_ID,
    )
    def get(self, request: Request, task_id: str) -> Response:
        """The task, its attempts and events."""
        seconds = wait_query(request.query_params).wait
        whole = read_whole(task_id_of(task_id))
        if seconds and State(whole.task.state) not in ENDED:
            turn = turn_of(request)
            if turn is None:
                state_within(whole.task.pk, seconds=seconds)
                whole = read_whole(whole.task.pk)
            elif not turn.is_last:
                turn.wait = Wait(whole.task.pk, seconds)
                return Response()
        return Response(shown(request, whole_facts(whole)))

    def check_throttles(self, request: Request) -> None:
        """A call that waited is one call."""
        turn = turn_of(request)
        if turn is None or not turn.is_last:
            super().check_throttles(request)

    @cancel_call(
        "delete_task",
        description="The same as `POST /api/tasks/{task_id}/cancel`, without a body.",
        errors=(*WITH_ID, "transition_refused"),
    )
    def delete(self, request: Request, task_id: str) -> Response:
        """What became of the task; its row stays."""
        return cancelled(request, task_id)


class Cancel(ApiView):
    """`/tasks/{task_id}/cancel`."""

    verbs: ClassVar = {"POST": "cancel_task", "DELETE": "cancel_task"}

    @cancel_call(
        "cancel_task",
        description=(
            "A waiting task is revoked at once. A running one is stopped; when it still runs "
            "after 2 seconds the answer is 202 `revoking`."
        ),
        body=ReasonForm,
        errors=(*WITH_BODY, *WITH_ID, "transition_refused"),
    )
    def post(self, request: Request, task_id: str) -> Response:
        """What became of the task."""
        return cancelled(request, task_id)

    @cancel_call(
        "cancel_task_by_delete",
        description="The same as `POST`, without a body.",
        errors=(*WITH_ID, "transition_refused"),
    )
    def delete(self, request: Request, task_id: str) -> Response:
        """What became of the task."""
        return cancelled(request, task_id)


class Requeue(ApiView):
    """`/tasks/{task_id}/requeue`."""

    verbs: ClassVar = {"POST": "requeue_task"}

    @call(
        "requeue_task",
        "Run an ended task again",
        tag="tasks",
        description="The same row with all its retries; its history stays.",
        path=TASK_ID,
        body=ReasonForm,
        answers={202: Accepted},
        errors=WITH_REQUEUE,
    )
    def post(self, request: Request, task_id: str) -> Response:
        """As a submit answers."""
        task = requeue(
            task_id=task_id_of(task_id), actor=actor_of(request), reason=reason_of(request)
        )
        return Response(accepted(task), status=202)


class Explain(ApiView):
    """`/tasks/{task_id}/explain`."""

    @call(
        "explain_task",
        "Why is it not running?",
        tag="tasks",
        description="The reasons that hold now, the most telling first.",
        path=TASK_ID,
        answers={200: Explanation},
        errors=WITH_ID,
    )
    def get(self, request: Request, task_id: str) -> Response:
        """A list of reasons, never empty."""
        return Response(
            [
                {"code": reason.code, "message": reason.message, "links": links(reason.about)}
                for reason in explain(task_of(task_id))
            ]
        )


def task_of(given: str) -> Task:
    """The task of an address; raises InvalidInput or TaskNotFound."""
    task_id = task_id_of(given)
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound(task_id=task_id)
    return task
