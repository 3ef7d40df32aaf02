"""What the live pages show of the whole queue at one moment."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from heapq import nlargest
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from jobs.broker.connection import redis_fault
from jobs.domain.workers import WorkerState
from jobs.models import Task
from jobs.selectors.condition import condition
from jobs.selectors.facts import LONG_COLUMNS, moment, percent_of, task_facts, task_line
from jobs.selectors.live_logs import live_logs
from jobs.selectors.pauses import paused_at
from jobs.selectors.queues import QueueFacts, queues
from jobs.selectors.stats import MOST_FAILED, open_counts, stats_of
from jobs.selectors.workers import WorkerFacts, workers

#: Lines of the page's task table, and of one feed message.
MOST_LINES = 25
#: Workers told by name; beyond it the pages show the count.
MOST_WORKERS = 50
#: What a line shows to everybody who may see tasks; errors and messages are payload.
LINE_FIELDS = (
    "task_id",
    "status",
    "task_type",
    "queue",
    "retry_count",
    "max_retries",
    "created_at",
    "started_at",
    "finished_at",
    "run_after",
    "worker",
)


class Fault(StrEnum):
    """What is away while the numbers are told."""

    NONE = ""
    REDIS = "redis"
    """The numbers are true, and each web process reads them for itself."""
    DATABASE = "database"
    """The numbers are the last that could be read, of the moment in `at`."""


def snapshot() -> dict[str, Any]:
    """The message of the stats socket, without its `seq`."""
    counts, paused = open_counts(), paused_at(timezone.now())
    queue_facts, worker_facts = queues(counts, paused), workers(most_tasks=1)
    online = sum(facts.state != WorkerState.LOST for facts in worker_facts)
    numbers = stats_of(counts, workers_online=online, most_failed=MOST_FAILED)
    away = redis_fault()
    state = condition(queue_facts, worker_facts, redis_fault=away, paused_types=paused.types)
    return {
        "type": "stats",
        "at": moment(timezone.now()),
        "fault": Fault.REDIS if away else Fault.NONE,
        "beat_seconds": settings.DASHBOARD["BEAT_SECONDS"],
        **numbers.as_fields(),
        "failed_tasks": min(numbers.failed_tasks, MOST_FAILED),
        "failed_tasks_more": numbers.failed_tasks > MOST_FAILED,
        "scheduled": numbers.scheduled,
        "blocked": numbers.blocked,
        "retrying": numbers.retrying,
        "queues": {facts.name: facts.as_dict() for facts in queue_facts},
        "oldest_waiting_seconds": max(
            (facts.oldest_waiting_seconds or 0.0 for facts in queue_facts), default=0.0
        ),
        "rates": _rates(queue_facts),
        "workers_busy": sum(facts.state == WorkerState.BUSY for facts in worker_facts),
        "workers": [
            {
                "name": facts.name,
                "host": facts.host,
                "pid": facts.pid,
                "queues": facts.queues,
                "state": facts.state,
                "concurrency": facts.concurrency,
                "busy": facts.held_count,
                "current": _current(facts),
                "succeeded": facts.succeeded_count,
                "failed": facts.failed_count,
                "heartbeat_age_seconds": facts.heartbeat_age_seconds,
                "release": facts.release,
            }
            for facts in worker_facts[:MOST_WORKERS]
        ],
        "condition": {"status": state.status, "reasons": list(state.reasons)},
    }


def _rates(queue_facts: Sequence[QueueFacts]) -> dict[str, float | None]:
    succeeded = sum(facts.succeeded_per_minute for facts in queue_facts)
    failed = sum(facts.failed_per_minute for facts in queue_facts)
    judged = succeeded + failed
    return {
        "succeeded_per_minute": succeeded,
        "failed_per_minute": failed,
        "ended_per_minute": sum(facts.ended_per_minute for facts in queue_facts),
        "failed_percent": 100 * failed / judged if judged else None,
    }


def _current(worker: WorkerFacts) -> dict[str, Any] | None:
    """The task that a worker has held for longest."""
    if not worker.current_tasks:
        return None
    task = worker.current_tasks[0]
    return {"task_id": task.task_id, "name": task.name, "started_at": moment(task.started_at)}


def newest_lines() -> list[dict[str, Any]]:
    """The newest tasks, as the task table shows them."""
    return [line(task) for task in Task.objects.newest_first().defer(*LONG_COLUMNS)[:MOST_LINES]]


def lines_of(task_ids: Iterable[str]) -> list[dict[str, Any]]:
    """The newest of these tasks, the newest first; those that are gone are left out."""
    newest = nlargest(MOST_LINES, task_ids)
    rows = Task.objects.filter(pk__in=newest).defer(*LONG_COLUMNS).newest_first()
    return [line(task) for task in rows]


def line(task: Task) -> dict[str, Any]:
    """One task as everybody may see it who may see tasks."""
    facts = task_line(task)
    shown = {name: facts[name] for name in LINE_FIELDS}
    return shown | {"percent": percent_of(task.progress)}


def facts_of(task_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """All facts of those of these tasks that exist, and what those that run logged last."""
    tasks = list(Task.objects.filter(pk__in=list(task_ids)))
    logs = live_logs(tasks)
    return {task.pk: task_facts(task) | {"log_tail": logs.get(task.pk)} for task in tasks}
