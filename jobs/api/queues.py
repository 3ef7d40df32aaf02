"""Calls about queues."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.cluster import QueueAnswer, Queues, QueueStats
from jobs.api.authentication import actor_of
from jobs.api.forms import ReasonForm, printable, read
from jobs.api.pause_form import PAUSES, PauseForm
from jobs.api.schema import WITH_BODY, call
from jobs.api.views import ApiView, reason_of
from jobs.broker.connection import queue_names
from jobs.selectors.queues import QueueFacts, queues
from jobs.services.pause import pause, resume

NAME = {"name": OpenApiTypes.STR}


class QueueList(ApiView):
    """`/queues`."""

    @call("list_queues", "Show every queue", tag="queues", answers={200: Queues})
    def get(self, request: Request) -> Response:
        """The most urgent first."""
        found = [_facts(queue) for queue in queues()]
        return Response({"count": len(found), "queues": found})


class OneQueue(ApiView):
    """`/queues/{name}`."""

    @call(
        "get_queue",
        "Show a queue",
        tag="queues",
        path=NAME,
        answers={200: QueueAnswer},
        errors=("not_found",),
    )
    def get(self, request: Request, name: str) -> Response:
        """How it stands."""
        return _shown(_known(name))


class PauseQueue(ApiView):
    """`/queues/{name}/pause`."""

    verbs: ClassVar = {"POST": "pause_queue"}

    @call(
        "pause_queue",
        "Pause a queue",
        tag="queues",
        description=(
            "Within about a second no worker begins anything of it: tasks and plain RQ jobs wait. "
            "What runs goes on. Of a queue that is paused already, reason and end are replaced."
        ),
        path=NAME,
        body=PauseForm,
        answers={200: QueueAnswer},
        errors=(*WITH_BODY, "invalid_option", "not_found"),
        examples=PAUSES,
    )
    def post(self, request: Request, name: str) -> Response:
        """The queue as it stands then."""
        queue, form = _known(name), read(PauseForm, request.data)
        reason = printable("reason", form.reason)
        pause(queue=queue, actor=actor_of(request), reason=reason, until=form.end())
        return _shown(queue)


class ResumeQueue(ApiView):
    """`/queues/{name}/resume`."""

    verbs: ClassVar = {"POST": "pause_queue"}

    @call(
        "resume_queue",
        "Resume a queue",
        tag="queues",
        description="A queue that is not paused stays as it is.",
        path=NAME,
        body=ReasonForm,
        answers={200: QueueAnswer},
        errors=(*WITH_BODY, "not_found"),
        examples={"With a word": {"reason": "The mail server is back."}},
    )
    def post(self, request: Request, name: str) -> Response:
        """The queue as it stands then."""
        queue = _known(name)
        resume(queue=queue, actor=actor_of(request), reason=reason_of(request))
        return _shown(queue)


class Lengths(ApiView):
    """`/queue/stats`."""

    @call("queue_stats", "Show the queues' lengths", tag="queues", answers={200: QueueStats})
    def get(self, request: Request) -> Response:
        """Of all together, and of each."""
        found = queues()
        return Response(
            {
                "queue_name": ",".join(queue.name for queue in found),
                "queue_length": sum(queue.pending for queue in found),
                "queues": [
                    {
                        "queue_name": queue.name,
                        "queue_length": queue.pending,
                        "running": queue.running,
                        "scheduled": queue.scheduled,
                        "retrying": queue.retrying,
                        "oldest_waiting_seconds": queue.oldest_waiting_seconds,
                    }
                    for queue in found
                ],
            }
        )


def _known(name: str) -> str:
    """The name of a queue that there is; raises NotFound."""
    names = queue_names()
    if name not in names:
        raise NotFound(f"There is no queue {name[:60]!r}: use one of {', '.join(names)}.")
    return name


def _shown(name: str) -> Response:
    return Response(next(_facts(queue) for queue in queues() if queue.name == name))


def _facts(queue: QueueFacts) -> dict[str, Any]:
    return queue.as_dict() | {"depth": queue.pending}
