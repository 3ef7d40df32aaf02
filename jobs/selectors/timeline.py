"""The life of one task, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from jobs.domain.outcomes import Ending
from jobs.domain.states import State
from jobs.models import Attempt, Event, Task

#: A task that snoozes for weeks has thousands of attempts: the latest tell enough.
MOST_ATTEMPTS = 100
MOST_EVENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a task's life.

    `kind` is an attempt's ending, an event's kind, or one of `created waiting running due`. A step
    without `ends_at` is a moment, or still going on. Durations are seconds.
    """

    kind: str
    title: str
    at: datetime
    ends_at: datetime | None = None
    wait_seconds: float | None = None
    run_seconds: float | None = None
    number: int | None = None
    worker: str = ""
    exception: str = ""
    actor: str = ""
    reason: str = ""


_ENDED = {
    Ending.SUCCEEDED: "succeeded",
    Ending.FAILED: "failed",
    Ending.TIMEOUT: "ran into its timeout",
    Ending.CRASHED: "crashed its process",
    Ending.LOST: "was lost with its worker",
    Ending.CANCELLED: "was stopped",
    Ending.SNOOZED: "asked to run later",
}
_HAPPENED = {
    Event.Kind.CANCELLED: "Cancelled",
    Event.Kind.CANCEL_REQUESTED: "Asked to stop",
    Event.Kind.REQUEUED: "Requeued",
    Event.Kind.DISCARDED: "Discarded from the dead letters",
    Event.Kind.EXPIRED: "Expired before it could run",
    Event.Kind.RESCUED: "Rescued from a dead worker",
    Event.Kind.DEPENDENCY_FAILED: "Given up, as a task that it depends on failed",
    Event.Kind.RERUN: "Run again as a new task",
    Event.Kind.RERUN_OF: "Made to run another task again",
    Event.Kind.RESTORED: "Put back among the dead letters",
    Event.Kind.RESCHEDULED: "Rescheduled",
    Event.Kind.MOVED: "Moved to another queue",
}


def timeline(task: Task) -> list[Step]:
    """What happened to a task, oldest first, and last what comes next."""
    attempts = list(task.attempts.order_by("-number").defer("traceback", "log")[:MOST_ATTEMPTS])
    events = list(task.events.order_by("-at", "-pk")[:MOST_EVENTS])
    past = [_created(task), *_attempts(attempts), *_events(events)]
    return sorted(past, key=attrgetter("at")) + _present(task)


def _created(task: Task) -> Step:
    return Step(kind="created", title="Created", at=task.created_at, actor=task.submitted_by)


def _attempts(attempts: Iterable[Attempt]) -> Iterable[Step]:
    for attempt in attempts:
        yield Step(
            kind=attempt.outcome,
            title=f"Attempt {attempt.number} {_ENDED[Ending(attempt.outcome)]}",
            at=attempt.started_at or attempt.finished_at,
            ends_at=attempt.finished_at,
            wait_seconds=attempt.wait_seconds,
            run_seconds=attempt.run_seconds,
            number=attempt.number,
            worker=attempt.worker,
            exception=attempt.exception,
        )


def _events(events: Iterable[Event]) -> Iterable[Step]:
    for event in events:
        yield Step(
            kind=event.kind,
            title=_HAPPENED[Event.Kind(event.kind)],
            at=event.at,
            actor=event.actor,
            reason=event.reason,
        )


def _present(task: Task) -> list[Step]:
    number = task.attempt_count + 1
    match State(task.state):
        case State.PENDING:
            step = Step(kind="waiting", title="Waits for a worker", at=task.run_after)
        case State.STARTED:
            step = Step(
                kind="running",
                title=f"Attempt {number} is running",
                at=task.started_at or task.updated_at,
                number=number,
                worker=task.worker or "",
            )
        case State.SCHEDULED | State.RETRY:
            step = Step(
                kind="due", title=f"Attempt {number} may start", at=task.run_after, number=number
            )
        case _:
            return []
    return [step]
