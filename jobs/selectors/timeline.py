"""The life of one task, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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
    Ending.SUCCEEDED: _("succeeded"),
    Ending.FAILED: _("failed"),
    Ending.TIMEOUT: _("ran into its timeout"),
    Ending.CRASHED: _("crashed its process"),
    Ending.LOST: _("was lost with its worker"),
    Ending.CANCELLED: _("was stopped"),
    Ending.SNOOZED: _("asked to run later"),
}
_HAPPENED = {
    Event.Kind.CANCELLED: _("Cancelled"),
    Event.Kind.CANCEL_REQUESTED: _("Asked to stop"),
    Event.Kind.REQUEUED: _("Requeued"),
    Event.Kind.DISCARDED: _("Discarded from the dead letters"),
    Event.Kind.EXPIRED: _("Expired before it could run"),
    Event.Kind.RESCUED: _("Rescued from a dead worker"),
    Event.Kind.DEPENDENCY_FAILED: _("Given up, as a task that it depends on failed"),
    Event.Kind.RERUN: _("Run again as a new task"),
    Event.Kind.RERUN_OF: _("Made to run another task again"),
    Event.Kind.RESTORED: _("Put back among the dead letters"),
    Event.Kind.RESCHEDULED: _("Rescheduled"),
    Event.Kind.MOVED: _("Moved to another queue"),
}


def timeline(
    task: Task,
    attempts: Iterable[Attempt] | None = None,
    events: Iterable[Event] | None = None,
) -> list[Step]:
    """What happened to a task, oldest first, and last what comes next.

    Its latest attempts and events are read, unless somebody who shows them anyway gives them.
    """
    if attempts is None:
        attempts = latest_attempts(task).defer("error", "traceback", "log")
    events = latest_events(task) if events is None else events
    past = [_created(task), *_attempts(attempts), *_events(events)]
    return sorted(past, key=attrgetter("at")) + _present(task)


def latest_attempts(task: Task) -> QuerySet[Attempt]:
    """The last of its attempts, the newest first."""
    return task.attempts.order_by("-number")[:MOST_ATTEMPTS]


def latest_events(task: Task) -> QuerySet[Event]:
    """The last of its events, the newest first."""
    return task.events.order_by("-at", "-pk")[:MOST_EVENTS]


def _created(task: Task) -> Step:
    return Step(
        kind="created", title=gettext("Created"), at=task.created_at, actor=task.submitted_by
    )


def _attempts(attempts: Iterable[Attempt]) -> Iterable[Step]:
    for attempt in attempts:
        yield Step(
            kind=attempt.outcome,
            title=_attempt(attempt.number, _ENDED[Ending(attempt.outcome)]),
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
            title=str(_HAPPENED[Event.Kind(event.kind)]),
            at=event.at,
            actor=event.actor,
            reason=event.reason,
        )


def _present(task: Task) -> list[Step]:
    number = task.attempt_count + 1
    match State(task.state):
        case State.PENDING:
            step = Step(kind="waiting", title=gettext("Waits for a worker"), at=task.run_after)
        case State.STARTED:
            step = Step(
                kind="running",
                title=_attempt(number, gettext("is running")),
                at=task.started_at or task.updated_at,
                number=number,
                worker=task.worker or "",
            )
        case State.SCHEDULED | State.RETRY:
            step = Step(
                kind="due",
                title=_attempt(number, gettext("may start")),
                at=task.run_after,
                number=number,
            )
        case _:
            return []
    return [step]


def _attempt(number: int, words: object) -> str:
    return gettext("Attempt %(number)d %(words)s") % {"number": number, "words": words}
