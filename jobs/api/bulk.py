"""Many tasks in one call."""

from functools import partial
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.tasks import BulkAccepted
from jobs.api.authentication import actor_of
from jobs.api.forms import BulkForm, read
from jobs.api.idempotency import HEADER, answered
from jobs.api.problems import MOST_ERRORS, FieldError, InvalidInput, errors_of
from jobs.api.schema import WITH_BODY, call
from jobs.api.submission import submission_of
from jobs.api.views import ApiView
from jobs.exceptions import InvalidOption, TaskQueueError
from jobs.services.dependencies import placed, standing
from jobs.services.enqueue import draft, enqueue_drafts, terms_of
from jobs.store.create import NewTask


class Bulk(ApiView):
    """`/tasks/bulk`."""

    verbs: ClassVar = {"POST": "submit_task"}
    body_limit = 16 * 1024 * 1024

    @call(
        "submit_tasks",
        "Submit many tasks",
        tag="tasks",
        description="Up to 10,000 tasks, of any types: all are written, or none.",
        body=BulkForm,
        headers=HEADER,
        answers={202: BulkAccepted},
        errors=(*WITH_BODY, "idempotency_key_reused"),
        examples={
            "Two sums": {
                "tasks": [
                    {"task_type": "add", "payload": {"x": 1, "y": 2}},
                    {"task_type": "add", "args": [3, 4], "priority": "low"},
                ]
            }
        },
    )
    def post(self, request: Request) -> Response:
        """The ids, in the order of the tasks."""
        return Response(answered(request, partial(_written, request)), status=202)


def _written(request: Request) -> dict[str, Any]:
    drafts = _drafts(read(BulkForm, request.data).tasks, actor=actor_of(request))
    ids = enqueue_drafts(drafts)
    existing = sum(task.id != task_id for task, task_id in zip(drafts, ids, strict=True))
    return {"count": len(ids), "task_ids": ids, "existing": existing}


def _drafts(bodies: list[object], *, actor: str) -> list[NewTask]:
    now = timezone.now()
    drafts: dict[int, NewTask] = {}
    faults: list[FieldError] = []
    for index, body in enumerate(bodies):
        try:
            asked = submission_of(body, actor=actor)
            terms = terms_of(asked.task_type, now=now, **asked.options)
            drafts[index] = draft(asked.task_type, asked.args, asked.kwargs, terms=terms)
        except (InvalidInput, TaskQueueError) as error:
            faults += _at(index, error)
            if len(faults) >= MOST_ERRORS:
                break
    placed_drafts, unplaced = _placed(drafts)
    if faults or unplaced:
        raise InvalidInput(faults + unplaced)
    return placed_drafts


def _placed(drafts: dict[int, NewTask]) -> tuple[list[NewTask], list[FieldError]]:
    """The drafts as what they depend on leaves them, and the faults of those that cannot be."""
    states = standing(each for new in drafts.values() for each in new.terms.depends_on)
    found: list[NewTask] = []
    faults: list[FieldError] = []
    for index, new in drafts.items():
        try:
            found.append(new._replace(terms=placed(new.terms, states)))
        except InvalidOption as error:
            faults += _at(index, error)
    return found, faults


def _at(index: int, error: InvalidInput | TaskQueueError) -> list[FieldError]:
    found = error.errors if isinstance(error, InvalidInput) else errors_of(error)
    return [
        {"index": index, "field": f"tasks.{index}.{fault['field']}", "message": fault["message"]}
        for fault in found
    ]
