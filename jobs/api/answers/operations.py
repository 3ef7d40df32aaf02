"""Answers about actions over many tasks."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from jobs.api.answers.problem import Answer
from jobs.domain.operations import Action, OperationState, Result
from jobs.domain.states import State


class PreviewAnswer(Answer):
    """What an action would find; nothing was changed."""

    action: Action
    dry_run: bool
    count: int = Field(description="All tasks of the filter.")
    by_state: dict[State, int]
    allowed: int = Field(description="Those that the action would change.")
    skipped: int = Field(description="Those whose state refuses it.")


class OperationLine(Answer):
    """What somebody did to an action over many tasks."""

    verb: Literal["pause", "resume", "cancel", "undo"]
    actor: str
    reason: str
    at: datetime


class OperationAnswer(Answer):
    """An action over many tasks, and how far it has come."""

    operation_id: str
    action: Action
    filter: dict[str, Any]
    parameters: dict[str, Any] = Field(description="What it is done with.")
    undoes: str | None = Field(description="The operation that it takes back.")
    actor: str
    reason: str
    state: OperationState
    stopped_by: str = Field(description="Who paused or cancelled it last.")
    history: list[OperationLine] = Field(
        description="Who paused, resumed or cancelled it, the first first."
    )
    total: int | None = Field(description="Tasks of the filter; null until they are counted.")
    done: int
    skipped: int = Field(description="Left as they were: their state refuses the action.")
    failed: int = Field(description="The database refused the change; the log says why.")
    percent: float | None
    task_id: str | None = Field(description="The task that works on it.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class OperationPage(Answer):
    """Some operations, the newest first."""

    count: int = Field(description="Operations on this page.")
    operations: list[OperationAnswer]
    next: str | None


class ResultLine(Answer):
    """What became of one task."""

    task_id: str
    result: Result
    note: str = Field(
        description=(
            "Of a skipped one the state, or what else refused it; of a moved one its queue before; "
            "of a rescheduled one its moment before; of one that runs again the new task's id."
        )
    )


class ResultPage(Answer):
    """What became of some tasks, the oldest first."""

    count: int = Field(description="Lines on this page.")
    results: list[ResultLine]
    next: str | None
