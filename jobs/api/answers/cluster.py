"""Answers about task types, queues and workers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from jobs.api.answers.problem import Answer
from jobs.domain.workers import WorkerState


class PauseAnswer(Answer):
    """Who paused it, and why."""

    by: str
    reason: str
    since: datetime
    until: datetime | None = Field(description="It goes on by itself then; null: when resumed.")


class TaskTypeAnswer(Answer):
    """A function that can be run."""

    name: str
    description: str
    queue: str
    max_retries: int
    timeout_seconds: float
    arguments: dict[str, Any] = Field(description="JSON Schema of the payload.")
    paused: PauseAnswer | None


class TaskTypes(Answer):
    """Every registered task type, by name."""

    count: int
    task_types: list[TaskTypeAnswer]


class QueueAnswer(Answer):
    """How one queue stands."""

    name: str
    depth: int = Field(description="Tasks that may run now and wait for a worker.")
    pending: int = Field(description="The same as `depth`.")
    oldest_waiting_seconds: float | None = Field(
        description="Of the task that waits longest and may run: none of a paused type."
    )
    running: int
    scheduled: int
    retrying: int
    submitted_per_minute: float = Field(
        description="In: of the last minute, or of the newest 5,000 tasks when more came."
    )
    ended_per_minute: float = Field(
        description="Out: succeeded, failed for good and stopped together."
    )
    succeeded_per_minute: float
    failed_per_minute: float
    drain_seconds: float | None = Field(
        description="How long what waits lasts at these rates; null when it does not grow less."
    )
    workers: int
    paused: PauseAnswer | None


class Queues(Answer):
    """Every queue, the most urgent first."""

    count: int
    queues: list[QueueAnswer]


class QueueLength(Answer):
    """One queue's length."""

    queue_name: str
    queue_length: int
    running: int
    scheduled: int
    retrying: int
    oldest_waiting_seconds: float | None = Field(
        description="Of the task that waits longest and may run: none of a paused type."
    )


class QueueStats(Answer):
    """The queues' lengths; the fields at the top tell of all queues together."""

    queue_name: str = Field(description="The names of all queues, comma-separated.")
    queue_length: int
    queues: list[QueueLength]


class CurrentTaskAnswer(Answer):
    """A task in a worker's hands."""

    task_id: str
    name: str
    started_at: datetime | None
    percent: float | None = Field(description="How far it says it is; null when it does not say.")


class InstructionAnswer(Answer):
    """Why a worker takes nothing new."""

    by: str
    reason: str
    at: datetime


class WorkerAnswer(Answer):
    """One worker."""

    name: str
    host: str
    pid: int
    queues: list[str]
    state: WorkerState
    concurrency: int
    release: str
    started_at: datetime
    heartbeat_age_seconds: float
    succeeded_count: int
    failed_count: int
    held_count: int = Field(description="Tasks that it runs, or that are next in its hands.")
    current_tasks: list[CurrentTaskAnswer] = Field(description="These, the longest held first.")
    memory_mb: float | None = Field(
        description="Of all its processes, MiB, resident, as of its last heartbeat."
    )
    instructed: InstructionAnswer | None = Field(
        description="Who told it to be quiet or to stop, and why."
    )


class Workers(Answer):
    """Every registered worker."""

    count: int
    workers: list[WorkerAnswer]


class WorkersHealth(Answer):
    """Whether anybody works."""

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description=(
            "`degraded`: some queue has no worker, or some worker is lost; `unhealthy` (with 503): "
            "no worker is online."
        )
    )
    workers: list[WorkerAnswer]
    unserved_queues: list[str]


class WorkersStats(Answer):
    """The seven numbers of the dashboard."""

    queued_high: int
    queued_default: int
    queued_low: int
    active_tasks: int
    failed_tasks: int = Field(description="In the dead-letter queue now.")
    success_tasks: int = Field(description="Ever succeeded.")
    workers_online: int
