"""Who works, on what, and who has gone silent."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from jobs.domain.states import State
from jobs.models import Task, WorkerLease


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTask:
    """A task in a worker's hands."""

    task_id: str
    name: str
    started_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """One worker tree. `state` is `idle`, `busy` or `lost` (its heartbeat stands still)."""

    name: str
    host: str
    pid: int
    queues: list[str]
    state: str
    concurrency: int
    release: str
    started_at: datetime
    heartbeat_age_seconds: float
    succeeded_count: int
    failed_count: int
    current_tasks: list[CurrentTask]

    def as_dict(self) -> dict[str, Any]:
        """The same, nested values too, as plain types."""
        return asdict(self)


def workers() -> list[WorkerFacts]:
    """Every registered worker, with the tasks it holds."""
    now = timezone.now()
    holding: dict[str, list[CurrentTask]] = defaultdict(list)
    held = Task.objects.filter(state=State.STARTED).order_by("started_at")
    for pk, name, worker, started_at in held.values_list("pk", "name", "worker", "started_at"):
        holding[worker or ""].append(CurrentTask(task_id=str(pk), name=name, started_at=started_at))
    return [_facts(lease, holding[lease.name], now) for lease in WorkerLease.objects.all()]


def online_count() -> int:
    """How many workers renewed their lease in time."""
    now = timezone.now()
    leases = WorkerLease.objects.values_list("renewed_at", "lease_seconds")
    return sum(now - renewed_at <= timedelta(seconds=seconds) for renewed_at, seconds in leases)


def _facts(lease: WorkerLease, tasks: list[CurrentTask], now: datetime) -> WorkerFacts:
    age_seconds = max(0.0, (now - lease.renewed_at).total_seconds())
    lost = age_seconds > lease.lease_seconds
    return WorkerFacts(
        name=lease.name,
        host=lease.host,
        pid=lease.pid,
        queues=lease.queues,
        state="lost" if lost else "busy" if tasks else "idle",
        concurrency=lease.concurrency,
        release=lease.release,
        started_at=lease.started_at,
        heartbeat_age_seconds=round(age_seconds, 1),
        succeeded_count=lease.succeeded_count,
        failed_count=lease.failed_count,
        current_tasks=tasks,
    )
