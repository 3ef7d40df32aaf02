"""Answers about tasks."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, RootModel

from jobs.api.answers.problem import Answer
from jobs.domain.outcomes import Ending
from jobs.domain.states import State


class Accepted(Answer):
    """A task was written and waits to be run."""

    task_id: str
    status: State
    priority: str
    message: str
    max_retries: int
    existing: bool = Field(
        False, description="True when an open task had the `unique_key`: it is this one."
    )


class BulkAccepted(Answer):
    """All tasks were written, in the order given."""

    count: int
    task_ids: list[str]
    existing: int = Field(
        description=(
            "How many of them were not written, as an open task has their `unique_key`: it stands "
            "in their place."
        )
    )


class Progress(BaseModel):
    """How far a running task says it is."""

    current: float
    total: float | None
    percent: float | None
    message: str = ""


class AttemptAnswer(Answer):
    """One try that has ended."""

    number: int
    outcome: Ending
    worker: str
    release: str
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime
    exception: str | None
    error: str | None
    traceback: str | None
    log: str | None = Field(description="What it logged while it ran, the last part of it.")
    withheld: bool = False


class EventAnswer(Answer):
    """What a person or the system did to a task beside running it."""

    kind: str
    actor: str
    reason: str
    at: datetime


class TaskLine(Answer):
    """A task, as lists show it."""

    task_id: str
    status: State
    task_type: str
    queue: str
    priority: str = Field(description="The queue's name.")
    error: str | None = Field(description="Of the last attempt, in short.")
    retry_count: int = Field(description="Retries this life of the task was given so far.")
    max_retries: int
    rescue_count: int = Field(description="Attempts of this life that ended with their worker.")
    attempt_count: int = Field(description="Attempts ever; a requeue does not reset it.")
    progress: Progress | None
    timeout_seconds: float
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run_after: datetime | None
    expires_at: datetime | None
    cancel_requested_at: datetime | None
    discarded_at: datetime | None
    worker: str | None
    submitted_by: str
    tags: list[str]
    unique_key: str | None
    parent: str | None = Field(description="The task that this one runs again.")
    failure: str | None = Field(
        description="The fingerprint of the failures that its last failed attempt is one of."
    )
    withheld: bool = Field(
        False,
        description=(
            "True when arguments, result, error, traceback, log and progress are null only because "
            "the caller lacks the permission `jobs.view_payload`."
        ),
    )


class TaskAnswer(TaskLine):
    """A task with what it carries."""

    args: list[Any] | None
    kwargs: dict[str, Any] | None
    result: Any


class TaskDetail(TaskAnswer):
    """A task with its history."""

    traceback: str | None
    attempts: list[AttemptAnswer]
    events: list[EventAnswer]
    depends_on: list[str] = Field(description="The tasks that must succeed before this one runs.")
    reruns: list[str] = Field(description="The tasks that run it again, the newest first.")


class TaskPage(Answer):
    """Some tasks; `next` is the address of those that follow, null at the end."""

    count: int = Field(description="Tasks on this page.")
    tasks: list[TaskLine]
    next: str | None
    complete: bool = Field(
        description=(
            "False when the page ended before it was full, because it had looked at as many tasks "
            "as one page may: `next` goes on from there."
        )
    )
    searched_back_to: datetime | None = Field(
        description="Where `complete` is false: it looked at tasks back to this moment."
    )


class DeadLetterPage(Answer):
    """Tasks that failed for good, the newest first."""

    count: int = Field(description="All dead letters, not only those of this page.")
    tasks: list[TaskAnswer]
    next: str | None


class Cancelled(Answer):
    """What became of a cancel: `revoking` while its worker still stops it."""

    task_id: str
    status: Literal["revoked", "revoking"]


class Discarded(Answer):
    """The task left the dead-letter queue; its row and history stay."""

    task_id: str
    status: Literal["discarded"]


class Link(Answer):
    """Where to look further."""

    rel: str
    href: str


class ReasonAnswer(Answer):
    """One reason why a task is not running, or what it does instead."""

    code: str
    message: str
    links: list[Link]


class Explanation(RootModel[list[ReasonAnswer]]):
    """The reasons that hold now, the most telling first; never empty."""
