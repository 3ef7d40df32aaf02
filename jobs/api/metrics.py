"""`/metrics`: the whole queue's numbers, as Prometheus reads them.

They are read from the rows at each scrape, so they are the same whichever web process answers, and
none is lost with a process. What counts upwards is summed over the counts per minute.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Sum
from django.http import HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from rest_framework.request import Request

from jobs.api.views import ApiView
from jobs.broker.connection import redis_fault
from jobs.domain.periods import Period
from jobs.models import Rollup, Task
from jobs.models.rollup import EACH
from jobs.selectors.pauses import paused_at
from jobs.selectors.queues import QueueFacts, queues
from jobs.selectors.workers import online_count

QUEUE = ("queue",)
KIND = ("queue", "task_type")
#: What became of attempts: the columns of the counts per minute, and what an attempt is called.
OUTCOMES = ("succeeded", "retried", "failed", "revoked", "snoozed")
DEATHS = {"timed_out": "timeouts", "worker_died": "worker_deaths"}
SECONDS = {"wait_seconds": "Until attempts began", "run_seconds": "That attempts ran"}


class Metrics(ApiView):
    """`/metrics`."""

    schema = None  # the format is Prometheus' own

    def get(self, request: Request) -> HttpResponse:
        """The text that Prometheus scrapes."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(QueueCollector())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class QueueCollector(Collector):
    """The queue as it stands, and what it has done."""

    def collect(self) -> Iterator[Metric]:
        """A family for each number."""
        paused = paused_at(timezone.now())
        yield from _present(queues(paused=paused))
        types = GaugeMetricFamily(
            "taskqueue_task_type_paused", "1: it is; the others are not told.", labels=["task_type"]
        )
        for name in paused.types:
            types.add_metric([name], 1)
        yield types
        yield _gauge("dead_letters", "Failed, not discarded.", Task.objects.dead_letters().count())
        yield _gauge("workers_online", "Worker trees with a lease.", online_count())
        yield _gauge("redis_up", "Whether Redis answers.", 0 if redis_fault() else 1)
        yield from _past()


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"taskqueue_{name}", told, value=value)


def _present(found: Iterable[QueueFacts]) -> Iterator[Metric]:
    tasks = GaugeMetricFamily(
        "taskqueue_tasks", "Tasks that have not ended.", labels=[*QUEUE, "state"]
    )
    oldest = GaugeMetricFamily(
        "taskqueue_oldest_waiting_seconds",
        "How long the task has waited that waits longest and may run; 0 where none does.",
        labels=QUEUE,
    )
    paused = GaugeMetricFamily("taskqueue_queue_paused", "1 while it is paused.", labels=QUEUE)
    consumers = GaugeMetricFamily("taskqueue_queue_workers", "Workers that serve it.", labels=QUEUE)
    for queue in found:
        for state, count in (
            ("PENDING", queue.pending),
            ("STARTED", queue.running),
            ("SCHEDULED", queue.scheduled),
            ("RETRY", queue.retrying),
        ):
            tasks.add_metric([queue.name, state], count)
        oldest.add_metric([queue.name], queue.oldest_waiting_seconds or 0)
        paused.add_metric([queue.name], 1 if queue.paused else 0)
        consumers.add_metric([queue.name], queue.workers)
    yield from (tasks, oldest, paused, consumers)


def _past() -> Iterator[Metric]:
    totals = {name: Sum(name) for name in (*OUTCOMES, *DEATHS, *SECONDS)}
    ended = Rollup.objects.counted(Period.EVER, queue=EACH, name=EACH)
    summed: Any = ended.values("queue", "name").annotate(**totals)
    rows: list[dict[str, Any]] = list(summed)
    attempts = CounterMetricFamily(
        "taskqueue_attempts", "Attempts by what became of them.", labels=[*KIND, "outcome"]
    )
    families: list[Metric] = [attempts]
    for row in rows:
        for outcome in OUTCOMES:
            attempts.add_metric([row["queue"], row["name"], outcome], row[outcome])
    for column, name in DEATHS.items():
        deaths = CounterMetricFamily(f"taskqueue_{name}", f"Attempts that {column}.", labels=KIND)
        for row in rows:
            deaths.add_metric([row["queue"], row["name"]], row[column])
        families.append(deaths)
    for column, told in SECONDS.items():
        seconds = SummaryMetricFamily(f"taskqueue_{column}", f"{told}.", labels=KIND)
        for row in rows:
            count = sum(row[outcome] for outcome in OUTCOMES)
            seconds.add_metric([row["queue"], row["name"]], count, row[column])
        families.append(seconds)
    yield from families
