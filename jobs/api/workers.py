"""Calls about workers."""

from functools import partial
from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.cluster import WorkerAnswer, Workers, WorkersHealth, WorkersStats
from jobs.api.authentication import actor_of
from jobs.api.forms import ReasonForm
from jobs.api.schema import WITH_BODY, call
from jobs.api.views import ApiView, reason_of
from jobs.broker.connection import queue_names
from jobs.domain.workers import Instruction
from jobs.exceptions import WorkerNotFound
from jobs.selectors.stats import stats
from jobs.selectors.workers import WorkerFacts, workers
from jobs.services.instruct import instruct

verb_call = partial(
    call,
    tag="workers",
    path={"name": OpenApiTypes.STR},
    body=ReasonForm,
    answers={200: WorkerAnswer},
    errors=(*WITH_BODY, "not_found", "worker_not_found", "worker_refused"),
)


class WorkerList(ApiView):
    """`/workers`."""

    @call("list_workers", "Show every worker", tag="workers", answers={200: Workers})
    def get(self, request: Request) -> Response:
        """With the tasks it holds."""
        found = [worker.as_dict() for worker in workers()]
        return Response({"count": len(found), "workers": found})


class WorkerVerb(ApiView):
    """The ground of the calls that tell a worker something."""

    verbs: ClassVar = {"POST": "manage_workers"}

    def tell(self, request: Request, name: str, instruction: Instruction) -> Response:
        """Tell it, and show it as it stands then."""
        reason = reason_of(request)
        instruct(worker=name, instruction=instruction, actor=actor_of(request), reason=reason)
        told = next((worker for worker in workers() if worker.name == name), None)
        if told is None:  # it has gone this moment
            raise WorkerNotFound(worker=name)
        return Response(told.as_dict())


class QuietWorker(WorkerVerb):
    """`/workers/{name}/quiet`."""

    @verb_call(
        "quiet_worker",
        "Let a worker take nothing new",
        description=(
            "Within about a second it begins nothing any more: what runs goes on, what it has not "
            "begun goes back. It stays so until it is resumed, stopped or restarted."
        ),
        examples={"For a look": {"reason": "It eats memory."}},
    )
    def post(self, request: Request, name: str) -> Response:
        """The worker as it stands then."""
        return self.tell(request, name, Instruction.QUIET)


class StopWorker(WorkerVerb):
    """`/workers/{name}/stop`."""

    @verb_call(
        "stop_worker",
        "Stop a worker",
        description=(
            "As SIGTERM does: within about a second it begins nothing any more, what runs may end "
            "within `DRAIN_SECONDS`, the rest goes back, and it is gone. Nothing takes it back. "
            "Whatever started it may start it anew, as a pool does."
        ),
        examples={"Before its machine goes": {"reason": "The machine is replaced."}},
    )
    def post(self, request: Request, name: str) -> Response:
        """The worker as it stands then."""
        return self.tell(request, name, Instruction.STOP)


class ResumeWorker(WorkerVerb):
    """`/workers/{name}/resume`."""

    @verb_call(
        "resume_worker",
        "Let a quiet worker work again",
        description="A worker that works stays as it is; one that was told to stop goes.",
        examples={"With a word": {"reason": "It was the task."}},
    )
    def post(self, request: Request, name: str) -> Response:
        """The worker as it stands then."""
        return self.tell(request, name, Instruction.WORK)


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
        unserved = _unserved(found)
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


def _unserved(found: list[WorkerFacts]) -> list[str]:
    served = {name for worker in found if worker.is_serving for name in worker.queues}
    return [name for name in queue_names() if name not in served]
