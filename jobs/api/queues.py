"""Calls about queues."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.cluster import QueueAnswer, Queues, QueueStats
from jobs.api.schema import call
from jobs.api.views import ApiView
from jobs.selectors.queues import QueueFacts, queues


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
        path={"name": OpenApiTypes.STR},
        answers={200: QueueAnswer},
        errors=(404,),
    )
    def get(self, request: Request, name: str) -> Response:
        """How it stands."""
        found = {queue.name: queue for queue in queues()}
        if name not in found:
            raise NotFound(f"There is no queue {name[:60]!r}: use one of {', '.join(found)}.")
        return Response(_facts(found[name]))


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


def _facts(queue: QueueFacts) -> dict[str, Any]:
    return queue.as_dict() | {"depth": queue.pending}
