"""Who works, on what, and who has gone silent."""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from jobs.domain.states import State
from jobs.domain.workers import SERVING, Instruction, WorkerState
from jobs.models import LostWorker, Task, WorkerLease
from jobs.selectors.facts import moment, percent_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentTask:
    """A task in a worker's hands."""

    task_id: str
    name: str
    started_at: datetime | None
    percent: float | None = None
    """How far it says it is; None when it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionFacts:
    """What a worker was told last."""

    by: str
    reason: str
    at: datetime

    @property
    def words(self) -> str:
        """By whom and why: `by ann: a new release`."""
        return f"by {self.by or 'nobody known'}{f': {self.reason}' if self.reason else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """One worker tree; `state` is one of `WorkerState`."""

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
    held_count: int
    """Tasks that it holds: those that it runs, and those that are next in its hands."""
    current_tasks: list[CurrentTask]
    """These, the longest held first, or as many of them as were asked for."""
    memory_mb: float | None = None
    """Of all its processes, resident; None where it cannot be told."""
    instructed: InstructionFacts | None = None
    """Who told it to be quiet or to stop, and why."""

    @property
    def is_serving(self) -> bool:
        """Whether it takes tasks."""
        return self.state in SERVING

    @property
    def untold_count(self) -> int:
        """How many more it holds than are told."""
        return self.held_count - len(self.current_tasks)

    def as_dict(self) -> dict[str, Any]:
        """The same, nested values too, as plain types."""
        facts = asdict(self)
        if self.instructed:
            facts["instructed"]["at"] = moment(self.instructed.at)
        return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class LossFacts:
    """A worker that died, and those of the tasks it held that still exist."""

    worker: LostWorker
    tasks: list[Task]


def workers(*, most_tasks: int | None = None) -> list[WorkerFacts]:
    """Every registered worker and the tasks it holds, of each at most so many.

    With `most_tasks=0` none are read, and all that work seem idle.
    """
    now = timezone.now()
    holding = defaultdict(_Held) if most_tasks == 0 else _held(most_tasks)
    return [_facts(lease, holding[lease.name], now) for lease in WorkerLease.objects.all()]


@dataclass(slots=True)
class _Held:
    """What one worker holds."""

    count: int = 0
    tasks: list[CurrentTask] = field(default_factory=list)


def _held(most: int | None) -> dict[str, _Held]:
    """Counted by the database: workers may hold hundreds each."""
    held = Task.objects.filter(state=State.STARTED).annotate(
        place=Window(RowNumber(), partition_by=F("worker"), order_by=("started_at", "pk")),
        held=Window(Count("pk"), partition_by=F("worker")),
    )
    if most is not None:
        held = held.filter(place__lte=most)
    columns = ("worker", "held", "pk", "name", "started_at", "progress")
    found: dict[str, _Held] = defaultdict(_Held)
    for worker, count, pk, name, started_at, progress in held.order_by("place").values_list(
        *columns
    ):
        of_worker = found[worker or ""]
        of_worker.count = count
        of_worker.tasks.append(
            CurrentTask(
                task_id=str(pk), name=name, started_at=started_at, percent=percent_of(progress)
            )
        )
    return found


def online_count() -> int:
    """How many workers renewed their lease in time."""
    now = timezone.now()
    leases = WorkerLease.objects.values_list("renewed_at", "lease_seconds")
    return sum(now - renewed_at <= timedelta(seconds=seconds) for renewed_at, seconds in leases)


def losses(*, most: int) -> list[LossFacts]:
    """The workers found dead last, the newest first, and what became of their tasks: two reads."""
    lost = list(LostWorker.objects.all()[:most])
    ids = [task_id for each in lost for task_id in each.task_ids]
    rows = Task.objects.filter(pk__in=ids).only("name", "state")
    tasks = {str(task.pk): task for task in rows}
    return [
        LossFacts(worker=each, tasks=[tasks[pk] for pk in each.task_ids if pk in tasks])
        for each in lost
    ]


def _facts(lease: WorkerLease, held: _Held, now: datetime) -> WorkerFacts:
    age_seconds = max(0.0, (now - lease.renewed_at).total_seconds())
    return WorkerFacts(
        name=lease.name,
        host=lease.host,
        pid=lease.pid,
        queues=lease.queues,
        state=_state(lease, held, age_seconds).value,
        concurrency=lease.concurrency,
        release=lease.release,
        started_at=lease.started_at,
        heartbeat_age_seconds=round(age_seconds, 1),
        succeeded_count=lease.succeeded_count,
        failed_count=lease.failed_count,
        held_count=held.count,
        current_tasks=held.tasks,
        memory_mb=None if lease.memory_mb is None else round(lease.memory_mb, 1),
        instructed=_instructed(lease),
    )


def _state(lease: WorkerLease, held: _Held, age_seconds: float) -> WorkerState:
    if age_seconds > lease.lease_seconds:
        return WorkerState.LOST
    match Instruction(lease.instruction):
        case Instruction.STOP:
            return WorkerState.STOPPING
        case Instruction.QUIET:
            return WorkerState.QUIET
    return WorkerState.BUSY if held.count else WorkerState.IDLE


def _instructed(lease: WorkerLease) -> InstructionFacts | None:
    if lease.instruction == Instruction.WORK or lease.instructed_at is None:
        return None
    return InstructionFacts(
        by=lease.instructed_by, reason=lease.instructed_reason, at=lease.instructed_at
    )
