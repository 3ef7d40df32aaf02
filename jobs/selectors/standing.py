"""Checks of what the rows tell: workers, queues, tickets, task types."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from jobs.broker import sight
from jobs.broker.connection import queue_names
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.domain.wording import counted, duration
from jobs.domain.workers import WorkerState
from jobs.models import Task
from jobs.selectors.expressions import Unindexed
from jobs.selectors.findings import Finding, Level
from jobs.selectors.pauses import Paused, PauseFacts
from jobs.selectors.task_types import unknown_types
from jobs.selectors.workers import WorkerFacts

#: A pending task that waits this long without a ticket was lost, not just on its way.
LOST_SECONDS = 10.0
#: A task that waits longer than this is worth a word.
LONG_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What waits and runs on a queue, and who stopped it.

    A task of a paused type waits too, though for nothing that a queue or a worker could give.
    """

    name: str
    pending: int = 0
    running: int = 0
    due: int = 0
    """Of those pending, that may run since `LOST_SECONDS` and more."""
    waits_seconds: float | None = None
    """Of the one that waits longest."""
    paused: PauseFacts | None = None


def standings(now: datetime, paused: Paused) -> list[Standing]:
    """Every queue, the most urgent first: one read."""
    names = paused.names
    served = ~Q(name__in=names) if names else Q()
    due = Q(run_after__lt=now - timedelta(seconds=LOST_SECONDS)) & served
    rows = (
        Task.objects.filter(state__in=[State.PENDING, State.STARTED])
        .order_by()
        .values_list(Unindexed("queue"), "state")
        .annotate(
            count=Count("pk"), due=Count("pk", filter=due), oldest=Min("run_after", filter=served)
        )
    )
    found = {(queue, State(state)): facts for queue, state, *facts in rows}
    return [_standing(name, found, paused.queues.get(name), now) for name in queue_names()]


def _standing(
    name: str,
    found: Mapping[tuple[str, State], Sequence[Any]],
    paused: PauseFacts | None,
    now: datetime,
) -> Standing:
    pending, due, oldest = found.get((name, State.PENDING), (0, 0, None))
    running, *_ = found.get((name, State.STARTED), (0,))
    return Standing(
        name=name,
        pending=pending,
        running=running,
        due=due,
        waits_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else None,
        paused=paused,
    )


def check_workers(found: Sequence[WorkerFacts]) -> Iterator[Finding]:
    """Is anybody there, and who is silent, quiet or stopping?"""
    online = [worker for worker in found if worker.state != "lost"]
    for worker in found:
        if worker.state == "lost":
            yield Finding(
                "workers",
                Level.WARNING,
                f"Worker {worker.name} on {worker.host} is silent for "
                f"{duration(worker.heartbeat_age_seconds)}, with "
                f"{counted(worker.held_count, 'task')}.",
                "Nothing, if another worker or `manage.py run_maintenance` runs: its tasks go on "
                "elsewhere.",
            )
        elif not worker.is_serving:
            told = f" {worker.instructed.words}" if worker.instructed else ""
            yield Finding(
                "workers",
                Level.WARNING,
                f"Worker {worker.name} on {worker.host} is {worker.state} with "
                f"{counted(worker.held_count, 'task')}{told}",
                "Nothing: it goes by itself."
                if worker.state == WorkerState.STOPPING
                else f"If it may go on: `POST /api/workers/{worker.name}/resume`, or the admin's "
                "page.",
            )
    if online:
        yield Finding("workers", Level.OK, f"{counted(len(online), 'worker')} online.")
    else:
        yield Finding(
            "workers",
            Level.ERROR,
            "No worker is online.",
            "Start one: `manage.py rqworker high default low`.",
        )


def check_queues(
    found: Sequence[Standing], workers: Sequence[WorkerFacts], now: datetime
) -> Iterator[Finding]:
    """Is each served, and in time?"""
    for queue in found:
        served_by = sum(each.is_serving and queue.name in each.queues for each in workers)
        waits = queue.waits_seconds
        since = "" if waits is None else f", the oldest for {duration(waits)}"
        standing = f"Queue {queue.name}: {queue.pending} waiting{since}, {queue.running} running"
        if queue.paused:
            yield Finding(
                "queues",
                Level.WARNING,
                f"{standing}, {queue.paused.words(now=now)}",
                f"If it may go on: `POST /api/queues/{queue.name}/resume`, or the admin's page.",
            )
        elif not served_by:
            yield Finding(
                "queues",
                Level.ERROR if queue.pending else Level.WARNING,
                f"{standing}, and no worker listens.",
                f"Start one: `manage.py rqworker {queue.name}`.",
            )
        elif waits is not None and waits > LONG_WAIT_SECONDS:
            yield Finding(
                "queues",
                Level.WARNING,
                f"{standing}, {counted(served_by, 'worker')}.",
                "Start more workers on it, or ask a task why it waits: "
                "`GET /api/tasks/{id}/explain`.",
            )
        else:
            yield Finding("queues", Level.OK, f"{standing}, {counted(served_by, 'worker')}.")


def check_tickets(found: Sequence[Standing]) -> Iterator[Finding]:
    """Has each pending task its ticket?"""
    lost = {}
    for queue in found:
        tickets = sight.ticket_count(queue.name)
        if tickets is not None and queue.due > tickets:
            lost[queue.name] = queue.due - tickets
    if lost:
        names = ", ".join(f"{count} on {name}" for name, count in lost.items())
        yield Finding(
            "tickets",
            Level.WARNING,
            f"Pending tasks have no ticket in Redis: at least {names}.",
            "They are rung again by themselves within seconds while a worker or "
            "`manage.py run_maintenance` runs.",
        )
    else:
        yield Finding("tickets", Level.OK, "No ticket is lost.")


def check_task_types(paused: Mapping[str, PauseFacts], now: datetime) -> Iterator[Finding]:
    """Does this release know the types of what waits, and which are paused?"""
    for name, facts in paused.items():
        yield Finding(
            "task types",
            Level.WARNING,
            f"Task type {name} is {facts.words(now=now)}",
            f"If it may go on: `POST /api/task-types/{name}/resume`, or the admin's page.",
        )
    found = [f"{name!r} ({count})" for name, count in unknown_types()]
    if found:
        yield Finding(
            "task types",
            Level.ERROR,
            f"Tasks wait whose type this release does not know: {', '.join(found)}.",
            "Deploy the code that has them, give a renamed type its old name as an alias, or "
            "cancel them.",
        )
    else:
        yield Finding("task types", Level.OK, f"{len(registry.names())} task types are registered.")
