"""Calls about workers."""

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.cluster import Workers, WorkersHealth, WorkersStats
from jobs.api.schema import call
from jobs.api.views import ApiView
from jobs.broker.connection import queue_names
from jobs.selectors.stats import stats
from jobs.selectors.workers import WorkerFacts, workers


class WorkerList(ApiView):
    """`/workers`."""

    @call("list_workers", "Show every worker", tag="workers", answers={200: Workers})
    def get(self, request: Request) -> Response:
        """With the tasks it holds."""
        found = [worker.as_dict() for worker in workers()]
        return Response({"count": len(found), "workers": found})


class Stats(ApiView):
    """`/workers/stats`."""

    @call("workers_stats", "The seven numbers", tag="workers", answers={200: WorkersStats})
    def get(self, request: Request) -> Response:
        """What the dashboard shows."""
        return Response(stats().as_fields())


class Health(ApiView):
    """`/workers/health`."""

    @call(
        "workers_health",
        "Does anybody work?",
        tag="workers",
        answers={200: WorkersHealth, 503: WorkersHealth},
    )
    def get(self, request: Request) -> Response:
        """200 while any worker is online, else 503."""
        found = workers()
        online = [worker for worker in found if worker.state != "lost"]
        unserved = _unserved(online)
        if not online:
            status = "unhealthy"
        elif unserved or len(online) < len(found):
            status = "degraded"
        else:
            status = "healthy"
        return Response(
            {
                "status": status,
                "workers": [worker.as_dict() for worker in found],
                "unserved_queues": unserved,
            },
            status=200 if online else 503,
        )


def _unserved(online: list[WorkerFacts]) -> list[str]:
    served = {name for worker in online for name in worker.queues}
    return [name for name in queue_names() if name not in served]
